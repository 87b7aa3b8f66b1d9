"""Classes 7, 8 and 9: JSON that is read in two ways; numbers, letters and mazes; dates."""

from __future__ import annotations

import json
from typing import Any

from tests.attacks.making import model_2019
from tests.attacks.making.cases import (
    LIST_HOST,
    SCHOOL_HOST,
    Group,
    invalid,
    not_in_force,
    undecided,
    unreadable,
)
from tests.attacks.making.issuers import (
    Document,
    badge,
    claims,
    dumps,
    genuine,
    profile,
    secured,
    token,
)

ASKED = (SCHOOL_HOST, LIST_HOST)


def raw_json() -> Group:
    """Class 7: texts that one parser reads in one way, and another in another."""
    group = Group("07-json", 40, "badge eddsa-rdfc-2022")
    text = dumps(genuine()).decode()
    other = json.dumps(profile("did:web:mallory.example"))

    def with_member(member: str) -> str:
        return text[:-1] + f",{member}}}"

    for name, mutation, code, data in (
        ("duplicate-issuer-first", "a second issuer before the genuine one", "duplicate_key",
         text.replace('"issuer":', f'"issuer":{other},"issuer":', 1)),
        ("duplicate-issuer-last", "a second issuer after the genuine one", "duplicate_key",
         with_member(f'"issuer":{other}')),
        ("duplicate-escaped", "a second issuer whose name is escaped", "duplicate_key",
         with_member(f'"\\u0069ssuer":{other}')),
        ("duplicate-until", "a second validUntil", "duplicate_key",
         with_member('"validUntil":"2099-01-01T00:00:00Z"')),
        ("duplicate-context", "a second @context", "duplicate_key", '{"@context":[],' + text[1:]),
        ("duplicate-inside", "a second name in the achievement", "duplicate_key",
         text.replace('"description":', '"name":"Doctorat","description":', 1)),
        ("duplicate-proof", "a second proof", "duplicate_key", with_member('"proof":{}')),
        ("duplicate-status", "a second status entry", "duplicate_key", with_member('"credentialStatus":[]')),
        ("nan", "NaN for a member", "bad_number", with_member('"x":NaN')),
        ("infinity", "Infinity for a member", "bad_number", with_member('"x":Infinity')),
        ("minus-infinity", "-Infinity for a member", "bad_number", with_member('"x":-Infinity')),
        ("huge-exponent", "1e999 for a member", "bad_number", with_member('"x":1e999')),
        ("exponent", "1E2 for a member", "bad_number", with_member('"x":1E2')),
        ("many-digits", "5,000 digits for a member", "bad_number", with_member('"x":' + "9" * 5000)),
        ("beyond-doubles", "2^53 for a member", "bad_number", with_member('"x":9007199254740992')),
        ("minus-zero", "-0 for a member", "bad_number", with_member('"x":-0')),
        ("deep", "100,000 lists deep", "too_deep", with_member('"x":' + "[" * 100_000 + "]" * 100_000)),
        ("deep-objects", "40 objects deep", "too_deep",
         with_member('"x":' + '{"x":' * 40 + "1" + "}" * 40)),
        ("deep-unclosed", "100,000 lists that never end", "too_deep", with_member('"x":' + "[" * 100_000)),
        ("lone-surrogate", "half of a pair of surrogates", "bad_encoding", with_member('"x":"\\ud800"')),
        ("surrogates-reversed", "a pair of surrogates the wrong way round", "bad_encoding",
         with_member('"x":"\\udc00\\ud800"')),
        ("surrogate-key", "half of a pair of surrogates in a name", "bad_encoding",
         with_member('"\\udfff":1')),
        ("trailing-comma", "a comma too many", "bad_json", text[:-1] + ",}"),
        ("comment", "a comment", "bad_json", text[:-1] + "/* x */}"),
        ("single-quotes", "single quotes", "bad_json", text[:-1] + ",'x':1}"),
        ("bare-key", "a name without quotes", "bad_json", with_member("x:1")),
        ("hex-number", "a number in hexadecimal", "bad_json", with_member('"x":0x10')),
        ("leading-zero", "a number that begins with zero", "bad_json", with_member('"x":01')),
        ("plus", "a number with a plus", "bad_json", with_member('"x":+1')),
        ("bare-point", "a number that begins with a point", "bad_json", with_member('"x":.5')),
        ("control-character", "a line end inside a text", "bad_json", with_member('"x":"a\nb"')),
        ("bad-escape", "an escape that JSON has not", "bad_json", with_member('"x":"\\x41"')),
        ("short-escape", "an escape of three digits", "bad_json", with_member('"x":"\\u041"')),
        ("two-documents", "two documents one after the other", "bad_json", text + text),
        ("truncated", "the last brace missing", "bad_json", text[:-1]),
        ("garbage-behind", "letters behind the document", "bad_json", text + "x"),
        ("nul-behind", "a NUL behind the document", "bad_json", text + "\0"),
        ("true-in-capitals", "True as Python writes it", "bad_json", with_member('"x":True')),
        ("no-break-space", "a no-break space between members", "bad_json", text[:-1] + ',\u00a0"x":1}'),
    ):  # fmt: skip
        group.add(name, mutation, unreadable(code), data)
    for name, mutation, code, data_bytes in (
        ("byte-order-mark", "a byte order mark before it", "not_a_badge", b"\xef\xbb\xbf" + text.encode()),
        ("utf-16", "UTF-16", "bad_encoding", text.encode("utf-16")),
        ("utf-16-unmarked", "UTF-16 without mark", "bad_encoding",
         text.replace("É", "E").encode("utf-16-be")),
        ("utf-32", "UTF-32", "bad_encoding", text.encode("utf-32")),
        ("latin-1", "Latin-1", "bad_encoding", text.encode("latin-1")),
        ("overlong", "an overlong form of a quote", "bad_encoding",
         text.encode().replace(b"Gestes", b"Gestes\xc0\xa2", 1)),
        ("surrogate-in-utf-8", "a surrogate in UTF-8", "bad_encoding",
         text.encode().replace(b"Gestes", b"Gestes\xed\xa0\x80", 1)),
        ("beyond-unicode", "a character beyond Unicode", "bad_encoding",
         text.encode().replace(b"Gestes", b"Gestes\xf4\x90\x80\x80", 1)),
        ("too-large", "300 kB of spaces inside", "too_large", text[:-1].encode() + b" " * 300_000 + b"}"),
        ("array", "the badge in a list", "not_a_badge", f"[{text}]".encode()),
        ("empty", "nothing", "empty", b""),
        ("spaces", "spaces alone", "empty", b" \r\n\t "),
        ("nul-alone", "NULs alone", "not_a_badge", b"\0" * 100),
    ):  # fmt: skip
        group.add(name, mutation, unreadable(code), data_bytes)
    return group


def values() -> Group:
    """Class 8: numbers, letters, and graphs made to keep a canonicalizer busy."""
    group = Group("08-values", 40, "badge eddsa-rdfc-2022")
    text = dumps(genuine()).decode()
    for name, literal, code in (
        ("seventeen-digits", "36.50000000000000001", "bad_number"),
        ("sixteen-digits", "0.1234567890123456", "bad_number"),
        ("exponent", "3.65e1", "bad_number"),
        ("negative-zero", "-0.0", "bad_number"),
        ("million-digits", "0." + "3" * 100_000, "bad_number"),
        ("underflow", "0.00000000000000000000000000000000001234567890123456", "bad_number"),
        ("integer-beyond", "-9007199254740992", "bad_number"),
    ):
        group.add(
            f"number-{name}",
            f"a result of {literal[:60]}",
            unreadable(code),
            text[:-1] + f',"x":{literal}}}',
        )
    for name, mutation, character in (
        ("nul", "a NUL", "\0"),
        ("backspace", "a backspace", "\b"),
        ("escape", "an escape character, which moves the cursor", "\x1b[2K"),
        ("delete", "a delete character", "\x7f"),
        ("c1", "a control character of the second block", "\x9b"),
        ("vertical-tab", "a vertical tab", "\x0b"),
    ):
        group.add(
            f"letter-{name}",
            f"{mutation} in the name, signed so",
            invalid("value_not_allowed"),
            secured(badge(name=f"Premiers{character}secours")),
        )
    composed, apart = "École d'exemple", "E\u0301cole d'exemple"
    assert composed in text
    for name, mutation, old, new in (
        ("decomposed", "a letter with accent as two characters", composed, apart),
        ("look-alike", "a letter of another script in the name", "Gestes", "Gеstes"),
        ("zero-width", "a character without width in the name", "Gestes", "Ges\u200btes"),
        ("reversed", "a character that reverses the writing", "Gestes", "\u202eGestes"),
        ("soft-hyphen", "a soft hyphen", "premiers", "pre\u00admiers"),
        ("wide", "letters of full width", "Gestes", "Ｇｅｓｔｅｓ"),
        ("ligature", "a ligature in place of two letters", "Alerter", "A\ufb01erter"),
        ("no-break", "a no-break space in place of a space", "Gestes de", "Gestes\u00a0de"),
        ("apostrophe", "a curly apostrophe in place of a straight one", "École d'", "École d’"),
        ("digit", "a digit of another script in the description", "Alerter", "Alerter ٣"),
        ("space-added", "a space more", "Gestes de", "Gestes  de"),
        ("case", "a capital", "premiers", "Premiers"),
    ):
        assert old in text
        group.add(
            f"signed-{name}",
            f"{mutation}, in what was signed without",
            invalid("bad_signature"),
            text.replace(old, new),
            hosts=(SCHOOL_HOST,),
        )
    for name, mutation, edit in (
        ("number-for-text", "a number for a name", {"name": 1}),
        ("boolean-for-text", "true for a name", {"name": True}),
        ("text-for-list", "its types as one text with a space", {"type": "VerifiableCredential OpenBadgeCredential"}),
    ):  # fmt: skip
        is_read = name != "text-for-list"
        group.add(
            name,
            mutation,
            invalid("not_conformant" if is_read else "unsigned_data"),
            genuine() | edit,
            hosts=(SCHOOL_HOST,) if is_read else (),
        )
    _add_poisons(group)
    return group


def _add_poisons(group: Group) -> None:
    """Add badges whose canonical form takes for ever to find, and badges that are too large."""

    def alike(kind: str, number: int, **members: Any) -> list[Document]:
        named = {
            "Alignment": {"targetName": "x", "targetUrl": "https://x.example/"},
            "Result": {},
        }.get(kind, {"name": "x"})
        return [{"type": [kind]} | named | members for _ in range(number)]

    for name, mutation, place, members in (
        ("results-7", "7 results with 7 alignments each, all alike and without id", "credentialSubject",
         {"result": alike("Result", 7, alignment=alike("Alignment", 7))}),
        ("results-8", "8 results with 8 alignments each, all alike and without id", "credentialSubject",
         {"result": alike("Result", 8, alignment=alike("Alignment", 8))}),
        ("results-9", "9 results with 9 alignments each, all alike and without id", "credentialSubject",
         {"result": alike("Result", 9, alignment=alike("Alignment", 9))}),
        ("tree-3", "3 descriptions of 3 levels of 3 alignments, all alike and without id", "achievement",
         {"resultDescription": alike("ResultDescription", 3, rubricCriterionLevel=alike(
             "RubricCriterionLevel", 3, alignment=alike("Alignment", 3)))}),
        ("tree-4", "2 descriptions of 4 levels of 4 alignments, all alike and without id", "achievement",
         {"resultDescription": alike("ResultDescription", 2, rubricCriterionLevel=alike(
             "RubricCriterionLevel", 4, alignment=alike("Alignment", 4)))}),
        ("evidence-65", "65 pieces of evidence, all alike and without id", "",
         {"evidence": alike("Evidence", 65)}),
        ("alignments-100", "100 alignments, all alike and without id", "achievement",
         {"alignment": alike("Alignment", 100)}),
        ("tags-2000", "2,000 tags", "achievement", {"tag": [f"x{n}" for n in range(2000)]}),
        ("evidence-600", "600 pieces of evidence with ids", "",
         {"evidence": [{"id": f"https://school.example/e/{n}", "type": ["Evidence"]} for n in range(600)]}),
        ("types-1500", "1,500 types", "", {"type": ["VerifiableCredential"] * 1500}),
        ("identifiers-70", "70 identities, all alike", "credentialSubject",
         {"identifier": [{"type": "IdentityObject", "hashed": False, "identityHash": "x",
                          "identityType": "name"} for _ in range(70)]}),
    ):  # fmt: skip
        document = badge()
        subject = document["credentialSubject"]
        where = {"": document, "achievement": subject["achievement"]}.get(place, subject)
        where.update(members)
        group.add(
            f"maze-{name}",
            mutation,
            # Of a tree, the standard wants ids, so that its structure is found wanting too.
            invalid("not_conformant") if name.startswith("tree") else undecided("too_complex"),
            document | {"proof": genuine()["proof"]},
            hosts=(SCHOOL_HOST,) if name in ("results-7", "tree-3", "tree-4") else (),
        )
    clique = [{"id": f"_:b{n}", "type": ["Evidence"], "name": "x"} for n in range(8)]
    group.add(
        "maze-clique",
        "eight blank nodes with names of their own",
        invalid("value_not_allowed"),
        badge(evidence=clique) | {"proof": genuine()["proof"]},
    )


def dates() -> Group:
    """Class 9: validity, signed so by the issuer."""
    group = Group("09-dates", 30, "badge eddsa-rdfc-2022", hosts=ASKED)
    for name, changes, expect in (
        ("expired-yesterday", {"validUntil": "2026-11-22T09:00:00Z"}, not_in_force("expired")),
        ("expired-a-second-ago", {"validUntil": "2026-11-23T08:59:59Z"}, not_in_force("expired")),
        ("expired-in-another-zone", {"validUntil": "2026-11-23T10:30:00+02:00"}, not_in_force("expired")),
        ("expired-west-of-here", {"validUntil": "2026-11-22T20:00:00-12:00"}, not_in_force("expired")),
        ("expired-in-fractions", {"validUntil": "2026-11-23T08:59:59.999999Z"}, not_in_force("expired")),
        ("expired-without-beginning", {"validFrom": None, "validUntil": "2026-11-22T09:00:00Z"},
         invalid("not_conformant", "expired")),
        ("not-yet-tomorrow", {"validFrom": "2026-11-24T09:00:00Z"}, not_in_force("not_yet_valid")),
        ("not-yet-a-second", {"validFrom": "2026-11-23T09:00:01Z"}, not_in_force("not_yet_valid")),
        ("not-yet-in-another-zone", {"validFrom": "2026-11-23T00:30:00-09:00"}, not_in_force("not_yet_valid")),
        ("not-yet-next-century", {"validFrom": "2126-01-01T00:00:00Z", "validUntil": None},
         not_in_force("not_yet_valid")),
        ("ends-before-it-begins", {"validUntil": "2026-11-19T12:00:00Z"}, invalid("not_conformant")),
        ("ends-before-it-begins-later", {"validFrom": "2027-01-02T00:00:00Z", "validUntil": "2027-01-01T00:00:00Z"},
         invalid("not_conformant")),
    ):  # fmt: skip
        said = ", ".join(f"{k} {v or 'missing'}" for k, v in changes.items())
        group.add(name, said, expect, secured(badge(**changes)))
    for name, text in (
        ("no-zone", "2028-11-20T12:00:00"),
        ("no-time", "2028-11-20"),
        ("no-seconds", "2028-11-20T12:00Z"),
        ("space-for-t", "2028-11-20 12:00:00Z"),
        ("lower-case-z", "2028-11-20T12:00:00z"),
        ("no-day", "2028-02-30T12:00:00Z"),
        ("month-13", "2028-13-01T12:00:00Z"),
        ("hour-25", "2028-11-20T25:00:00Z"),
        ("leap-second", "2028-12-31T23:59:60Z"),
        ("year-10000", "10000-01-01T00:00:00Z"),
        ("year-zero", "0000-01-01T00:00:00Z"),
        ("negative-year", "-2028-11-20T12:00:00Z"),
        ("zone-beyond", "2028-11-20T12:00:00+15:00"),
        ("zone-without-colon", "2028-11-20T12:00:00+0100"),
        ("other-digits", "٢٠٢٨-11-20T12:00:00Z"),
        ("word", "never"),
        ("seconds-since-1970", "1858334400"),
        ("line-end", "2028-11-20T12:00:00Z\n"),
        ("week", "2028-W47-1T12:00:00Z"),
        ("ten-digits", "2028-11-20T12:00:00.1234567890Z"),
    ):
        group.add(
            f"until-{name}",
            f"validUntil {text!a}",
            invalid("not_conformant"),
            secured(badge(validUntil=text)),
        )
    for name, mutation, value, code in (
        ("until-two", "two ends, the later first", ["2028-11-20T12:00:00Z", "2026-11-21T00:00:00Z"],
         "not_conformant"),
        ("until-number", "a number for validUntil", 1858334400, "not_conformant"),
    ):  # fmt: skip
        group.add(name, mutation, invalid(code), secured(badge(validUntil=value)))
    for name, changes, expect in (
        ("expired", {"validUntil": "2026-11-22T09:00:00Z"}, not_in_force("expired")),
        ("not-yet", {"validFrom": "2026-11-24T09:00:00Z"}, not_in_force("not_yet_valid")),
    ):
        document = badge(**changes)
        said = {"exp": 1_795_338_000} if name == "expired" else {"nbf": 1_795_510_800}
        group.add(
            f"token-{name}",
            f"a token that is {name}",
            expect,
            token(document | claims(document) | said),
            base="token ES256",
            kind="jwt",
        )
    model_2019.add_dates(group)
    return group
