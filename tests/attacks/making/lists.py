"""Class 10, lists of other kinds: StatusList2021, 1EdTech's plain list, and lists that others sign."""

from __future__ import annotations

from typing import Any

from badgeservice.openbadges import contexts
from tests.attacks.making import model_2019
from tests.attacks.making.cases import (
    BOTH,
    COMMON,
    SCHOOL_HOST,
    Expect,
    Group,
    not_in_force,
    status_unknown,
)
from tests.attacks.making.issuers import (
    CONTEXT,
    LIST,
    MALLORY,
    MALLORYS,
    Document,
    World,
    badge,
    bits,
    encoded,
    secured,
    status_entry,
    status_list,
)

PLACE = 94_567
PLAIN, ABROAD = "https://school.example/revoked.json", "https://mallory.example/revoked.json"
_CONTEXT = [*model_2019.LISTED, contexts.STATUS_LIST_2021_V1]
_LIST_CONTEXT = [contexts.CREDENTIALS_V1, contexts.STATUS_LIST_2021_V1, contexts.DATA_INTEGRITY_V2]


def older_entry(**changes: Any) -> Document:
    """Return a badge of 2019 with an entry for StatusList2021."""
    entry = status_entry(type="StatusList2021Entry", **changes)
    return secured(model_2019.older(**{"@context": _CONTEXT}, credentialStatus=entry))


def older_list(*revoked: int, **changes: Any) -> World:
    """Return the common world with a StatusList2021 in place of the list."""
    subject = {
        "id": f"{LIST}#list",
        "type": "StatusList2021",
        "statusPurpose": "revocation",
        "encodedList": encoded(bits(*revoked)).removeprefix("u"),
    } | changes.pop("subject", {})
    said = {
        "@context": _LIST_CONTEXT,
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "validFrom": None,
        "issuanceDate": "2026-11-20T12:00:00Z",
        "credentialSubject": subject,
    }
    listed = status_list() | said | changes
    return COMMON.put(LIST, secured({k: v for k, v in listed.items() if v is not None}))


def plain_entry(address: str = PLAIN, **changes: Any) -> Document:
    """Return a badge with an entry for 1EdTech's list."""
    entry = {"id": address, "type": "1EdTechRevocationList"} | changes
    listed = [*CONTEXT, contexts.OPEN_BADGES_EXTENSIONS]
    return secured(badge(**{"@context": listed}, credentialStatus=entry))


def plain_list(*revoked: Any, address: str = PLAIN, **changes: Any) -> World:
    """Return the common world with a plain list."""
    return COMMON.put(
        address,
        {"id": address, "issuer": badge()["issuer"]["id"], "revokedCredential": list(revoked)}
        | changes,
    )


def add_controls(group: Group, expect: Expect) -> None:
    """Add lists that leave a badge in force."""
    other = {"id": "urn:uuid:1", "revoked": True}
    for name, mutation, data, world, hosts in (
        ("2021", "a StatusList2021", older_entry(), older_list(), BOTH),
        ("plain", "a plain list that names others", plain_entry(), plain_list(other), (SCHOOL_HOST,)),
        ("plain-not", "a plain list that names it as not revoked", plain_entry(),
         plain_list({"id": badge()["id"], "revoked": False}), (SCHOOL_HOST,)),
    ):  # fmt: skip
        group.add(f"status-{name}", mutation, expect, data, world=world, hosts=hosts)


def add_attacks(group: Group) -> None:
    """Add to class 10."""
    revoked, own = not_in_force("revoked"), badge()["id"]
    untrusted, malformed = (
        status_unknown("status_list_untrusted"),
        status_unknown("status_list_malformed"),
    )
    for name, mutation, expect, data, world in (
        ("revoked", "revoked", revoked, older_entry(), older_list(PLACE)),
        ("newer-list", "an older entry for a newer list", malformed, older_entry(), COMMON),
        ("older-list", "a newer entry for an older list", malformed, secured(badge()), older_list()),
        ("purpose", "a list for another purpose", malformed, older_entry(),
         older_list(subject={"statusPurpose": "suspension"})),
("edited", "a list edited after signing", untrusted, older_entry(),
         COMMON.put(LIST, older_list().answers[LIST]["body"].replace(b"StatusList2021Credential", b"StatusList2021Credentia1"))),
    ):  # fmt: skip
        group.add(
            f"2021-{name}", f"StatusList2021: {mutation}", expect, data, world=world, hosts=BOTH
        )
    hosts = (SCHOOL_HOST,)
    for name, mutation, expect, data, world in (
        ("revoked", "revoked", revoked, plain_entry(), plain_list({"id": own})),
        ("revoked-text", "revoked, with text for whether", revoked, plain_entry(),
         plain_list({"id": own, "revoked": "false"})),
        ("revoked-second", "named a second time, then as revoked", revoked, plain_entry(),
         plain_list({"id": own, "revoked": False}, {"id": own, "revoked": True})),
        ("of-another", "a list of another issuer", untrusted, plain_entry(), plain_list(issuer=MALLORY)),
        ("other-address", "a list that says it stands elsewhere", untrusted, plain_entry(),
         plain_list(id=f"{PLAIN}2")),
        ("redirected", "a list that is redirected to the attacker", untrusted, plain_entry(),
         COMMON.redirect(PLAIN, ABROAD).put(ABROAD, {"revokedCredential": []})),
        ("texts", "a list of texts", malformed, plain_entry(), plain_list(own)),
        ("object", "an object for the list", malformed, plain_entry(), plain_list(revokedCredential={})),
        ("null", "null for the list", malformed, plain_entry(), plain_list(revokedCredential=None)),
        ("page", "a page in place of the list", malformed, plain_entry(),
         COMMON.put(PLAIN, b"<!doctype html>")),
        ("twice", "a list that stands twice in its document", malformed, plain_entry(),
         COMMON.put(PLAIN, b'{"revokedCredential":[{"id":"%s"}],"revokedCredential":[]}' % own.encode())),
        ("gone", "a list that is gone", status_unknown("status_unreachable"), plain_entry(),
         COMMON.put(PLAIN, None, status=410)),
        ("nowhere", "a list at no address", status_unknown("status_entry_malformed"),
         plain_entry("urn:uuid:1"), COMMON),
    ):  # fmt: skip
        group.add(
            f"plain-{name}", f"plain list: {mutation}", expect, data, world=world, hosts=hosts
        )
    group.add("plain-abroad", "plain list: a list on another site than the issuer's", untrusted,
              plain_entry(ABROAD), world=plain_list(address=ABROAD),
              hosts=(SCHOOL_HOST, "mallory.example"))  # fmt: skip
    _add_of_others(group)


def _add_of_others(group: Group) -> None:
    others = f"{MALLORY}#ed25519"
    hosts = (*BOTH, "mallory.example")

    def signed(*revoked: int) -> World:
        listed = status_list(*revoked, issuer=MALLORY)
        return COMMON.put(LIST, secured(listed, key=MALLORYS, method=others))

    group.add("of-others-revoked", "revoked by a list that another issuer signs where the badge says",
              not_in_force("revoked"), secured(badge()), world=signed(PLACE), hosts=hosts)  # fmt: skip
    for name, mutation, size, index in (
        ("size-zero", "a size of no bits", 0, "0"),
        ("size-nine", "a size of more bits than are read", 9, "0"),
        ("size-true", "true for the size", True, "0"),
        ("size-text", "text for the size", "1", "0"),
    ):
        group.add(f"entry-{name}", f"an entry with {mutation}", status_unknown("status_kind_unknown"),
                  secured(badge(credentialStatus=status_entry(index, statusSize=size))), hosts=(SCHOOL_HOST,))  # fmt: skip
