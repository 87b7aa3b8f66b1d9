"""Revocation: a bit that was read says so; everything else is unknown (security S1 to S6)."""

from __future__ import annotations

import gzip
import random
from datetime import timedelta
from typing import Any

import pytest

from badgeservice.openbadges import multibase, status_list, v3
from badgeservice.verification import Verdict
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.report import Finding, Integrity, Report, Status

from .school import ISSUED, LIST_SIZE, NOW, Key, School


def entry(school: School, **changes: Any) -> dict[str, Any]:
    """Return the status entry of the school's badge, with changes."""
    return school.credential()["credentialStatus"] | changes


def with_entries(school: School, *entries: Any) -> Report:
    """Return the report on a genuine badge with these status entries."""
    return school.verify(school.issue(credentialStatus=list(entries)))


def with_list(school: School, **changes: Any) -> Report:
    """Return the report on a genuine badge whose list is signed with these changes."""
    badge = school.issue()
    school.put(school.list_address, school.sign(school.list_credential([]) | changes))
    return school.verify(badge)


def with_subject(school: School, **changes: Any) -> Report:
    """Return the report on a genuine badge whose list's subject has these changes."""
    subject = school.list_credential([])["credentialSubject"] | changes
    return with_list(school, credentialSubject=subject)


def finding(report: Report) -> Finding:
    """Return what the status check found."""
    return next(finding for finding in report.findings if finding.check is Check.STATUS)


def assert_unknown(report: Report, code: Code) -> None:
    """Assert that the status is unknown for this reason, and the badge itself not doubted."""
    assert finding(report).code is code
    assert (report.status, report.verdict) == (Status.UNKNOWN, Verdict.AMBER)
    assert report.integrity is Integrity.VALID


def test_a_set_bit_revokes(school):
    """Withdrawn by its issuer; genuine all the same."""
    badge = school.issue()
    school.publish_list([1])

    report = school.verify(badge)

    assert (report.integrity, report.status) == (Integrity.VALID, Status.REVOKED)
    assert report.verdict is Verdict.RED


def test_a_clear_bit_says_as_of_when(school):
    """The list is as old as its validFrom, which the report repeats."""
    assert finding(school.verify(school.issue())).at == ISSUED


@pytest.mark.parametrize("index", [0, 7, 8, LIST_SIZE - 1])
def test_each_badge_has_its_own_bit(school, index):
    """Bit 0 is the leftmost of byte 0: neighbours are other people's badges (S4)."""
    badge = school.issue(credentialStatus=entry(school, statusListIndex=str(index)))
    others = {*range(20), *range(LIST_SIZE - 20, LIST_SIZE)} - {index}

    school.publish_list(others)
    spared = school.verify(badge)
    school.publish_list([index])
    revoked = school.verify(badge)

    assert (spared.status, revoked.status) == (Status.ACTIVE, Status.REVOKED)


def test_a_random_bit_revokes_only_its_badge(school):
    """The same, where nobody looked."""
    indices = random.Random(5).sample(range(LIST_SIZE), 3)
    badges = [school.issue(credentialStatus=entry(school, statusListIndex=str(i))) for i in indices]
    school.publish_list([indices[1]])

    statuses = [finding(school.verify(badge)).code for badge in badges]

    assert [Code.NOT_WITHDRAWN, Code.REVOKED, Code.NOT_WITHDRAWN] == statuses


def test_a_badge_without_entry_cannot_be_withdrawn(school):
    """Its issuer has provided no way; the report says so."""
    report = school.verify(school.issue(credentialStatus=None))

    assert finding(report).code is Code.NO_STATUS
    assert report.verdict is Verdict.GREEN


def test_a_suspension_is_not_a_revocation(school):
    """Another purpose, another word."""
    badge = school.issue(credentialStatus=entry(school, statusPurpose="suspension"))
    subject = school.list_credential([1])["credentialSubject"] | {"statusPurpose": "suspension"}
    school.put(
        school.list_address,
        school.sign(school.list_credential([]) | {"credentialSubject": subject}),
    )

    assert school.verify(badge).status is Status.SUSPENDED


def test_every_entry_counts(school):
    """One good entry does not outweigh a bad one, in either order (S1)."""
    good, bad = entry(school, id="urn:x:1"), entry(school, id="urn:x:2", statusListIndex="2")
    school.publish_list([2])

    for entries in ((good, bad), (bad, good)):
        assert with_entries(school, *entries).status is Status.REVOKED


def test_what_is_unknown_outweighs_what_is_well(school):
    """A list that we cannot read may hold the bit."""
    report = with_entries(school, entry(school), entry(school, id="urn:x:2", statusSize=9))

    assert_unknown(report, Code.STATUS_KIND_UNKNOWN)
    strange = {"id": "urn:x:1", "type": "1EdTechJsonSchemaValidator2019"}
    extended = [*v3.CONTEXT, "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]
    badge = school.issue(**{"@context": extended, "credentialStatus": [entry(school), strange]})
    assert_unknown(school.verify(badge), Code.STATUS_KIND_UNKNOWN)


def test_what_is_revoked_outweighs_what_is_unknown(school):
    """Certainly withdrawn stays certainly withdrawn."""
    badge = school.issue(
        credentialStatus=[entry(school, id="urn:x:1", statusPurpose="message"), entry(school)]
    )
    school.publish_list([1])

    assert school.verify(badge).status is Status.REVOKED


def test_too_many_entries_are_not_followed(school):
    """Each could be another address (F8)."""
    entries = [entry(school, id=f"urn:x:{number}") for number in range(5)]

    assert_unknown(with_entries(school, *entries), Code.STATUS_ENTRY_MALFORMED)


@pytest.mark.parametrize(
    "index",
    ["abc", "-1", "+1", "1e3", " 5", "5 ", "5.0", "05", "٥", "", "1" * 30, "0x5", "1_0", 5.5],
    ids=repr,
)
def test_an_index_has_one_spelling(school, index):
    """The public validator reads "abc" as 0, somebody else's badge (S3)."""
    report = with_entries(school, entry(school, statusListIndex=index))

    assert_unknown(report, Code.STATUS_ENTRY_MALFORMED)


def test_an_index_may_be_a_number(school):
    """Samples of 1EdTech write it so, and there is one way to read it."""
    badge = school.issue(credentialStatus=entry(school, statusListIndex=3))
    school.publish_list([3])

    assert school.verify(badge).status is Status.REVOKED


def test_an_index_beyond_the_list_is_unknown(school):
    """RANGE_ERROR in the standard's words, and never active (S3)."""
    report = with_entries(school, entry(school, statusListIndex=str(LIST_SIZE)))

    assert_unknown(report, Code.STATUS_OUT_OF_RANGE)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"statusPurpose": "refresh"}, Code.STATUS_LIST_MALFORMED),
        ({"statusPurpose": "graduation"}, Code.STATUS_KIND_UNKNOWN),
        ({"statusPurpose": ["revocation", "suspension"]}, Code.STATUS_KIND_UNKNOWN),
        ({"statusSize": 0}, Code.STATUS_KIND_UNKNOWN),
        ({"statusSize": 2}, Code.STATUS_LIST_LENGTH),
        ({"statusSize": -1}, Code.STATUS_KIND_UNKNOWN),
        ({"statusSize": 10**9}, Code.STATUS_KIND_UNKNOWN),
        ({"statusListCredential": "http://badges.example/status/1"}, None),
        ({"id": "https://badges.example/status/1"}, Code.STATUS_ENTRY_MALFORMED),
    ],
    ids=str,
)
def test_odd_entries_are_unknown(school, changes, code):
    """What we do not understand, we do not call well (S1, S3)."""
    report = with_entries(school, entry(school, **changes))

    assert_unknown(report, code or Code.STATUS_UNREACHABLE)


def test_a_strangers_list_is_asked_by_https_only():
    """An answer without https could be anybody's."""
    school = School()
    badge = school.issue(
        credentialStatus=entry(school, statusListCredential="http://badges.example/status/1")
    )
    school.owns = lambda issuer_id: False

    report = school.verify(badge)

    assert finding(report).code is Code.STATUS_ENTRY_MALFORMED
    assert school.asked == [school.id]


def test_a_list_that_cannot_be_reached_is_unknown(school):
    """Never green without the list (T-47)."""
    badge = school.issue()
    del school.world[school.list_address]

    assert_unknown(school.verify(badge), Code.STATUS_UNREACHABLE)


@pytest.mark.parametrize("status", [304, 404, 410, 503])
def test_a_list_that_is_not_served_is_unknown(school, status):
    """A gone list does not free the badges that it revoked."""
    badge = school.issue()
    school.put(school.list_address, school.sign(school.list_credential([])), status=status)

    assert_unknown(school.verify(badge), Code.STATUS_UNREACHABLE)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b"https://evil.example/", b'{"proof": 1, "proof": 2}']
)
def test_a_list_that_is_no_credential_is_unknown(school, body):
    """Whatever else stands at the address."""
    badge = school.issue()
    school.world[school.list_address] = Fetched(school.list_address, 200, "text/html", body)

    assert_unknown(school.verify(badge), Code.STATUS_LIST_MALFORMED)


def test_a_list_may_be_a_token(school):
    """A status list is a credential like others, and may be secured like others."""
    badge = school.issue()
    token = school.token(school.list_credential([1]) | {"credentialSubject": _subject(school, [1])})
    school.world[school.list_address] = Fetched(school.list_address, 200, "", token.encode())

    assert school.verify(badge).status is Status.REVOKED


def _subject(school: School, revoked: list[int]) -> dict[str, Any]:
    subject: dict[str, Any] = school.list_credential(revoked)["credentialSubject"]
    return subject


def test_a_list_that_somebody_else_signed_is_unknown(school):
    """The signature on the list is checked like that on the badge (S2)."""
    badge = school.issue()
    school.put(school.list_address, school.sign(school.list_credential([]), key=Key(66)))

    assert_unknown(school.verify(badge), Code.STATUS_LIST_UNTRUSTED)


def test_a_list_without_proof_is_unknown(school):
    """Anyone in between could have written it (S2)."""
    badge = school.issue()
    school.put(school.list_address, school.list_credential([]))

    assert_unknown(school.verify(badge), Code.STATUS_LIST_UNTRUSTED)


def test_a_list_of_another_issuer_is_unknown(school):
    """Well signed, by somebody who has no say in this badge (S2)."""
    mallory = Key(66)
    did = f"did:key:{mallory.public.to_multikey()}"
    method = f"{did}#{mallory.public.to_multikey()}"
    badge = school.issue()
    listed = school.list_credential([]) | {"issuer": did}
    school.put(school.list_address, school.sign(listed, key=mallory, method=method))

    assert_unknown(school.verify(badge), Code.STATUS_LIST_UNTRUSTED)


def test_a_list_of_another_address_is_unknown(school):
    """The issuer's own list, but an older or a quieter one in place of the right one (S2)."""
    assert_unknown(
        with_list(school, id="https://badges.example/status/2"), Code.STATUS_LIST_UNTRUSTED
    )


@pytest.mark.parametrize(
    "changes",
    [{"validUntil": "2026-11-22T00:00:00Z"}, {"validFrom": "2026-11-24T00:00:00Z"}],
    ids=str,
)
def test_a_list_out_of_its_time_is_unknown(school, changes):
    """An old list may be one from before the revocation (S6)."""
    assert_unknown(with_list(school, **changes), Code.STATUS_LIST_NOT_CURRENT)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": ["VerifiableCredential"]},
        {"type": ["VerifiableCredential", "BitstringStatusListEntry"]},
    ],
    ids=str,
)
def test_a_credential_that_is_no_list_is_unknown(school, changes):
    """Signed by the issuer, for something else (S2)."""
    report = with_list(school, **changes)

    assert finding(report).code in (Code.STATUS_LIST_MALFORMED, Code.STATUS_LIST_UNTRUSTED)
    assert report.verdict is Verdict.AMBER


def test_a_list_with_a_status_of_its_own_is_unknown(school):
    """Lists of lists have no end (S2)."""
    assert_unknown(with_list(school, credentialStatus=entry(school)), Code.STATUS_LIST_MALFORMED)


def test_a_list_for_another_purpose_is_unknown(school):
    """A clear suspension bit says nothing of revocation (S1)."""
    assert_unknown(with_subject(school, statusPurpose="suspension"), Code.STATUS_LIST_MALFORMED)


def test_a_list_may_serve_two_purposes(school):
    """The standard allows it on the list, where all purposes share the bits."""
    assert with_subject(school, statusPurpose=["revocation", "refresh"]).status is Status.ACTIVE


def gzipped(data: bytes) -> str:
    """Return bytes as an encodedList."""
    return "u" + multibase.base64url_encode(gzip.compress(data, mtime=0))


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        ("", Code.STATUS_LIST_MALFORMED),
        ("u", Code.STATUS_LIST_MALFORMED),
        ("uAAAA", Code.STATUS_LIST_MALFORMED),
        ("z" + gzipped(bytes(LIST_SIZE // 8))[1:], Code.STATUS_LIST_MALFORMED),
        (gzipped(bytes(LIST_SIZE // 8)) + "==", Code.STATUS_LIST_MALFORMED),
        (gzipped(bytes(LIST_SIZE // 8))[:-8], Code.STATUS_LIST_MALFORMED),
        (gzipped(bytes(LIST_SIZE // 8 - 1)), Code.STATUS_LIST_LENGTH),
        (gzipped(b""), Code.STATUS_LIST_LENGTH),
        (gzipped(bytes(64 * 1024 * 1024)), Code.STATUS_LIST_LENGTH),
        (5, Code.STATUS_LIST_MALFORMED),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_bitstring_that_cannot_be_read_is_unknown(school, encoded, code):
    """Truncated, bombed, too short, in another alphabet (S5)."""
    assert_unknown(with_subject(school, encodedList=encoded), code)


def test_the_list_is_not_believed_before_its_time(school):
    """A control for the dates: the same list, looked at in its time, is believed."""
    badge = school.issue()

    assert school.verify(badge, at=NOW + timedelta(days=300)).status is Status.ACTIVE
    assert status_list.decode(_subject(school, [])["encodedList"]) == bytes(LIST_SIZE // 8)


def test_a_list_older_than_the_last_one_published_is_refused(school):
    """Whoever replays yesterday's list hides what was revoked since."""
    badge = school.issue()
    report = school.verify(badge)
    published = report.find(Code.NOT_WITHDRAWN).at

    school.lists[school.list_address] = published + timedelta(seconds=1)
    rolled_back = school.verify(badge)
    school.lists[school.list_address] = published + timedelta(microseconds=999_999)
    current = school.verify(badge)

    assert rolled_back.find(Code.STATUS_LIST_OUTDATED).at == published
    assert (rolled_back.status, rolled_back.verdict) == (Status.UNKNOWN, Verdict.AMBER)
    assert current.verdict is Verdict.GREEN
