"""Who the issuer is to us: known for this badge and its time, a stranger, or one who looks like another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from badgeservice.openbadges import Document, v3
from badgeservice.verification import words
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.issuers import IssuerList, KnownIssuer, Named, SeenKey, forms
from badgeservice.verification.report import Finding, Issuer, Report, Verdict

from .ob2.academy import Academy
from .school import ISSUED, NOW, Key, School

KNOWN = KnownIssuer(
    identifier="https://badges.example/issuers/school",
    name="École d'exemple",
    reason="Signed our charter.",
    source="https://network.example/issuers",
)
"""The entry about the school of these tests, once it is another's."""

PORT = Named("https://port.example", "Port de commerce")


@pytest.fixture
def stranger(school: School) -> School:
    """The school, as somebody sees it whose register knows nothing of it."""
    school.owns = lambda issuer_id: False
    return school


def answer(report: Report) -> Finding:
    """Return the answer to the question who the issuer is."""
    (finding,) = (each for each in report.findings if each.check is Check.ISSUER)
    return finding


def judged(school: School, *known: KnownIssuer, **changes: object) -> Report:
    """Return the report on a badge with these changes, by somebody who knows these issuers."""
    return school.verify(school.issue(**changes), issuers=IssuerList(known, ours=[PORT]))


class TestKnown:
    """An entry of the list, and what it is for."""

    def test_a_known_issuer_is_green(self, stranger):
        """The control of this class: a genuine badge, whose issuer somebody has vouched for."""
        report = judged(stranger, KNOWN)

        assert (report.verdict, report.issuer) == (Verdict.GREEN, Issuer.REGISTERED)
        assert answer(report) == Finding(Check.ISSUER, Code.ISSUER_REGISTERED, KNOWN.source)
        assert report.known_issuer == KNOWN
        assert report.to_json()["known_issuer"] == {
            "identifier": KNOWN.identifier,
            "name": KNOWN.name,
            "reason": KNOWN.reason,
            "source": KNOWN.source,
            "since": None,
            "until": None,
            "achievements": [],
            "frameworks": [],
        }

    def test_the_sentence_names_the_domain_first_and_then_our_name_for_it(self, stranger):
        """What the badge calls itself is not what is said."""
        report = judged(stranger, replace(KNOWN, name="Lycée du Port"))

        assert words.sentence(report, "fr") == (
            "Badge authentique et actif, délivré par badges.example (Lycée du Port), "
            "que nous connaissons"
        )
        assert "by badges.example (Lycée du Port), whom we know" in words.sentence(report, "en")

    def test_a_known_key_without_domain_is_named_by_our_name(self):
        """A did:key has nothing that a person could read."""
        findings = tuple(Finding(each, Code.BADGE_READ) for each in Check)
        findings = (*findings[:-1], Finding(Check.ISSUER, Code.ISSUER_REGISTERED))
        report = Report(findings, None, NOW, known_issuer=KNOWN)

        assert words.sentence(report, "en") == (
            "Genuine badge, active, issued by École d'exemple, whom we know"
        )

    def test_a_known_issuer_does_not_heal_a_badge(self, stranger):
        """A changed badge is red, and a withdrawn one too; nobody is asked who it is."""
        badge = stranger.issue() | {"name": "Autre chose"}
        report = stranger.verify(badge, issuers=IssuerList([KNOWN]))

        assert (report.verdict, report.issuer) == (Verdict.RED, Issuer.UNKNOWN)
        assert answer(report).code is Code.NOT_ASKED
        assert report.known_issuer is None

        stranger.publish_list([1])
        revoked = judged(stranger, KNOWN)

        assert (revoked.verdict, revoked.issuer) == (Verdict.RED, Issuer.REGISTERED)
        assert words.sentence(revoked, "en").startswith("Genuine badge, withdrawn")

    def test_ours_is_ours_whatever_a_list_says(self, school):
        """Nobody's list speaks for us."""
        report = judged(school, KNOWN)

        assert (report.verdict, report.issuer) == (Verdict.GREEN, Issuer.OURS)
        assert answer(report).code is Code.ISSUER_IS_OURS
        assert words.sentence(report, "en") == "Genuine badge, active"

    def test_our_name_without_our_register_is_not_ours(self, school):
        """A stolen key can sign, and cannot write into the register."""
        report = school.verify(school.sign(school.credential()), issuers=IssuerList([KNOWN]))

        assert (report.verdict, report.issuer) == (Verdict.RED, Issuer.UNKNOWN)

    def test_whom_nobody_knows_is_amber(self, stranger):
        """A good signature says who signed, and not that they may be believed."""
        report = judged(stranger)

        assert (report.verdict, report.issuer) == (Verdict.AMBER, Issuer.UNKNOWN)
        assert answer(report) == Finding(Check.ISSUER, Code.ISSUER_NOT_KNOWN, stranger.id)

    @pytest.mark.parametrize(
        ("identifier", "is_known"),
        [
            ("https://badges.example", True),
            ("https://badges.example:8443", False),
            ("https://badges.example.evil.test", False),
            ("https://issuers.badges.example", False),
            ("https://badges.example/issuers/other", False),
            ("https://badges.example/issuers/", False),
            ("did:web:badges.example:issuers:school", False),
        ],
    )
    def test_only_the_identifier_counts(self, stranger, identifier, is_known):
        """Itself, or the whole site; never its name, nor what it begins with."""
        report = judged(stranger, replace(KNOWN, identifier=identifier, name="Autre"))

        assert (report.issuer is Issuer.REGISTERED) is is_known

    @pytest.mark.parametrize(
        ("scope", "is_known"),
        [
            ({"achievements": ("https://badges.example/achievements/safety/1/fr",)}, True),
            ({"achievements": ("https://badges.example/achievements/safety/",)}, True),
            ({"achievements": ("https://badges.example/achievements/safety",)}, False),
            ({"achievements": ("https://badges.example/achievements/saf/",)}, False),
            ({"frameworks": ("CRCN", "DigComp")}, True),
            ({"frameworks": ("DigComp",)}, False),
            ({"achievements": ("https://other.example/",), "frameworks": ("CRCN",)}, True),
        ],
    )
    def test_for_what_it_is_known(self, stranger, scope, is_known):
        """A driving school may be known for driving, and not for medicine."""
        report = judged(stranger, replace(KNOWN, **scope))

        assert (report.verdict is Verdict.GREEN) is is_known
        assert is_known or answer(report).code is Code.ISSUER_OUT_OF_SCOPE
        assert is_known or words.sentence(report, "en").endswith(
            "We know this issuer, but not for this badge"
        )

    def test_who_refers_to_more_than_they_are_known_for(self, stranger):
        """One alignment inside the scope does not take another one in with it."""
        subject = stranger.credential()["credentialSubject"]
        more = {
            "type": ["Alignment"],
            "targetName": "Chirurgie",
            "targetUrl": "https://med.example",
        }
        achievement = subject["achievement"]
        alignment = [*achievement["alignment"], more]
        changed = subject | {"achievement": achievement | {"alignment": alignment}}

        report = judged(stranger, replace(KNOWN, frameworks=("CRCN",)), credentialSubject=changed)

        assert answer(report).code is Code.ISSUER_OUT_OF_SCOPE

    @pytest.mark.parametrize(
        ("since", "until", "is_known"),
        [
            (ISSUED, ISSUED, True),
            (ISSUED + timedelta(seconds=1), None, False),
            (None, ISSUED - timedelta(seconds=1), False),
        ],
    )
    def test_when_it_is_known(self, stranger, since, until, is_known):
        """The badge's date counts: who has lost our trust had it before."""
        report = judged(stranger, replace(KNOWN, since=since, until=until))

        assert (report.verdict is Verdict.GREEN) is is_known
        assert is_known or answer(report).code is Code.ISSUER_OUT_OF_TIME

    def test_a_badge_without_a_date_is_of_no_time(self):
        """What cannot be placed inside bounds is outside."""
        assert not KNOWN.is_for_time(None)

    def test_one_entry_of_several_is_enough(self, stranger):
        """Two lists may know it for different things."""
        elsewhere = replace(KNOWN, frameworks=("DigComp",), source="other")

        report = judged(stranger, elsewhere, KNOWN)

        assert report.known_issuer == KNOWN

    def test_an_older_badge_whose_issuer_is_known(self):
        """Open Badges 2.0: the profile's address, or its site; the class is what it is for."""
        academy = Academy()
        academy.put(academy.hosted())
        known = replace(KNOWN, identifier=academy.base, achievements=(academy.class_id,))

        report = academy.verify(academy.hosted_id, issuers=IssuerList([known]))
        other = replace(known, achievements=(f"{academy.base}/badges/other",))

        assert (report.verdict, report.issuer) == (Verdict.GREEN, Issuer.REGISTERED)
        assert answer(academy.verify(academy.hosted_id, issuers=IssuerList([other]))).code is (
            Code.ISSUER_OUT_OF_SCOPE
        )

    def test_an_older_badge_without_a_date(self):
        """Its `issuedOn` is no instant: the badge does not conform, and its time is nobody's."""
        academy = Academy()
        academy.put(academy.hosted(issuedOn="hier"))

        report = academy.verify(
            academy.hosted_id, issuers=IssuerList([replace(KNOWN, identifier=academy.base)])
        )

        assert report.verdict is Verdict.RED
        assert answer(report).code is Code.ISSUER_OUT_OF_TIME


class TestKeys:
    """An issuer whose key is another than the one we once saw."""

    def test_the_keys_that_signed_are_named_by_their_thumbprints(self, school):
        """Once the proof has passed; a key that has not signed is nobody's."""
        assert school.verify(school.issue()).keys == (school.key.public.thumbprint,)
        assert school.verify(school.issue_token()).keys == (school.key.public_p256.thumbprint,)
        assert school.verify(school.issue() | {"name": "x"}).keys == ()

    @pytest.mark.parametrize(
        ("is_confirmed", "verdict"), [(True, Verdict.GREEN), (False, Verdict.AMBER)]
    )
    def test_a_key_that_was_seen(self, stranger, is_confirmed, verdict):
        """The first counts by being the first, another once somebody has confirmed it."""
        first = SeenKey(Key(77).public.thumbprint, ISSUED, is_confirmed=True)
        second = SeenKey(stranger.key.public.thumbprint, ISSUED, is_confirmed)

        report = judged(stranger, replace(KNOWN, keys=(first, second)))

        assert report.verdict is verdict

    def test_a_key_that_was_never_seen(self, stranger):
        """Perhaps they have a new one; perhaps their site was taken over: somebody should ask."""
        first = SeenKey(Key(77).public.thumbprint, ISSUED, is_confirmed=True)

        report = judged(stranger, replace(KNOWN, keys=(first,)))

        assert (report.verdict, report.issuer) == (Verdict.AMBER, Issuer.UNKNOWN)
        assert answer(report) == Finding(
            Check.ISSUER, Code.ISSUER_KEY_CHANGED, stranger.key.public.thumbprint, at=NOW
        )
        assert words.sentence(report, "en") == (
            "File intact, signed by badges.example. "
            "This issuer's key changed on 23 November 2026, and we have not confirmed it yet"
        )

    def test_since_when_a_key_is_another(self, stranger):
        """The day on which it was seen first is the one that is told."""
        seen = (
            SeenKey(Key(77).public.thumbprint, ISSUED, is_confirmed=True),
            SeenKey(stranger.key.public.thumbprint, datetime(2026, 11, 21, tzinfo=UTC), False),
        )

        report = judged(stranger, replace(KNOWN, keys=seen))

        assert "clé de cet émetteur a changé le 21 novembre 2026" in words.sentence(report, "fr")


class TestLikeness:
    """A stranger whom people could take for somebody known."""

    @pytest.mark.parametrize(
        ("name", "base"),
        [
            ("Port de commerce", "https://mallory.example"),
            ("P\u043ert de commerce", "https://mallory.example"),
            ("PORT DE C0MMERCE", "https://mallory.example"),
            ("Autre", "https://p0rt.example"),
            ("Autre", "https://port.example.mallory.test"),
            ("Autre", "https://port.test"),
            ("Autre", "https://xn--prt-sed.example"),
        ],
    )
    def test_who_looks_like_somebody_known(self, name, base):
        """By name or by domain: amber at best, and the sentence warns of it."""
        report = self.seen(name, base)

        assert (report.verdict, report.issuer) == (
            Verdict.AMBER,
            Issuer.IMPERSONATION_SUSPECTED,
        )
        assert answer(report).detail == PORT.identifier
        domain = base.removeprefix("https://")
        assert words.sentence(report, "en") == (
            f"Caution: the issuer, {domain}, resembles port.example and is somebody else. "
            "Do not conclude without asking port.example"
        )

    @pytest.mark.parametrize(
        ("name", "base"),
        [
            ("Port de commerce", "https://port.example"),
            ("Port de commerce", "https://badges.port.example"),
            ("Port de plaisance", "https://mallory.example"),
            ("Autre", "https://airport.example"),
        ],
    )
    def test_who_does_not(self, name, base):
        """Who answers for a whole host answers for what is on it; a part of a word is no word."""
        assert answer(self.seen(name, base)).code is Code.ISSUER_NOT_KNOWN

    def test_neighbours_on_a_platform(self):
        """They share a domain and not a name: only one of the same name is suspicious."""
        known = replace(KNOWN, identifier="https://platform.example/issuers/a", name="Lycée A")
        issuers = IssuerList([known])

        honest = self.seen("Lycée B", "https://platform.example", issuers)
        other = self.seen("Lycee A", "https://platform.example", issuers)

        assert answer(honest).code is Code.ISSUER_NOT_KNOWN
        assert answer(other).code is Code.IMPERSONATION_SUSPECTED
        assert words.sentence(other, "fr").startswith(
            "Attention : l'émetteur, https://platform.example/issuers/school, ressemble à "
            "https://platform.example/issuers/a et n'est pas lui."
        )

    def test_a_neighbour_above(self):
        """Whoever holds the host itself holds what is known below it."""
        known = replace(KNOWN, identifier="https://badges.port.example", name="Autre")

        report = self.seen("Port", "https://port.example", IssuerList([known]), at_host=True)

        assert answer(report).code is Code.ISSUER_NOT_KNOWN

    def test_a_key_with_the_name_of_another(self):
        """Without a domain there is nothing to show but that."""
        findings = tuple(
            Finding(each, Code.BADGE_READ) for each in Check if each is not Check.ISSUER
        )
        suspected = Finding(Check.ISSUER, Code.IMPERSONATION_SUSPECTED, PORT.identifier)

        sentence = words.sentence(Report((*findings, suspected), None, NOW), "fr")

        assert "l'émetteur, sans adresse web, ressemble à port.example" in sentence

    def test_a_creator_who_looks_like_somebody_known(self, stranger):
        """The badge is Mallory's, and says that the port invented it."""
        creator = v3.profile(id="https://mallory.example/port", name=PORT.name, email="a@b.example")
        assert answer(self.created_by(stranger, creator)).code is Code.IMPERSONATION_SUSPECTED

    def test_a_creator_who_is_somebody_known(self, stranger):
        """Others may issue what the port has described."""
        known = IssuerList([replace(KNOWN, identifier=PORT.identifier, name=PORT.name)])
        creator = v3.profile(id=f"{PORT.identifier}/issuer", name=PORT.name, email="a@b.example")

        report = self.created_by(stranger, creator, known)

        assert answer(report).code is Code.ISSUER_NOT_KNOWN

    def test_a_name_that_is_written_to_deceive(self):
        """Nobody known is meant, and yet somebody hides."""
        report = self.seen("Acad\u0435mie", "https://mallory.example")

        assert (report.verdict, report.issuer) == (Verdict.AMBER, Issuer.UNKNOWN)
        assert answer(report) == Finding(Check.ISSUER, Code.ISSUER_NAME_DISGUISED, "mixed scripts")
        assert words.sentence(report, "en") == (
            "Caution: the issuer's name is written with deceptive characters. "
            "Its address is mallory.example"
        )

    def test_a_withdrawn_badge_of_a_double_is_withdrawn(self):
        """What is certain is said before what is suspected."""
        report = self.seen("Port de commerce", "https://mallory.example", revoked=[1])

        assert report.verdict is Verdict.RED
        assert "withdrawn" in words.sentence(report, "en")

    @staticmethod
    def seen(
        name: str,
        base: str,
        issuers: IssuerList | None = None,
        *,
        at_host: bool = False,
        revoked: list[int] | None = None,
    ) -> Report:
        """Return the report on a badge of an issuer of this name, by somebody who knows the port."""
        school = School.__new__(School)
        school.base = base
        school.__init__(base if at_host else f"{base}/issuers/school")  # type: ignore[misc]
        school.profile = lambda: v3.profile(id=school.id, name=name, email="a@b.example")
        school.put(school.id, school.issuer_document())
        school.publish_list(revoked or [])
        badge: Document = school.issue()
        school.owns = lambda issuer_id: False
        return school.verify(badge, issuers=issuers or IssuerList(ours=[PORT]))

    @staticmethod
    def created_by(school: School, creator: Document, issuers: IssuerList | None = None) -> Report:
        """Return the report on a badge whose class another has created."""
        subject = school.credential()["credentialSubject"]
        changed = subject | {"achievement": subject["achievement"] | {"creator": creator}}
        return school.verify(
            school.issue(credentialSubject=changed), issuers=issuers or IssuerList(ours=[PORT])
        )


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("did:key:z6Mk", ("did:key:z6Mk",)),
        ("urn:uuid:1", ("urn:uuid:1",)),
        ("https://a.example", ("https://a.example",)),
        ("https://a.example:8443/i", ("https://a.example:8443/i", "https://a.example:8443")),
        ("http://a.example:8080/i", ("http://a.example:8080/i",)),
        ("did:web:a.example", ("did:web:a.example", "https://a.example")),
        ("did:web:a.example%3A8443", ("did:web:a.example%3A8443", "https://a.example:8443")),
        ("did:web:", ("did:web:",)),
    ],
)
def test_under_what_an_issuer_may_be_known(identifier, expected):
    """Itself, and the site that answers for it."""
    assert forms(identifier) == expected


def test_what_has_no_id_is_in_no_scope():
    """A scope of achievements takes in those that say which they are."""
    known = replace(KNOWN, achievements=("https://badges.example/",))

    assert known.is_for_achievement("https://badges.example/achievements/1", ())
    assert not known.is_for_achievement(None, ())
