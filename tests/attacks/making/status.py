"""Class 10: status lists: hidden, misread, replaced, replayed, malformed."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

from badgeservice.openbadges.multibase import base64url_encode
from tests.attacks.making import lists
from tests.attacks.making.cases import (
    BOTH,
    COMMON,
    MALLORY_HOST,
    SCHOOL_HOST,
    Group,
    invalid,
    not_in_force,
    status_unknown,
)
from tests.attacks.making.issuers import (
    LIST,
    MALLORY,
    MALLORYS,
    SCHOOL,
    Document,
    World,
    badge,
    bits,
    did_document,
    did_web_address,
    encoded,
    genuine,
    secured,
    status_entry,
    status_list,
)

UNTRUSTED = status_unknown("status_list_untrusted")
MALFORMED = status_unknown("status_list_malformed")


def _listed(document: Document | bytes, **facts: Any) -> World:
    return COMMON.put(LIST, document, **facts)


def revocation() -> Group:
    """Return class 10."""
    group = Group("10-status", 50, "badge eddsa-rdfc-2022", hosts=BOTH)
    for index in (0, 7, 8, 94_567, 131_071):
        group.add(
            f"revoked-{index}",
            f"the bit {index} is set, and the badge has that place",
            not_in_force("revoked"),
            secured(badge(credentialStatus=status_entry(str(index)))),
            world=_listed(secured(status_list(index))),
        )
    _add_entries(group)
    _add_lists(group)
    lists.add_attacks(group)
    return group


def _add_entries(group: Group) -> None:
    """Add badges whose entry is odd, signed so by their issuer."""
    revoked = _listed(secured(status_list(0, 1, 5, 94_567)))
    for name, index in (
        ("word", "abc"),
        ("negative", "-1"),
        ("exponent", "1e3"),
        ("space", " 5"),
        ("decimal", "5.0"),
        ("other-digits", "٥"),
        ("leading-zero", "05"),
        ("plus", "+5"),
        ("hexadecimal", "0x5"),
        ("underscore", "1_0"),
        ("empty", ""),
        ("line-end", "5\n"),
        ("huge", "1" + "0" * 30),
        ("wide-digit", "５"),
    ):
        group.add(
            f"index-{name}",
            f"statusListIndex {ascii(index)[:50]}",
            status_unknown("status_entry_malformed"),
            secured(badge(credentialStatus=status_entry(index))),
            hosts=(SCHOOL_HOST,),
            world=revoked,
        )
    for name, index in (("one-beyond", "131072"), ("far-beyond", "999999999")):
        group.add(
            f"index-{name}",
            f"statusListIndex {index}, beyond the list",
            status_unknown("range_error"),
            secured(badge(credentialStatus=status_entry(index))),
        )
    for name, mutation, entry, expect, hosts in (
        ("kind-unknown", "an entry of a kind that nobody knows",
         {"id": "urn:uuid:9", "type": "JsonSchema"}, status_unknown("status_kind_unknown"),
         (SCHOOL_HOST,)),
        ("kind-two", "an entry of two kinds, one of them known",
         status_entry(type=["BitstringStatusListEntry", "JsonSchema"]),
         status_unknown("status_kind_unknown"), (SCHOOL_HOST,)),
        ("purpose-message", "an entry for messages in a list for revocations",
         status_entry(statusPurpose="message"), MALFORMED, BOTH),
        ("purpose-missing", "an entry without purpose",
         status_entry(statusPurpose=None), status_unknown("status_kind_unknown"), (SCHOOL_HOST,)),
        ("purpose-in-capitals", "a purpose in capitals",
         status_entry(statusPurpose="Revocation"), status_unknown("status_kind_unknown"), (SCHOOL_HOST,)),
        ("address-missing", "an entry without list",
         status_entry(statusListCredential=None), status_unknown("status_entry_malformed"), (SCHOOL_HOST,)),
        ("address-plain-http", "a list at plain http",
         status_entry(statusListCredential=LIST.replace("https", "http")),
         status_unknown("status_entry_malformed"), (SCHOOL_HOST,)),
        ("address-is-id", "an entry with the id of its list",
         status_entry(id=LIST), status_unknown("status_entry_malformed"), (SCHOOL_HOST,)),
        ("index-missing", "an entry without place",
         status_entry(None), status_unknown("status_entry_malformed"), (SCHOOL_HOST,)),
        ("other-list", "a list at another address than its own",
         status_entry(statusListCredential="https://status.example/lists/2"), UNTRUSTED, BOTH),
    ):  # fmt: skip
        group.add(
            name,
            mutation,
            expect,
            secured(badge(credentialStatus=entry)),
            hosts=hosts,
            world=COMMON.put("https://status.example/lists/2", COMMON.answers[LIST]["body"]),
        )
    good, bad = status_entry("1", id=f"{LIST}#1"), status_entry()
    strange = {"id": "urn:uuid:9", "type": "JsonSchema"}
    for name, mutation, entries, expect in (
        ("good-and-revoked", "two entries, of which the second is revoked", [good, bad],
         not_in_force("revoked")),
        ("revoked-and-good", "two entries, of which the first is revoked", [bad, good],
         not_in_force("revoked")),
        ("good-and-unknown", "two entries, of which the second is of no known kind", [good, strange],
         status_unknown("status_kind_unknown")),
        ("unknown-and-revoked", "two entries, of no known kind and revoked", [strange, bad],
         not_in_force("revoked")),
        ("good-and-malformed", "two entries, of which the second has no place that can be read",
         [good, status_entry("abc")], status_unknown("status_entry_malformed")),
        ("five", "five entries", [status_entry(str(n), id=f"{LIST}#{n}") for n in range(1, 6)],
         status_unknown("status_entry_malformed")),
    ):  # fmt: skip
        group.add(
            f"entries-{name}",
            mutation,
            expect,
            secured(badge(credentialStatus=entries)),
            world=_listed(secured(status_list(94_567))),
            hosts=(SCHOOL_HOST,) if name == "five" else BOTH,
        )
    group.add(
        "suspended",
        "the bit of suspension is set",
        not_in_force("suspended"),
        secured(badge(credentialStatus=status_entry(statusPurpose="suspension"))),
        world=_listed(secured(status_list(94_567, purpose="suspension"))),
    )
    group.add(
        "suspended-and-revoked",
        "suspended by one entry and revoked by the other",
        not_in_force("revoked"),
        secured(
            badge(
                credentialStatus=[
                    status_entry(statusPurpose="suspension", id=f"{LIST}#s"),
                    status_entry(),
                ]
            )
        ),
        world=_listed(secured(status_list(94_567, purpose=["suspension", "revocation"]))),
    )


def _add_lists(group: Group) -> None:
    """Add genuine badges whose list is not what it must be."""
    listed = secured(status_list())
    compressed = gzip.compress(bits(), mtime=0)
    mallorys = secured(status_list(issuer=MALLORY), key=MALLORYS, method=f"{MALLORY}#ed25519")
    for name, mutation, expect, answer in (
        ("unsigned", "a list without proof", UNTRUSTED, status_list()),
        ("forged", "a list that the attacker signed under the issuer's method", UNTRUSTED,
         secured(status_list(), key=MALLORYS)),
        ("edited", "a list changed after signing", UNTRUSTED,
         listed | {"credentialSubject": status_list(1)["credentialSubject"]}),
        ("other-address", "a list with another id", UNTRUSTED,
         secured(status_list(id="https://status.example/lists/2"))),
        ("expired", "a list that ended yesterday", status_unknown("status_list_not_current"),
         secured(status_list(validUntil="2026-11-22T09:00:00Z"))),
        ("future", "a list of tomorrow", status_unknown("status_list_not_current"),
         secured(status_list(validFrom="2026-11-24T09:00:00Z"))),
        ("undated", "a list whose end cannot be read", status_unknown("status_list_not_current"),
         secured(status_list(validUntil="soon"))),
        ("inline-context", "a list with a context of its own", UNTRUSTED,
         listed | {"@context": [*listed["@context"], {"x": "urn:x:x"}]}),
        ("hidden-list", "a list whose bits stand under a full address", UNTRUSTED,
         listed | {"credentialSubject": {
             k if k != "encodedList" else "https://www.w3.org/ns/credentials/status#encodedList": v
             for k, v in listed["credentialSubject"].items()}}),
        ("other-purpose", "a list of suspensions", MALFORMED,
         secured(status_list(purpose="suspension"))),
        ("not-a-list", "a badge where the list should stand", UNTRUSTED,
         secured(badge(credentialStatus=None))),
        ("wrong-type", "a list without its type", MALFORMED,
         secured(status_list(type=["VerifiableCredential"]))),
        ("loop", "a list with a status entry of its own", MALFORMED,
         secured(status_list(credentialStatus=status_entry()))),
        ("html", "a web page where the list should stand", MALFORMED, b"<!doctype html>"),
        ("png", "an image where the list should stand", MALFORMED, b"\x89PNG\r\n\x1a\n"),
        ("empty", "nothing where the list should stand", MALFORMED, b""),
        ("address", "an address where the list should stand", MALFORMED, b"https://mallory.example/list"),
        ("duplicate", "a list with two issuers", MALFORMED,
         b'{"issuer":"did:web:mallory.example",' + COMMON.answers[LIST]["body"][1:]),
    ):  # fmt: skip
        group.add(f"list-{name}", mutation, expect, genuine(), world=_listed(answer))
    group.add(
        "list-of-attacker",
        "a list that the attacker signed as its own issuer",
        UNTRUSTED,
        genuine(),
        world=_listed(mallorys),
        hosts=(*BOTH, MALLORY_HOST),
    )
    for name, mutation, written, code in (
        ("short", "a list of fewer entries than the standard wants", encoded(bits(size=131_064)),
         "status_list_length"),
        ("eight", "a list of eight entries", encoded(bits(size=8)), "status_list_length"),
        ("bomb", "a list that inflates to 2 MB", encoded(bytes(2_000_000)), "status_list_length"),
        ("two-members", "a list in two members of gzip",
         "u" + base64url_encode(compressed + gzip.compress(bits(94_567), mtime=0)), "status_list_malformed"),
        ("trailing", "bytes behind the list", "u" + base64url_encode(compressed + b"x"), "status_list_malformed"),
        ("truncated", "a list that ends too early", "u" + base64url_encode(compressed[:-9]), "status_list_malformed"),
        ("bad-checksum", "a list whose checksum is wrong",
         "u" + base64url_encode(compressed[:-8] + b"\0\0\0\0" + compressed[-4:]), "status_list_malformed"),
        ("zlib", "a list with the header of zlib", "u" + base64url_encode(zlib.compress(bits())),
         "status_list_malformed"),
        ("plain", "a list that is not compressed", "u" + base64url_encode(bits()), "status_list_malformed"),
        ("no-prefix", "a list without its prefix", encoded(bits())[1:], "status_list_malformed"),
        ("other-prefix", "a list under the prefix of another base", "z" + encoded(bits())[1:],
         "status_list_malformed"),
        ("padded", "a list with padding", encoded(bits()) + "=", "status_list_malformed"),
        ("standard-alphabet", "a list with a character of plain base64", encoded(bits())[:20] + "+" + encoded(bits())[21:],
         "status_list_malformed"),
        ("space", "a list with a space inside", encoded(bits())[:20] + " " + encoded(bits())[20:],
         "status_list_malformed"),
        ("nothing", "a list of no bits", "u", "status_list_malformed"),
    ):  # fmt: skip
        group.add(
            f"bits-{name}",
            mutation,
            status_unknown(code),
            genuine(),
            world=_listed(secured(status_list(subject={"encodedList": written}))),
        )
    group.add(
        "bits-missing",
        "a list without bits",
        MALFORMED,
        genuine(),
        world=_listed(secured(status_list(subject={"encodedList": None}))),
    )
    for status in (404, 410, 500, 302):
        group.add(
            f"answer-{status}",
            f"status {status} at the list's address",
            status_unknown("status_unreachable"),
            genuine(),
            world=_listed(listed, status=status),
        )
    for name, mutation, expect, world in (
        ("nothing-there", "nobody answers at the list's address", status_unknown("status_unreachable"),
         COMMON.without(LIST)),
        ("redirect-loop", "the list's address leads to itself", status_unknown("status_unreachable"),
         COMMON.redirect(LIST, LIST)),
        ("redirect-to-attacker", "the list's address leads to the attacker's list", UNTRUSTED,
         COMMON.redirect(LIST, "https://mallory.example/list").put("https://mallory.example/list", mallorys)),
    ):  # fmt: skip
        hosts = (*BOTH, MALLORY_HOST) if name == "redirect-to-attacker" else BOTH
        group.add(f"list-{name}", mutation, expect, genuine(), world=world, hosts=hosts)
    group.add(
        "list-of-other-method",
        "a list signed by a key of the issuer that is listed for nothing",
        invalid("method_not_in_issuer_document"),
        genuine(),
        world=COMMON.put(
            did_web_address(SCHOOL), did_document(SCHOOL, MALLORYS, assertionMethod=[])
        ),
        hosts=(SCHOOL_HOST,),
    )
