"""Hosted badges: what stands at the address counts, and only there where the issuer says so."""

from __future__ import annotations

import pytest

from badgeservice.openbadges import strict_json, v2
from badgeservice.verification import Verdict, words
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.report import Integrity, Status

from .academy import NOW, Academy


def code_of(report, check):
    """Return the answer to one question."""
    return next(finding.code for finding in report.findings if finding.check is check)


def test_a_sound_badge_is_as_good_as_a_strangers_can_be(academy):
    """Every question is answered well but that of the register, which does not know the issuer."""
    report = academy.verify(academy.host())

    assert [Code.ISSUER_NOT_KNOWN] == [finding.code for finding in report.problems]
    assert report.integrity is Integrity.VALID
    assert report.status is Status.ACTIVE
    assert report.verdict is Verdict.AMBER
    assert words.sentence(report, "en") == (
        "Badge confirmed by academy.example. We do not know this issuer"
    )
    assert words.sentence(report, "fr") == (
        "Badge confirmé par academy.example. Nous ne connaissons pas cet émetteur"
    )


def test_the_address_itself_may_be_submitted(academy):
    """Whoever has no file has at least the address."""
    academy.host()

    report = academy.verify(academy.hosted_id)

    assert report.integrity is Integrity.VALID
    assert academy.asked == [academy.hosted_id, academy.class_id, academy.issuer_id]


def test_what_it_says_is_what_is_hosted(academy):
    """Every word of the summary comes from the three documents."""
    summary = academy.verify(academy.host()).credential

    assert summary.id == academy.hosted_id
    assert summary.name == "Sécuriser l'environnement numérique"
    assert summary.language == "fr"
    assert summary.criteria == "Réussir le quiz."
    assert summary.criteria_url == f"{academy.base}/criteria"
    assert summary.achievement_id == academy.class_id
    assert summary.tags == ("numérique",)
    assert summary.image == f"{academy.base}/image.png"
    assert summary.issuer_name == "Académie d'exemple"
    assert summary.awarded == summary.valid_from
    assert summary.valid_until.year == 2028
    assert [item.narrative for item in summary.evidence] == ["Quiz réussi.", "90 %"]
    assert summary.alignments[0].url == "https://crcn.example/4.1"
    assert "camille" not in str(summary)


@pytest.mark.parametrize(
    ("changes", "evidence"),
    [
        ({"evidence": "https://a.example/proof", "narrative": None}, 1),
        ({"evidence": None, "narrative": None}, 0),
        ({"expires": None}, 2),
    ],
)
def test_what_may_be_left_out_or_written_otherwise(academy, changes, evidence):
    """Evidence by address alone; no end."""
    report = academy.verify(academy.host(**changes))

    assert report.integrity is Integrity.VALID
    assert len(report.credential.evidence) == evidence


@pytest.mark.parametrize(
    "changes",
    [
        {"narrative": "Félicitations du jury."},
        {"issuedOn": "2020-01-01T00:00:00Z"},
        {"expires": "2999-01-01T00:00:00Z"},
        {"recipient": {"type": "email", "hashed": False, "identity": "eve@example.org"}},
        {"evidence": [{"id": "https://evil.example/diploma"}]},
        {"evidence": "https://evil.example/diploma"},
        {"badge": "https://academy.example/badges/doctor"},
        {"badge": {"id": "https://academy.example/badges/safety", "name": "Doctor"}},
        {"badge": {"issuer": {"name": "Harvard"}}},
        {"image": "https://evil.example/gold.png"},
        {"honours": True},
    ],
    ids=str,
)
def test_an_edited_copy_is_red_and_the_hosted_words_are_shown(academy, changes):
    """H3: the copy is never trusted, and that it was edited is said."""
    copy = academy.host() | changes

    report = academy.verify(copy)

    assert code_of(report, Check.PROOF) is Code.DIFFERS_FROM_HOSTED
    assert report.verdict is Verdict.RED
    assert report.credential.name == "Sécuriser l'environnement numérique"
    assert words.sentence(report, "en") == "Do not rely on this file: its content was changed"


def test_a_copy_may_be_written_in_other_ways(academy):
    """Order, arrays of one, synonyms and embedded documents say nothing else; nor does less."""
    hosted = academy.host()
    copy = {name: hosted[name] for name in reversed(list(hosted)) if name != "narrative"}
    copy |= {
        "@context": [v2.CONTEXT],
        "type": ["Assertion"],
        "verification": {"type": "hosted"},
        "evidence": hosted["evidence"] * 2,
        "badge": academy.badge_class(issuer=academy.issuer(type="Issuer")),
    }

    assert academy.verify(copy).integrity is Integrity.VALID


def test_a_type_that_goes_without_saying_may_be_said(academy):
    """Software adds the default type of what it stores."""
    hosted = academy.host(evidence=[{"id": "https://a.example/1"}])
    copy = hosted | {"evidence": {"id": "https://a.example/1", "type": "Evidence"}}

    assert academy.verify(copy).integrity is Integrity.VALID


def test_one_is_not_true(academy):
    """Python thinks that it is."""
    academy.host(version=1)

    report = academy.verify(academy.hosted(version=True))

    assert code_of(report, Check.PROOF) is Code.DIFFERS_FROM_HOSTED


@pytest.mark.parametrize(
    "identifier",
    [None, "urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a", "file:///etc/passwd", 5, "x"],
)
def test_a_hosted_badge_without_a_web_address_is_invalid(academy, identifier):
    """1.4 H1."""
    report = academy.verify(academy.hosted(id=identifier))

    assert code_of(report, Check.PROFILE) is Code.NOT_HOSTED
    assert report.integrity is Integrity.INVALID
    assert academy.asked == []
    assert "nothing proves" in words.sentence(report, "en")


def test_a_signed_assertion_without_its_signature_is_invalid(academy):
    """Anyone can write the JSON that somebody has signed."""
    report = academy.verify(academy.signed())

    assert code_of(report, Check.PROFILE) is Code.PROOF_MISSING
    assert report.integrity is Integrity.INVALID


def test_a_document_with_another_id_than_its_address_is_refused(academy):
    """1.4 H3: importers, query strings; what is refused is not fetched from elsewhere."""
    academy.put(academy.hosted(id="https://academy.example/assertions/2"), at=academy.hosted_id)

    for submitted in (academy.hosted(), academy.hosted_id):
        report = academy.verify(submitted)
        assert code_of(report, Check.PROFILE) is Code.DOCUMENT_MISMATCH
        assert report.integrity is Integrity.INVALID


@pytest.mark.parametrize("part", ["badge_class", "issuer"])
def test_class_and_issuer_too_stand_where_they_say(academy, part):
    """Somebody else's class at the address of this one."""
    document = getattr(academy, part)()
    academy.put(document | {"id": f"{academy.base}/other"}, at=document["id"])

    report = academy.verify(academy.host())

    assert code_of(report, Check.PROFILE) is Code.DOCUMENT_MISMATCH


def test_a_redirect_to_another_site_is_not_followed(academy):
    """H2: the other site does not answer for this one."""
    academy.put(academy.hosted(), url="https://evil.example/a")

    report = academy.verify(academy.hosted())

    assert code_of(report, Check.PROFILE) is Code.DOCUMENT_REDIRECTED
    assert report.integrity is Integrity.INDETERMINATE
    assert "what stands at the badge's addresses" in words.sentence(report, "en")


@pytest.mark.parametrize("status", [301, 404, 500])
def test_no_answer_is_unknown_and_not_revoked(academy, status):
    """S9: 404 tells nothing."""
    academy.put(academy.hosted(), status=status)

    report = academy.verify(academy.hosted())

    assert code_of(report, Check.PROFILE) is Code.DOCUMENT_UNREACHABLE
    assert report.status is Status.UNKNOWN
    assert report.verdict is Verdict.AMBER


def test_an_unreachable_host_is_unknown(academy):
    """Nobody there."""
    report = academy.verify(academy.hosted())

    assert code_of(report, Check.PROFILE) is Code.DOCUMENT_UNREACHABLE


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"id":1,"id":2}', b"\xff"])
def test_what_is_not_readable_is_unknown(academy, body):
    """A page instead of a document; a document that two parsers would read in two ways."""
    academy.answer(academy.hosted_id, body)

    report = academy.verify(academy.hosted())

    assert code_of(report, Check.PROFILE) is Code.DOCUMENT_UNREADABLE


def test_a_class_that_is_gone_is_unknown(academy):
    """410 says that a badge is revoked, and of a class nothing."""
    academy.put(academy.badge_class(), status=410)

    report = academy.verify(academy.host())

    assert code_of(report, Check.PROFILE) is Code.DOCUMENT_UNREACHABLE


class TestRevoked:
    """1.4 H2: gone with 410, or `revoked` in what stands there."""

    @pytest.mark.parametrize("reason", ["Fraude.", None])
    def test_gone_is_revoked(self, academy, reason):
        """The usual form: 410 and why."""
        revoked = v2.revoked_assertion(id=academy.hosted_id, reason=reason)
        academy.put(revoked, status=410)

        for submitted in (academy.hosted(), academy.hosted_id):
            report = academy.verify(submitted)
            assert report.status is Status.REVOKED
            assert report.verdict is Verdict.RED
            assert report.find(Code.REVOKED).detail == (reason or "")
            assert words.sentence(report, "fr") == "Badge non vérifié, mais retiré par l'émetteur"

    @pytest.mark.parametrize("body", [b"Gone", b"", b'{"revocationReason":5}'])
    def test_gone_without_a_word_is_revoked(self, academy, body):
        """HTTP says it already."""
        academy.answer(academy.hosted_id, body, status=410)

        report = academy.verify(academy.hosted())

        assert report.status is Status.REVOKED
        assert code_of(report, Check.PROOF) is Code.HOSTED_CONTENT_GONE

    def test_a_reason_for_another_badge_is_not_shown(self, academy):
        """What it says of another one says nothing of this one."""
        other = v2.revoked_assertion(id=f"{academy.base}/assertions/2", reason="Plagiat.")
        academy.put(other, at=academy.hosted_id, status=410)

        assert academy.verify(academy.hosted()).find(Code.REVOKED).detail == ""

    def test_an_address_that_is_gone_without_a_badge_is_unknown(self, academy):
        """Nothing shows that a badge ever stood there."""
        academy.answer(academy.hosted_id, b"Gone", status=410)

        report = academy.verify(academy.hosted_id)

        assert code_of(report, Check.SUBMISSION) is Code.ADDRESS_UNREACHABLE

    @pytest.mark.parametrize("form", ["whole", "short"])
    def test_revoked_in_what_stands_there(self, academy, form):
        """Hosts that cannot answer 410 say it in the document, whole or not."""
        if form == "whole":
            academy.host(revoked=True, revocationReason="Fraude.")
        else:
            academy.put(v2.revoked_assertion(id=academy.hosted_id, reason="Fraude."))

        report = academy.verify(academy.hosted())

        assert report.status is Status.REVOKED
        assert report.find(Code.REVOKED).detail == "Fraude."

    def test_a_copy_that_says_it_is_not_revoked(self, academy):
        """What the copy says does not count."""
        academy.host(revoked=True)

        assert academy.verify(academy.hosted(revoked=False)).status is Status.REVOKED

    def test_a_copy_that_says_it_is_revoked(self, academy):
        """Nobody can revoke somebody else's badge by editing a file."""
        academy.host()

        report = academy.verify(academy.hosted(revoked=True))

        assert report.status is not Status.REVOKED
        assert code_of(report, Check.PROOF) is Code.DIFFERS_FROM_HOSTED

    def test_without_class_and_without_being_revoked(self, academy):
        """Not the short form of anything."""
        academy.put(academy.hosted(badge=None))

        report = academy.verify(academy.hosted())

        assert code_of(report, Check.PROFILE) is Code.NOT_CONFORMANT


class TestScope:
    """1.4 H6: an issuer answers for its own site, or for what its profile claims."""

    @pytest.mark.parametrize(
        ("policy", "in_scope"),
        [
            (None, True),
            ({"startsWith": "https://academy.example/assertions/"}, True),
            ({"startsWith": "https://academy.example/assertions"}, True),
            ({"startsWith": ["https://x.example/", "https://academy.example/"]}, True),
            ({"startsWith": "https://academy.example/other/"}, False),
            ({"startsWith": "https://academy.example/assert"}, False),
            ({"startsWith": "https://academy.exam"}, False),
            ({"startsWith": "http://academy.example/"}, True),
            ({"startsWith": "https://academy.example:8443/"}, False),
            ({"startsWith": "https://academy.example/assertions/?x"}, False),
            ({"startsWith": "academy.example"}, False),
            ({"startsWith": []}, False),
            ({"allowedOrigins": "academy.example"}, True),
            ({"allowedOrigins": ["x.example", "academy.example"]}, True),
            ({"allowedOrigins": "https://academy.example"}, True),
            ({"allowedOrigins": "academy.example:8443"}, False),
            ({"allowedOrigins": "evil@academy.example"}, False),
            ({"allowedOrigins": "other.example"}, False),
            (
                {"allowedOrigins": "other.example", "startsWith": "https://academy.example/"},
                False,
            ),
        ],
        ids=str,
    )
    def test_what_a_profile_claims(self, academy, policy, in_scope):
        """Parsed origins and whole steps of paths."""
        academy.put(academy.issuer(verification=policy))

        report = academy.verify(academy.host())

        expected = Code.HOSTED_BY_ISSUER if in_scope else Code.HOSTED_OUT_OF_SCOPE
        if report.find(Code.NOT_CONFORMANT) is None or not in_scope:
            assert code_of(report, Check.PROOF) is expected
        assert (report.integrity is Integrity.VALID) is in_scope

    @pytest.mark.parametrize(
        "address",
        [
            "https://academy.example.evil.example/assertions/1",
            "https://evil.example/academy.example/assertions/1",
            "https://evil.example/https://academy.example/assertions/1",
            "https://academy.example:8443/assertions/1",
            "https://academy.example/assertions/../uploads/1",
            "https://academy.example/assertions/%2e%2e/uploads/1",
            "https://academy.example/uploads/1",
        ],
    )
    def test_an_address_that_looks_like_the_issuers(self, academy, address):
        """H1: text that begins alike is not the same site, nor the same folder."""
        report = academy.verify(academy.host(id=address))

        assert code_of(report, Check.PROOF) is Code.HOSTED_OUT_OF_SCOPE
        assert report.verdict is Verdict.RED
        assert words.sentence(report, "en") == (
            "Do not rely on this file: nothing proves that academy.example issued it"
        )

    def test_an_impostor_inside_the_file_counts_for_nothing(self, academy):
        """K9: an inline issuer with the victim's id and a generous policy."""
        generous = academy.issuer(verification={"startsWith": "https://evil.example/"})
        report = academy.verify(
            academy.host(
                id="https://evil.example/1",
                badge=academy.badge_class(id="https://evil.example/badge", issuer=generous),
            )
        )

        assert report.integrity is not Integrity.VALID

    def test_the_impostors_class_with_the_victims_issuer(self, academy):
        """The class is the impostor's own and hosted; the issuer answers for other addresses."""
        academy.put(academy.badge_class(id="https://evil.example/badge"))

        report = academy.verify(
            academy.host(id="https://evil.example/1", badge="https://evil.example/badge")
        )

        assert code_of(report, Check.PROOF) is Code.HOSTED_OUT_OF_SCOPE


class TestEmbedded:
    """Documents inside documents: what has an address counts as it stands there."""

    def test_an_embedded_class_that_says_what_is_hosted(self, academy):
        """Many issuers serve it all in one."""
        report = academy.verify(academy.host(badge=academy.badge_class(issuer=academy.issuer())))

        assert report.integrity is Integrity.VALID

    @pytest.mark.parametrize("part", ["class", "issuer"])
    def test_an_embedded_document_that_says_something_else(self, academy, part):
        """H2: hosted copies win, and the difference is told."""
        if part == "class":
            badge = academy.badge_class(name="Docteur")
        else:
            badge = academy.class_id
            academy.put(academy.badge_class(issuer=academy.issuer(name="Sorbonne")))

        report = academy.verify(academy.host(badge=badge))

        assert code_of(report, Check.PROFILE) is Code.DIFFERS_FROM_HOSTED
        assert report.integrity is Integrity.INVALID

    def test_a_class_without_an_address_is_the_assertions_own(self, academy):
        """It was said by the host of the assertion."""
        report = academy.verify(academy.host(badge=academy.badge_class(id="_:b0")))

        assert report.integrity is Integrity.VALID

    @pytest.mark.parametrize("badge", [[], ["https://a.example", "https://b.example"], 5, {}])
    def test_one_class_it_must_be(self, academy, badge):
        """Two would leave it open which is shown."""
        report = academy.verify(academy.host(badge=badge))

        assert code_of(report, Check.PROFILE) is Code.NOT_CONFORMANT

    def test_one_issuer_it_must_be(self, academy):
        """Two would leave it open who answers."""
        academy.put(academy.badge_class(issuer=[academy.issuer_id, "https://b.example"]))

        assert code_of(academy.verify(academy.host()), Check.PROFILE) is Code.ISSUER_MISSING

    def test_an_issuer_without_a_web_address_cannot_be_asked(self, academy):
        """1.4: the validators warn; nothing can be proved."""
        academy.put(academy.badge_class(issuer="urn:uuid:2d391246-6e0d-4dab-906c-b29770bd7aa6"))

        report = academy.verify(academy.host())

        assert code_of(report, Check.PROFILE) is Code.DOCUMENT_NOT_ADDRESSED
        assert report.integrity is Integrity.INDETERMINATE


class TestPlainHTTP:
    """Old badges name their documents at plain http; they are asked for at https."""

    def test_what_stands_at_https_counts(self, academy):
        """Nobody on the way can answer in its stead."""
        assertion = academy.hosted(id=academy.hosted_id.replace("https://", "http://"))
        academy.put(assertion, at=academy.hosted_id)

        report = academy.verify(assertion)

        assert report.integrity is Integrity.VALID
        assert all(address.startswith("https://") for address in academy.asked)

    def test_a_port_of_its_own_cannot_be_asked_safely(self, academy):
        """There is no telling at which port its https would be."""
        report = academy.verify(academy.hosted(id="http://academy.example:8080/1"))

        assert code_of(report, Check.PROFILE) is Code.DOCUMENT_NOT_ADDRESSED
        assert academy.asked == []

    def test_our_own_installation_may_stand_at_plain_http(self):
        """While it is being tried out, it is asked in process."""
        ours = Academy(is_ours=True, base="http://localhost:5000")
        assertion = ours.host()
        ours.enter(ours.hosted_id, strict_json.dumps(assertion))

        assert ours.verify(assertion).verdict is Verdict.GREEN


class TestForm:
    """What is written in an odd way could be read in another way elsewhere."""

    @pytest.mark.parametrize(
        ("context", "code"),
        [
            ("https://w3id.org/openbadges/v3", Code.CONTEXT_UNKNOWN),
            ([v2.CONTEXT, "https://evil.example/context"], Code.CONTEXT_UNKNOWN),
            ([v2.CONTEXT, {"expires": None}], Code.CONTEXT_NOT_ALLOWED),
            (
                ["https://w3id.org/openbadges/extensions/applyLinkExtension/context.json"],
                Code.CONTEXT_UNKNOWN,
            ),
        ],
    )
    def test_other_contexts(self, academy, context, code):
        """D3: a context that redefines words, or that nobody knows."""
        report = academy.verify(academy.host(**{"@context": context}))

        assert code_of(report, Check.PROFILE) is code

    def test_a_context_inside(self, academy):
        """An embedded class may repeat the context, and name no other."""
        sound = academy.badge_class()
        assert academy.verify(academy.host(badge=sound)).integrity is Integrity.VALID

        odd = sound | {"@context": {"name": None}}
        report = academy.verify(academy.host(badge=odd))
        assert code_of(report, Check.PROFILE) is Code.CONTEXT_NOT_ALLOWED

    @pytest.mark.parametrize(
        "name", ["@graph", "obi:issueDate", "https://w3id.org/security#expiration", "@id"]
    )
    def test_disguised_names(self, academy, name):
        """D2: another reader finds an expiry there."""
        report = academy.verify(academy.host(**{name: "2020-01-01T00:00:00Z"}))

        assert code_of(report, Check.PROFILE) is Code.KEY_NOT_ALLOWED

    def test_two_verifications(self, academy):
        """`verify` and `verification` are one word with two spellings."""
        report = academy.verify(academy.host(verify={"type": "signed"}))

        assert code_of(report, Check.PROFILE) is Code.VALUE_NOT_ALLOWED

    def test_the_old_spelling(self, academy):
        """Version 2.0 allows it."""
        report = academy.verify(academy.host(verification=None, verify={"type": "hosted"}))

        assert report.integrity is Integrity.VALID

    @pytest.mark.parametrize("type_", ["BadgeClass", [], None, 5])
    def test_another_thing_is_no_badge(self, academy, type_):
        """A class, or nothing in particular."""
        report = academy.verify(academy.hosted(type=type_))

        assert code_of(report, Check.PROFILE) is Code.NOT_AN_OPEN_BADGE

    def test_what_stands_there_must_be_a_hosted_badge(self, academy):
        """The address serves a signed assertion, which its address does not prove."""
        academy.host(verification={"type": "SignedBadge"})

        report = academy.verify(academy.hosted())

        assert code_of(report, Check.PROOF) is Code.NOT_HOSTED

    def test_what_the_standard_asks_is_asked_of_all_three(self, academy):
        """A profile without a name is no issuer."""
        academy.put(academy.issuer(name=None))

        report = academy.verify(academy.host())

        assert code_of(report, Check.STRUCTURE) is Code.NOT_CONFORMANT
        assert report.find(Code.NOT_CONFORMANT).detail.startswith("badge.issuer.name")

    def test_an_unknown_extension_is_not_checked(self, academy):
        """Neither good nor bad."""
        extension = {"type": ["Extension", "extensions:Ours"], "@context": "https://x.example/c"}

        report = academy.verify(academy.host(**{"extensions:ours": [extension]}))

        assert code_of(report, Check.STRUCTURE) is Code.EXTENSION_NOT_CHECKED
        assert report.integrity is Integrity.INDETERMINATE
        assert report.verdict is Verdict.AMBER

    def test_endorsements_are_not_read_and_do_no_harm(self, academy):
        """1.4 H8: non-fatal to the badge; the details say that they were not read."""
        report = academy.verify(academy.host(endorsement="https://endorser.example/1"))

        assert report.integrity is Integrity.VALID
        assert report.find(Code.CONFORMS).detail == "endorsements not read"
        assert "https://endorser.example/1" not in academy.asked


class TestDates:
    """1.4 H7."""

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"issuedOn": "2027-01-01T00:00:00Z"}, Code.NOT_YET_VALID),
            ({"expires": "2026-11-21T00:00:00Z"}, Code.EXPIRED),
            ({"expires": "2026-11-01T00:00:00Z"}, Code.DATES_WRONG),
            ({"expires": "tomorrow"}, Code.DATES_WRONG),
            ({"issuedOn": "2026-11-20T12:00+0100"}, Code.CURRENT),
        ],
    )
    def test_within_its_time(self, academy, changes, code):
        """As of 3.0, in the words of 2.0; the notations of ISO 8601 are read."""
        report = academy.verify(academy.host(**changes))

        assert code_of(report, Check.DATES) is code

    def test_an_unreadable_date_is_shown_as_none(self, academy):
        """A summary never stumbles."""
        report = academy.verify(academy.host(expires="tomorrow"))

        assert report.credential.valid_until is None

    def test_an_expired_badge_in_words(self, academy):
        """What was established, and not more."""
        report = academy.verify(academy.host(expires="2026-11-21T00:00:00Z"), at=NOW)

        assert words.sentence(report, "en") == (
            "Badge confirmed by academy.example, valid until 21 November 2026"
        )


class TestVersion1:
    """Badges of 1.0 and 1.1 are read in the words of 2.0."""

    def documents(self, academy, **more):
        """Host the three documents as version 1 has them; return the assertion."""
        academy.answer(
            academy.class_id,
            strict_json.dumps(
                {
                    "name": "Badge",
                    "description": "A badge.",
                    "image": "https://academy.example/image.png",
                    "criteria": "https://academy.example/criteria",
                    "issuer": academy.issuer_id,
                }
            ),
        )
        academy.answer(
            academy.issuer_id,
            strict_json.dumps({"name": "Academy", "url": "https://academy.example"}),
        )
        assertion = {
            "uid": "1",
            "recipient": {"type": "email", "hashed": False, "identity": "a@example.org"},
            "badge": academy.class_id,
            "issuedOn": 1_361_561_067,
            "verify": {"type": "hosted", "url": academy.hosted_id},
        } | more
        academy.answer(academy.hosted_id, strict_json.dumps(assertion))
        return assertion

    @pytest.mark.parametrize("more", [{}, {"@context": "https://w3id.org/openbadges/v1"}])
    def test_is_verified_like_any_other(self, academy, more):
        """An issuer of version 1 needs no e-mail address."""
        report = academy.verify(self.documents(academy, **more))

        assert [Code.ISSUER_NOT_KNOWN] == [finding.code for finding in report.problems]
        assert report.credential.awarded.year == 2013

    def test_what_stands_elsewhere_is_refused(self, academy):
        """`verify.url` is its address."""
        written = self.documents(academy)
        elsewhere = written | {"verify": {"type": "hosted", "url": "https://evil.example/1"}}
        academy.answer("https://evil.example/1", strict_json.dumps(written))

        report = academy.verify(elsewhere)

        assert code_of(report, Check.PROFILE) is Code.DOCUMENT_MISMATCH
