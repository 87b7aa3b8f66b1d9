"""Lists of others, older kinds of lists, and what a list says beside revocation (security S1 to S6)."""

from __future__ import annotations

from typing import Any

import pytest

from badgeservice.openbadges import Document, contexts, multibase, status_list, strict_json
from badgeservice.verification.codes import Check, Code, Outcome
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.report import Finding, Report, Status

from .school import ISSUED, LIST_SIZE, Key, School

LISTER = Key(77)
LISTER_DID = f"did:key:{LISTER.public.to_multikey()}"
LISTER_METHOD = f"{LISTER_DID}#{LISTER.public.to_multikey()}"
PLAIN = "https://school.example/revoked.json"
EXTENDED = [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3, contexts.OPEN_BADGES_EXTENSIONS]


@pytest.fixture
def stranger() -> School:
    """An issuer whom the register does not know; its own domain is school.example."""
    school = School("https://school.example/issuers/1")
    school.owns = lambda issuer_id: False  # type: ignore[method-assign]
    school.put(school.id, school.issuer_document())
    return school


def entry(school: School, **changes: Any) -> Document:
    """Return the status entry of a badge, with changes."""
    return school.credential()["credentialStatus"] | changes


def badge(school: School, *entries: Document, **changes: Any) -> Document:
    """Return a signed badge with these entries."""
    listed = list(entries) if entries else entry(school)
    return school.issue(credentialStatus=listed, **changes)


def listed(school: School, bits: str = "", **changes: Any) -> Document:
    """Return an unsigned status list, with changes to its subject under `subject`."""
    document = school.list_credential([]) | {
        key: value for key, value in changes.items() if key != "subject"
    }
    document["credentialSubject"] |= {"encodedList": bits} if bits else {}
    document["credentialSubject"] |= changes.get("subject", {})
    return document


def finding(report: Report) -> Finding:
    """Return what the status check found."""
    return next(finding for finding in report.findings if finding.check is Check.STATUS)


def by_lister(school: School, document: Document) -> None:
    """Publish a list that somebody else signs."""
    signed = school.sign(document | {"issuer": LISTER_DID}, key=LISTER, method=LISTER_METHOD)
    school.put(school.list_address, signed)


REVOKED_1 = status_list.encode([1], bits=LIST_SIZE)
SHORT_1, SHORT_NONE = (status_list.encode(bits, bits=100_000) for bits in ([1], []))


class TestListsOfOthers:
    """The badge says where the list stands; who keeps it there may say no, and not yes."""

    def test_who_is_named_may_withdraw(self, stranger):
        """The issuer has signed that address: a list that withdraws is no good news for a forger."""
        by_lister(stranger, listed(stranger, REVOKED_1))

        assert stranger.verify(badge(stranger)).status is Status.REVOKED

    def test_who_is_named_may_not_clear(self, stranger):
        """Whoever takes over the address could sign an empty list with a key of his own."""
        by_lister(stranger, listed(stranger))

        report = stranger.verify(badge(stranger))

        assert finding(report).code is Code.STATUS_LIST_UNTRUSTED
        assert report.status is Status.UNKNOWN

    def test_the_issuers_own_domain_may_clear(self, stranger):
        """A platform signs the lists of all the issuers that it hosts."""
        platform = "https://school.example/platform"
        stranger.put(platform, stranger.issuer_document() | {"id": platform} | _keys_of(platform))
        method = f"{platform}#1"
        document = listed(stranger, issuer=platform)
        stranger.put(stranger.list_address, stranger.sign(document, key=LISTER, method=method))

        report = stranger.verify(badge(stranger))

        assert finding(report).code is Code.NOT_WITHDRAWN
        assert report.status is Status.ACTIVE

    def test_a_list_of_another_address_may_withdraw_and_not_clear(self, stranger):
        """Lists are copied to where they are served; an older one could be put in its place."""
        elsewhere = "https://school.example/status/9"
        for bits, code in ((REVOKED_1, Code.REVOKED), ("", Code.STATUS_LIST_UNTRUSTED)):
            document = listed(stranger, bits, id=elsewhere)
            stranger.put(stranger.list_address, stranger.sign(document))

            assert finding(stranger.verify(badge(stranger))).code is code

    def test_a_short_list_may_withdraw_and_not_clear(self, stranger):
        """Lists of 100,000 entries are in use; what they withdraw is withdrawn."""
        for bits, code in ((SHORT_1, Code.REVOKED), (SHORT_NONE, Code.STATUS_LIST_LENGTH)):
            stranger.put(stranger.list_address, stranger.sign(listed(stranger, bits)))

            assert finding(stranger.verify(badge(stranger))).code is code

    def test_nobody_else_withdraws_a_badge_of_ours(self, school):
        """Our list is ours alone; the register knows what we withdrew."""
        by_lister(school, listed(school, REVOKED_1))

        assert finding(school.verify(badge(school))).code is Code.STATUS_LIST_UNTRUSTED


def _keys_of(controller: str) -> Document:
    method = {
        "id": f"{controller}#1",
        "type": "Multikey",
        "controller": controller,
        "publicKeyMultibase": LISTER.public.to_multikey(),
    }
    return {"verificationMethod": [method], "assertionMethod": [f"{controller}#1"]}


class TestPurposes:
    """What a list may be for."""

    def test_a_newer_version_is_announced(self, school):
        """That is not a withdrawal, and the report says what it is."""
        purposes = {"statusPurpose": ["revocation", "refresh"]}
        school.put(
            school.list_address,
            school.sign(listed(school, REVOKED_1, subject=purposes)),
        )
        announced = badge(school, entry(school, statusPurpose="refresh"))

        report = school.verify(announced)

        assert finding(report).code is Code.NEWER_ANNOUNCED
        assert (finding(report).at, report.status) == (ISSUED, Status.ACTIVE)

    def test_nothing_newer_is_announced(self, school):
        """The bit is clear: it is in force like any other."""
        school.put(
            school.list_address, school.sign(listed(school, subject={"statusPurpose": "refresh"}))
        )

        report = school.verify(badge(school, entry(school, statusPurpose="refresh")))

        assert finding(report).code is Code.NOT_WITHDRAWN

    def test_an_announcement_is_said_before_what_is_merely_well(self, school):
        """Of two entries that pass, the one with news counts."""
        second = "https://badges.example/status/2"
        document = listed(school, REVOKED_1, id=second, subject={"statusPurpose": "refresh"})
        school.put(second, school.sign(document))
        newer = entry(school, id="urn:x:2", statusPurpose="refresh", statusListCredential=second)

        assert finding(school.verify(badge(school, entry(school), newer))).code is (
            Code.NEWER_ANNOUNCED
        )

    @pytest.mark.parametrize(
        ("value", "said"), [(0, "0 pending"), (2, "2 lost"), (3, "3"), (1, "1 delayed")]
    )
    def test_a_message_is_shown_and_not_judged(self, school, value, said):
        """The issuer's words decide nothing: unknown is what cannot be judged."""
        bits = status_list.encode(
            [bit for bit in (2, 3) if value >> (3 - bit) & 1], bits=2 * LIST_SIZE
        )
        document = listed(school, bits, subject={"statusPurpose": "message"})
        school.put(school.list_address, school.sign(document))
        messages = [("0x0", "pending"), ("0x1", "delayed"), ("0x2", "lost"), ("seven", "odd")]
        speaking = entry(
            school,
            statusPurpose="message",
            statusSize=2,
            statusMessage=[{"status": s, "message": m} for s, m in messages],
        )

        found = finding(school.verify(badge(school, speaking)))

        assert (found.code, found.detail, found.at) == (Code.STATUS_MESSAGE, said, ISSUED)
        assert found.outcome is Outcome.UNKNOWN

    def test_two_bits_are_not_one(self, school):
        """A value of two bits that is not zero withdraws, whichever of them is set."""
        bits = status_list.encode([3], bits=2 * LIST_SIZE)
        school.put(school.list_address, school.sign(listed(school, bits)))

        withdrawn = school.verify(badge(school, entry(school, statusSize=2)))
        spared = school.verify(badge(school, entry(school, statusSize=2, statusListIndex="3")))

        assert (withdrawn.status, spared.status) == (Status.REVOKED, Status.ACTIVE)

    @pytest.mark.parametrize("size", [0, -1, 9, True, "1", 1.5])
    def test_other_sizes_are_not_read(self, school, size):
        """What we do not understand, we do not call well (S3)."""
        report = school.verify(badge(school, entry(school, statusSize=size)))

        assert finding(report).code in (Code.STATUS_KIND_UNKNOWN, Code.NOT_ASKED)
        assert report.status is Status.UNKNOWN


class TestStatusList2021:
    """The draft that came before, as older software publishes it."""

    older_model = (contexts.CREDENTIALS_V1, contexts.STATUS_LIST_2021_V1)

    def publish(self, school: School, bits: list[int], *, prefix: str = "", **changes: Any) -> None:
        """Publish such a list, in the data model of its time."""
        encoded = prefix + status_list.encode(bits, bits=LIST_SIZE).removeprefix("u")
        document = {
            "@context": [*self.older_model, contexts.DATA_INTEGRITY_V2],
            "id": school.list_address,
            "type": ["VerifiableCredential", "StatusList2021Credential"],
            "issuer": school.id,
            "issuanceDate": "2026-11-20T12:00:00Z",
            "credentialSubject": {
                "id": f"{school.list_address}#list",
                "type": "StatusList2021",
                "statusPurpose": "revocation",
                "encodedList": encoded,
            },
        }
        school.put(school.list_address, school.sign(document | changes))

    def badge(self, school: School) -> Document:
        """Return a badge with such an entry."""
        extended = [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3, contexts.STATUS_LIST_2021_V1]
        written = entry(school, type="StatusList2021Entry")
        return school.issue(**{"@context": extended, "credentialStatus": written})

    @pytest.mark.parametrize("prefix", ["", "u"])
    def test_it_is_read(self, stranger, prefix):
        """With and without the prefix that came late."""
        self.publish(stranger, [1], prefix=prefix)
        withdrawn = stranger.verify(self.badge(stranger))
        self.publish(stranger, [2], prefix=prefix)
        spared = stranger.verify(self.badge(stranger))

        assert (withdrawn.status, spared.status) == (Status.REVOKED, Status.ACTIVE)
        assert finding(spared).at == ISSUED

    def test_a_list_of_one_kind_does_not_answer_for_the_other(self, stranger):
        """Each entry says how its list is called."""
        assert finding(stranger.verify(self.badge(stranger))).code is Code.STATUS_LIST_MALFORMED
        self.publish(stranger, [])
        assert finding(stranger.verify(badge(stranger))).code is Code.STATUS_LIST_MALFORMED

    def test_it_ends_as_its_model_says(self, stranger):
        """An old list may be one from before the revocation (S6)."""
        self.publish(stranger, [], expirationDate="2026-11-22T00:00:00Z")

        found = finding(stranger.verify(self.badge(stranger)))

        assert found.code is Code.STATUS_LIST_NOT_CURRENT

    def test_what_is_no_text_is_no_list(self):
        """As with the newer kind."""
        for encoded in (None, 5, "", "H4s!"):
            with pytest.raises(status_list.StatusListRefused):
                status_list.decode_2021(encoded)
        data = multibase.decode(SHORT_1, multibase.BASE64URL)
        assert status_list.decode_2021(multibase.base64url_encode(data), minimum_bits=0)


class TestPlainLists:
    """1EdTechRevocationList: JSON that nobody signs, at an address that the badge names."""

    def report(self, school: School, revoked: Any, address: str = PLAIN, **members: Any) -> Report:
        """Return the report on a badge of which such a list says this."""
        written = {"id": PLAIN, "issuer": school.id, "revokedCredential": revoked} | members
        said = {key: value for key, value in written.items() if value is not None}
        school.put(address, said)
        kind = {"id": address, "type": "1EdTechRevocationList"}
        return school.verify(school.issue(**{"@context": EXTENDED, "credentialStatus": kind}))

    @pytest.mark.parametrize("name", ["revokedCredential", "revokedCredentials"])
    @pytest.mark.parametrize("state", [{}, {"revoked": True}, {"revoked": "false"}])
    def test_who_is_on_it_is_withdrawn(self, stranger, name, state):
        """With the reason, if it gives one; only a plain `false` takes it back."""
        one = {"id": "https://badges.example/b/1", "revocationReason": "In error"} | state

        report = self.report(stranger, None, **{name: [{"id": "urn:x:2"}, one]})

        assert report.status is Status.REVOKED
        assert finding(report).detail == "In error"

    def test_no_list_hides_behind_the_other(self, stranger):
        """A list may have both spellings; who is on either is withdrawn."""
        one = {"id": "https://badges.example/b/1"}

        assert self.report(stranger, [], revokedCredentials=[one]).status is Status.REVOKED
        assert finding(self.report(stranger, [], revokedCredentials=7)).code is (
            Code.STATUS_LIST_MALFORMED
        )

    @pytest.mark.parametrize(
        "revoked",
        [[], [{"id": "urn:x:2"}], [{"id": "https://badges.example/b/1", "revoked": False}]],
    )
    @pytest.mark.parametrize("members", [{}, {"issuer": None}, {"id": None}])
    def test_who_is_not_on_it_is_in_force(self, stranger, revoked, members):
        """At the issuer's own site, where it also publishes its keys."""
        report = self.report(stranger, revoked, **members)

        assert finding(report).code is Code.NOT_WITHDRAWN
        assert report.status is Status.ACTIVE

    @pytest.mark.parametrize(
        ("address", "members"),
        [
            ("https://lists.example/1", {"id": "https://lists.example/1"}),
            (PLAIN, {"id": "https://school.example/other.json"}),
            (PLAIN, {"issuer": "https://other.example"}),
        ],
    )
    def test_somebody_elses_list_withdraws_and_does_not_clear(self, stranger, address, members):
        """Nothing is signed: whoever answers could be anybody."""
        cleared = self.report(stranger, [], address, **members)
        withdrawn = self.report(
            stranger, [{"id": "https://badges.example/b/1"}], address, **members
        )

        assert finding(cleared).code is Code.STATUS_LIST_UNTRUSTED
        assert withdrawn.status is Status.REVOKED

    @pytest.mark.parametrize("revoked", [None, {}, "urn:x", [1], ["https://badges.example/b/1"]])
    def test_what_is_no_list_is_unknown(self, stranger, revoked):
        """Never in force for want of a list."""
        assert finding(self.report(stranger, revoked)).code is Code.STATUS_LIST_MALFORMED

    @pytest.mark.parametrize("body", [b"", b"[]", b'{"revokedCredential": [], "a": 1, "a": 2}'])
    def test_what_cannot_be_read_is_unknown(self, stranger, body):
        """Strictly read, like everything."""
        kind = {"id": PLAIN, "type": "1EdTechRevocationList"}
        stranger.world[PLAIN] = Fetched(PLAIN, 200, "application/json", body)
        written = stranger.issue(**{"@context": EXTENDED, "credentialStatus": kind})

        assert finding(stranger.verify(written)).code is Code.STATUS_LIST_MALFORMED

    def test_an_answer_from_elsewhere_is_not_read(self, stranger):
        """A redirect to another site is another site's word."""
        kind = {"id": PLAIN, "type": "1EdTechRevocationList"}
        said = strict_json.dumps({"revokedCredential": []})
        stranger.world[PLAIN] = Fetched("https://evil.example/", 200, "application/json", said)
        written = stranger.issue(**{"@context": EXTENDED, "credentialStatus": kind})

        assert finding(stranger.verify(written)).code is Code.STATUS_LIST_UNTRUSTED

    @pytest.mark.parametrize("address", [None, "http://school.example/revoked.json", "urn:x:y"])
    def test_an_address_that_cannot_vouch_is_not_asked(self, stranger, address):
        """Without https, the answer could be anybody's."""
        kind = {"id": address, "type": "1EdTechRevocationList"}
        if address is None:
            del kind["id"]
        written = stranger.issue(**{"@context": EXTENDED, "credentialStatus": kind})

        assert finding(stranger.verify(written)).code is Code.STATUS_ENTRY_MALFORMED
        assert stranger.asked == [stranger.id]

    def test_nothing_is_asked_before_the_proof(self, stranger):
        """A forged badge does not make us ask for its list."""
        kind = {"id": PLAIN, "type": "1EdTechRevocationList"}
        forged = stranger.issue(**{"@context": EXTENDED, "credentialStatus": kind})

        report = stranger.verify(forged | {"name": "Doctorate"})

        assert finding(report).code is Code.NOT_ASKED
        assert stranger.asked == [stranger.id]
