"""Endorsements inside a badge: verified apart, said to be good or bad, and never able to touch it."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from badgeservice import verification
from badgeservice.openbadges import Document, controller, did, status_list, strict_json, v3
from badgeservice.openbadges.controller import Method
from badgeservice.verification import EndorsementReport, Verdict, fetching, words
from badgeservice.verification.codes import Check, Code, Outcome
from badgeservice.verification.issuers import IssuerList, KnownIssuer
from badgeservice.verification.register import EmptyRegister, RegisterEntry, RegisterState
from badgeservice.verification.report import Integrity, Report, Status

from .school import ISSUED, LIST_SIZE, NOW, Key, School

ACHIEVEMENT = "https://badges.example/achievements/safety/1/fr"
PLACE = "credentialSubject.achievement.endorsement"


class Port:
    """An organisation at https://port.example that endorses what others teach."""

    def __init__(self, school: School) -> None:
        self.school, self.key = school, Key(23)
        self.id = "https://port.example/issuer"
        self.list_address = "https://port.example/status/1"
        self.method, self.jwt_method = f"{self.id}#ed25519-1", f"{self.id}#p256-1"
        methods = [
            Method(self.method, self.key.public),
            Method(self.jwt_method, self.key.public_p256),
        ]
        school.put(self.id, controller.controller_document(self.id, methods))
        self.publish_list([])

    def publish_list(self, revoked: list[int]) -> None:
        """Sign and publish a status list with these bits."""
        document = v3.status_list_credential(
            id=self.list_address,
            issuer=self.id,
            valid_from=ISSUED,
            encoded_list=status_list.encode(revoked, bits=LIST_SIZE),
        )
        self.school.put(self.list_address, self.sign(document))

    def sign(self, document: Document) -> Document:
        """Return a document with the port's proof."""
        return self.school.sign(document, key=self.key, method=self.method)

    def endorsement(self, number: int = 1, **changes: Any) -> Document:
        """An unsigned endorsement of the school's achievement, None for what is not to be there."""
        document = v3.endorsement(
            id=f"https://port.example/endorsements/{number}",
            name="Reconnu par le port",
            endorsed=ACHIEVEMENT,
            comment=f"Nous recevons ceux qui l'ont, {number} fois.",
            issuer=v3.profile(id=self.id, name="Le port", url="https://port.example"),
            valid_from=ISSUED,
            valid_until=datetime(2027, 11, 20, tzinfo=UTC),
            status=v3.status_entry(self.list_address, number),
        )
        changed = copy.deepcopy(document) | changes
        return {key: value for key, value in changed.items() if value is not None}

    def endorse(self, number: int = 1, **changes: Any) -> Document:
        """The same, signed."""
        return self.sign(self.endorsement(number, **changes))

    def token(self, number: int = 1, **changes: Any) -> str:
        """The same as a token."""
        return self.school.token(
            self.endorsement(number, **changes), key=self.key, kid=self.jwt_method
        )


@pytest.fixture
def port(school):
    """An endorser whom the school's world can ask."""
    return Port(school)


def holding(school: School, *endorsements: Document, **members: Any) -> Document:
    """Return the school's unsigned badge with endorsements in its achievement."""
    badge = school.credential()
    achievement = badge["credentialSubject"]["achievement"]
    achievement |= {"endorsement": list(endorsements)} if endorsements else {}
    achievement |= members
    return badge


def issued(school: School, badge: Document) -> Document:
    """Return a badge signed and registered by the school."""
    school.enter(badge)
    return school.sign(badge)


def only(report: Report) -> EndorsementReport:
    """Return the one endorsement of a badge that is green, whatever the endorsement is worth."""
    assert report.verdict is Verdict.GREEN, report.problems
    (found,) = report.endorsements
    return found


class TestVerifiedApart:
    """An endorsement has its own proof, dates, status and answer."""

    def test_a_good_one(self, school, port):
        """Everything about it is asked of the endorser, and nothing of the badge depends on it."""
        report = school.verify(issued(school, holding(school, port.endorse())))

        found = only(report)
        assert found.is_good
        assert not found.is_bad
        assert not found.by_itself
        assert found.place == f"{PLACE}[0]"
        assert found.endorsement.comment == "Nous recevons ceux qui l'ont, 1 fois."
        assert found.endorsement.endorser_domain == "port.example"
        assert [f.outcome for f in found.report.findings[:-1]] == [Outcome.PASSED] * 7
        assert found.report.find(Code.ISSUER_NOT_KNOWN)
        assert {port.id, port.list_address} <= set(school.asked)

    @pytest.mark.parametrize(
        ("scope", "code"),
        [
            (ACHIEVEMENT, Code.ISSUER_REGISTERED),
            ("https://port.example/badges/", Code.ISSUER_OUT_OF_SCOPE),
        ],
    )
    def test_by_somebody_known(self, school, port, scope, code):
        """For what is endorsed, or for something else; the badge is as good as it was."""
        known = KnownIssuer(port.id, "Le port", "A test.", "a list", achievements=(scope,))

        report = school.verify(
            issued(school, holding(school, port.endorse())), issuers=IssuerList([known])
        )

        assert only(report).report.find(code)
        assert only(report).is_good

    def test_the_badge_with_it_passes_the_strict_schema(self, school, port, schemas):
        """One signed document inside another is what the schema of the standard describes."""
        schema = json.loads((schemas / "achievementcredential.json").read_bytes())

        badge = issued(school, holding(school, port.endorse(1), port.endorse(2)))

        assert [*jsonschema.Draft201909Validator(schema).iter_errors(badge)] == []

    def test_a_stranger_takes_it_out_and_verifies_it(self, school, port):
        """Byte for byte what the endorser signed, in the file and in its compacted reading."""
        endorsement = port.endorse()
        badge = strict_json.loads(strict_json.dumps(issued(school, holding(school, endorsement))))

        (taken,) = badge["credentialSubject"]["achievement"]["endorsement"]

        assert strict_json.dumps(taken) == strict_json.dumps(endorsement)
        report = verification.verify_endorsement(
            verification.recognise(strict_json.dumps(taken)),
            fetch=school.fetch,
            register=EmptyRegister(),
            now=NOW,
        )
        assert report.is_good
        assert (report.place, report.by_itself) == ("", False)

    def test_tokens(self, school, port):
        """`endorsementJwt`, as the newest edition of the standard has it."""
        badge = issued(school, holding(school, endorsementJwt=[port.token()]))

        found = only(school.verify(badge))

        assert found.is_good
        assert found.place == "credentialSubject.achievement.endorsementJwt[0]"

    def test_inside_a_badge_that_is_a_token(self, school, port):
        """The token covers bytes; the endorsement inside has its proof all the same."""
        credential = holding(school, port.endorse(1), endorsementJwt=[port.token(2)])
        token = school.token(credential)
        school.enter(credential, token)

        report = school.verify(token)

        assert report.verdict is Verdict.GREEN
        assert [found.is_good for found in report.endorsements] == [True, True]

    def test_on_the_credential_and_on_profiles(self, school, port):
        """Everywhere that the standard has them, each about the thing that carries it."""
        badge = school.credential()
        issuer = badge["issuer"]["id"]
        about = {
            "endorsement": [badge["id"], ACHIEVEMENT, issuer],
            "issuer.endorsement": [issuer],
        }
        subjects = [
            {"id": id, "type": ["EndorsementSubject"]} for ids in about.values() for id in ids
        ]
        signed = [port.endorse(n, credentialSubject=s) for n, s in enumerate(subjects)]
        badge["endorsement"], badge["issuer"]["endorsement"] = signed[:3], signed[3:]

        report = school.verify(issued(school, badge))

        assert report.verdict is Verdict.GREEN
        assert [found.is_good for found in report.endorsements] == [True] * 4
        assert {found.place for found in report.endorsements} == {
            "endorsement[0]", "endorsement[1]", "endorsement[2]", "issuer.endorsement[0]",
        }  # fmt: skip

    def test_without_contexts_of_its_own(self, school, port):
        """JSON-LD lets it inherit those of the badge."""
        endorsement = port.endorse()
        badge = issued(school, holding(school, endorsement))
        del badge["credentialSubject"]["achievement"]["endorsement"][0]["@context"]

        assert only(school.verify(badge)).is_good

    def test_a_single_one_without_array(self, school, port):
        """One value and an array of one are the same."""
        badge = issued(school, holding(school, port.endorse()))
        badge["credentialSubject"]["achievement"]["endorsement"] = port.endorse()

        assert only(school.verify(badge)).is_good

    def test_who_endorses_with_a_did_key(self, school, port):
        """A key without a web address can be checked, and is called so."""
        id = f"did:key:{port.key.public.to_multikey()}"
        port.method = f"{id}#{port.key.public.to_multikey()}"
        profile = v3.profile(id=id, name="Le port", url="https://port.example")

        found = only(
            school.verify(
                issued(school, holding(school, port.endorse(issuer=profile, credentialStatus=None)))
            )
        )

        assert found.is_good
        assert did.resolve_did_key(id)["id"] == id
        assert words.endorsement_sentence(found, "en") == (
            "Endorsement intact, signed by a key without a web address"
        )

    def test_our_own_endorsement_of_somebody_elses_badge(self, school, port):
        """The register outranks the signature here too: what it does not hold is forged."""
        badge = school.credential()
        by_us = v3.endorsement(
            id=f"{school.base}/endorsements/9",
            name="Reconnu par l'école",
            endorsed=ACHIEVEMENT,
            comment="Oui.",
            issuer=school.profile(),
            valid_from=ISSUED,
        )
        badge |= {"issuer": v3.profile(id=port.id, name="Le port", url="https://port.example")}
        badge["credentialSubject"]["achievement"] |= {"endorsement": [school.sign(by_us)]}
        badge.pop("credentialStatus")

        (unregistered,) = school.verify(port.sign(badge)).endorsements
        school.enter(by_us)
        (registered,) = school.verify(port.sign(badge)).endorsements

        assert unregistered.report.find(Code.NOT_IN_REGISTER)
        assert unregistered.is_bad
        assert registered.is_good


def altered(school, port):
    """The comment is no longer the endorser's."""
    endorsement = port.endorse()
    endorsement["credentialSubject"]["endorsementComment"] = "Nous embauchons ceux qui l'ont."
    return endorsement


def forged(school, port):
    """Signed by somebody else in the endorser's name."""
    return school.sign(port.endorsement(), key=Key(66), method=port.method)


def unsigned(school, port):
    """No proof at all."""
    return port.endorsement()


def of_something_else(school, port):
    """Genuine, and about another achievement."""
    other = ACHIEVEMENT.replace("safety", "welding")
    return port.endorse(credentialSubject={"id": other, "type": ["EndorsementSubject"]})


def badly_made(school, port):
    """Signed, and without what an endorsement must say."""
    return port.endorse(name=None)


def a_badge(school, port):
    """A badge in the place of an endorsement."""
    badge = school.credential(2)
    badge["credentialSubject"] = {"id": ACHIEVEMENT, "type": ["EndorsementSubject"]}
    return port.sign(badge | {"issuer": port.endorsement()["issuer"]})


BAD = [
    (altered, Code.BAD_SIGNATURE, "its content was changed"),
    (forged, Code.BAD_SIGNATURE, "its content was changed"),
    (unsigned, Code.PROOF_MISSING, "nothing proves that it comes from port.example"),
    (of_something_else, Code.ENDORSES_SOMETHING_ELSE, "it is about something else"),
    (badly_made, Code.NOT_CONFORMANT, "it is not written as it must be"),
    (a_badge, Code.NOT_AN_ENDORSEMENT, "it is not written as it must be"),
]


@pytest.mark.parametrize(("attack", "code", "said"), BAD, ids=lambda v: getattr(v, "__name__", ""))
def test_a_bad_one_is_said_to_be_bad_and_the_badge_stays_green(school, port, attack, code, said):
    """The issuer signed a badge with this inside; that is the endorsement's fault alone."""
    found = only(school.verify(issued(school, holding(school, attack(school, port)))))

    assert found.report.find(code)
    assert found.is_bad
    assert not found.is_good
    assert words.endorsement_sentence(found, "en").endswith(f": {said}")
    assert words.endorsement_sentence(found, "fr").startswith("Ne vous fiez pas à cette recommand")


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"validUntil": "2026-11-22T00:00:00Z"}, Status.EXPIRED, "valid until 22 November 2026"),
        ({"validFrom": "2027-01-01T12:00:00Z"}, Status.NOT_YET_VALID, "valid from 1 January 2027"),
    ],
    ids=["expired", "not yet"],
)
def test_its_dates_are_its_own(school, port, changes, status, said):
    """An expired endorsement does not expire the badge."""
    found = only(school.verify(issued(school, holding(school, port.endorse(**changes)))))

    assert (found.report.integrity, found.report.status) == (Integrity.VALID, status)
    assert found.is_bad
    assert words.endorsement_sentence(found, "en").endswith(said)


def test_withdrawn_by_its_endorser(school, port):
    """Its status is read in the endorser's list, the badge's in the school's."""
    badge = issued(school, holding(school, port.endorse()))
    port.publish_list([1])

    found = only(school.verify(badge))

    assert found.report.status is Status.REVOKED
    assert words.endorsement_sentence(found, "fr") == (
        "Recommandation signée par port.example, qui l'a retirée"
    )


def test_an_endorser_that_does_not_answer(school, port):
    """Not checked is neither good nor bad, and says which question is open."""
    badge = issued(school, holding(school, port.endorse()))
    del school.world[port.id]

    found = only(school.verify(badge))

    assert not found.is_good
    assert not found.is_bad
    assert words.endorsement_sentence(found, "en") == (
        "Endorsement that we could not check (the issuer's signature)"
    )


def test_an_issuer_that_endorses_itself(school):
    """True perhaps, and said: nobody else stands behind it."""
    document = Port(school).endorsement(issuer=school.profile(), credentialStatus=None)
    school.enter(document)

    found = only(school.verify(issued(school, holding(school, school.sign(document)))))

    assert found.is_good
    assert found.by_itself


def test_a_profile_that_endorses_itself(school, port):
    """Also when it is not the issuer."""
    badge = holding(school)
    subject = {"id": port.id, "type": ["EndorsementSubject"]}
    profile = v3.profile(id=port.id, name="Le port", url="https://port.example")
    profile["endorsement"] = [port.endorse(credentialSubject=subject)]
    badge["credentialSubject"]["achievement"]["creator"] = profile

    assert only(school.verify(issued(school, badge))).by_itself


def test_a_good_one_makes_no_badge_better(school, port):
    """Revoked stays revoked, an unknown issuer stays unknown."""
    badge = issued(school, holding(school, port.endorse()))
    stranger = verification.verify(
        verification.recognise(strict_json.dumps(badge)),
        fetch=school.fetch,
        register=EmptyRegister(),
        now=NOW,
    )
    school.publish_list([1])
    revoked = school.verify(badge)

    assert (revoked.verdict, stranger.verdict) == (Verdict.RED, Verdict.AMBER)
    assert revoked.endorsements[0].is_good
    assert stranger.endorsements[0].is_good


class TestNothingHidesInAnEndorsement:
    """The badge's signature covers statements, not places: what moves must be noticed."""

    def moved_status(self, badge: Document, into: Document) -> Document:
        """Return the badge after its status entry went elsewhere."""
        into["credentialStatus"] = badge.pop("credentialStatus")
        return badge

    def test_under_the_badges_own_id(self, school, port):
        """An endorsement that repeats the badge's id and takes its status entry away."""
        hiding = port.endorse(id=school.credential()["id"], credentialStatus=None)
        badge = issued(school, holding(school, hiding))
        school.publish_list([1])
        inside = badge["credentialSubject"]["achievement"]["endorsement"][0]

        report = school.verify(self.moved_status(badge, inside))

        assert report.find(Code.SCATTERED)
        assert report.verdict is Verdict.RED
        assert report.endorsements == ()

    def test_in_its_subject(self, school, port):
        """The subject may be the badge itself, and may carry nothing but a comment."""
        badge = school.credential()
        subject = {"id": badge["id"], "type": ["EndorsementSubject", "VerifiableCredential"]}
        badge["endorsement"] = [port.endorse(credentialSubject=subject)]
        signed = issued(school, badge)
        assert only(school.verify(signed)).is_good

        report = school.verify(
            self.moved_status(signed, signed["endorsement"][0]["credentialSubject"])
        )

        assert report.find(Code.SCATTERED)
        assert report.verdict is Verdict.RED

    @pytest.mark.parametrize("key", ["validUntil", "evidence", "awardedDate", "name"])
    def test_any_member_of_the_badge(self, school, port, key):
        """Not the status alone."""
        hiding = port.endorse(id=school.credential()["id"])
        badge = issued(school, holding(school, hiding))
        badge["credentialSubject"]["achievement"]["endorsement"][0][key] = badge.pop(key)

        assert school.verify(badge).find(Code.SCATTERED)

    def test_a_whole_node_that_the_badge_only_names(self, school, port):
        """The entry keeps its id in the badge; what it says stands in the endorsement."""
        badge = issued(school, holding(school, port.endorse()))
        entry = badge["credentialStatus"]
        badge["credentialStatus"] = entry["id"]
        badge["credentialSubject"]["achievement"]["endorsement"][0]["evidence"] = entry

        report = school.verify(badge)

        assert report.find(Code.SCATTERED)
        assert report.verdict is Verdict.RED

    def test_a_level_that_the_badge_only_points_to(self, school, port):
        """`achievedLevel` names it as text."""
        badge = issued(school, holding(school, port.endorse()))
        description = badge["credentialSubject"]["achievement"]["resultDescription"][0]
        level = description["rubricCriterionLevel"].pop(1)
        badge["credentialSubject"]["achievement"]["endorsement"][0]["evidence"] = level

        assert school.verify(badge).find(Code.SCATTERED)

    def test_what_the_endorsement_says_too(self, school, port):
        """A copy that the endorser signed would let the holder drop the original."""
        entry = school.credential()["credentialStatus"]
        accomplice = port.endorse(evidence=[entry])
        badge = issued(school, holding(school, accomplice))
        assert only(school.verify(badge)).is_good

        badge["credentialStatus"] = entry["id"]

        assert school.verify(badge).find(Code.SCATTERED)

    def test_swapped_comments(self, school, port):
        """To the badge's signature both belong to the achievement; to the endorsements they do not."""
        badge = issued(school, holding(school, port.endorse(1), port.endorse(2)))
        first, second = (e["credentialSubject"] for e in
                         badge["credentialSubject"]["achievement"]["endorsement"])  # fmt: skip
        first["endorsementComment"], second["endorsementComment"] = (
            second["endorsementComment"],
            first["endorsementComment"],
        )

        report = school.verify(badge)

        assert report.verdict is Verdict.GREEN
        assert [found.is_bad for found in report.endorsements] == [True, True]

    def test_an_endorsement_that_was_taken_away_or_added(self, school, port):
        """Which endorsements a badge holds is its issuer's choice."""
        with_one = issued(school, holding(school, port.endorse()))
        achievement = copy.deepcopy(with_one["credentialSubject"]["achievement"])
        without = with_one | {
            "credentialSubject": with_one["credentialSubject"]
            | {"achievement": {k: v for k, v in achievement.items() if k != "endorsement"}}
        }
        achievement["endorsement"].append(port.endorse(2))
        with_two = with_one | {
            "credentialSubject": with_one["credentialSubject"] | {"achievement": achievement}
        }

        for badge in (without, with_two):
            report = school.verify(badge)
            assert report.find(Code.BAD_SIGNATURE)
            assert report.verdict is Verdict.RED
            assert not any(found.is_good for found in report.endorsements)

    @pytest.mark.parametrize(
        "odd",
        [
            {"https://www.w3.org/2018/credentials#evidence": {"id": "urn:x:e"}},
            {"@included": [{"id": "urn:x:e", "type": ["Evidence"]}]},
            {"honours": "summa cum laude"},
            {"@context": [*v3.CONTEXT, "https://example.org/v1"]},
            {"@context": {"@vocab": "urn:x:"}},
            {"evidence": None},
            {"proof": {"type": "DataIntegrityProof", "honours": "summa cum laude"}},
        ],
        ids=lambda odd: next(iter(odd)),
    )
    def test_written_so_that_we_cannot_read_it(self, school, port, odd):
        """What it says of the badge is not known: no verdict for strangers, forged if it is ours."""
        badge = issued(school, holding(school, port.endorse()))
        badge["credentialSubject"]["achievement"]["endorsement"][0] |= odd

        report = school.verify(badge)
        of_stranger = verification.verify(
            verification.recognise(strict_json.dumps(badge)),
            fetch=school.fetch,
            register=EmptyRegister(),
            now=NOW,
        )

        assert report.find(Code.ENDORSEMENT_UNREADABLE)
        assert report.find(Code.DIFFERS_FROM_REGISTER)
        assert report.verdict is Verdict.RED
        assert of_stranger.verdict is Verdict.AMBER
        assert of_stranger.integrity is Integrity.INDETERMINATE

    def test_contexts_that_lack_its_words(self, school, port):
        """Allowed for a status list; an endorsement under it would not be signed."""
        badge = issued(school, holding(school, port.endorse()))
        achievement = badge["credentialSubject"]["achievement"]
        achievement["endorsement"][0]["@context"] = [v3.CONTEXT[0]]

        assert school.verify(badge).find(Code.ENDORSEMENT_UNREADABLE)

    def test_an_endorser_that_the_badge_describes_in_other_words(self, school, port):
        """The creator endorses, under its newer name: nothing is hidden by that."""
        badge = holding(school, port.endorse())
        creator = v3.profile(id=port.id, name="Le Port de commerce", email="a@port.example")
        badge["credentialSubject"]["achievement"]["creator"] = creator

        assert only(school.verify(issued(school, badge))).is_good

    def test_an_endorser_by_the_badges_id(self, school, port):
        """To say who one is, is free for profiles alone."""
        hiding = port.endorse(
            issuer={"id": school.credential()["id"], "type": ["Profile"], "name": "X"}
        )
        badge = issued(school, holding(school, hiding))

        assert school.verify(badge).find(Code.SCATTERED)


class TestLimits:
    """A badge may not make us work without end."""

    @pytest.mark.parametrize("count", [6, 100])
    def test_a_crowd_of_endorsements(self, school, port, count):
        """More than five are not looked at, in JSON or as tokens."""
        in_json = holding(school, *[port.endorse()] * count)
        tokens = holding(school, endorsementJwt=[port.token()] * count)
        school.asked.clear()

        for badge in (in_json, tokens):
            report = school.verify(badge)
            assert report.find(Code.TOO_COMPLEX)
            assert report.verdict is not Verdict.GREEN
            assert report.endorsements == ()
        assert school.asked == []

    def test_an_endorsement_of_an_endorser_inside_an_endorsement(self, school, port):
        """One level, or a chain of them could go on for ever."""
        inner = port.endorse(2, credentialSubject={"id": port.id, "type": ["EndorsementSubject"]})
        in_json = port.endorsement()["issuer"] | {"endorsement": [inner]}
        as_text = port.endorsement()["issuer"] | {"endorsementJwt": [port.token(2)]}

        unread = school.verify(issued(school, holding(school, port.endorse(issuer=in_json))))
        assert unread.find(Code.ENDORSEMENT_UNREADABLE)
        assert unread.verdict is not Verdict.GREEN
        for badge in (
            holding(school, port.endorse(issuer=as_text)),
            holding(school, endorsementJwt=[port.token(issuer=as_text)]),
            holding(school, endorsementJwt=[port.token(issuer=in_json)]),
        ):
            found = only(school.verify(issued(school, badge)))
            assert found.report.find(Code.TOO_COMPLEX)
            assert not found.is_good

    def test_too_large_together(self, school, port):
        """Each is small enough; the document that is signed is not."""
        many = [{"id": f"urn:x:{n}", "type": ["Evidence"]} for n in range(60)]

        report = school.verify(holding(school, *(port.endorse(n, evidence=many) for n in range(4))))

        assert report.find(Code.TOO_COMPLEX)
        assert report.verdict is not Verdict.GREEN

    def test_the_badge_is_asked_about_first(self, school, port):
        """Endorsers share what one verification may ask, and get what the badge left."""
        badge = issued(school, holding(school, *(port.endorse(n) for n in range(5))))
        school.asked.clear()

        report = school.verify(badge)

        assert school.asked == [school.id, school.list_address, port.id, port.list_address]
        assert len(school.asked) <= fetching.MAXIMUM_ADDRESSES
        assert [found.is_good for found in report.endorsements] == [True] * 5

    def test_five_strangers_can_be_asked(self, school):
        """An issuer and a list for each, and for the badge."""
        assert fetching.MAXIMUM_ADDRESSES >= 2 * (1 + 5)

    def test_nobody_is_asked_because_of_a_badge_that_is_not_proven(self, school, port):
        """A forged badge must not send us anywhere."""
        badge = issued(school, holding(school, port.endorse()))
        school.asked.clear()

        report = school.verify(badge | {"name": "Doctor of Philosophy"})

        assert port.id not in school.asked
        (found,) = report.endorsements
        assert {f.code for f in found.report.findings} == {Code.NOT_ASKED}
        assert len(found.report.findings) == len(Check)
        assert words.endorsement_sentence(found, "en") == (
            "Endorsement not checked, because the badge itself could not be"
        )
        assert not found.is_good
        assert not found.is_bad

    @pytest.mark.parametrize("value", ["x", 5, ["x"], [[]], [], None])
    def test_what_is_no_endorsement_at_all(self, school, value):
        """Text and numbers in its place are the badge's own fault."""
        badge = holding(school)
        badge["credentialSubject"]["achievement"]["endorsement"] = value

        report = verification.verify(
            verification.recognise(strict_json.dumps(badge)),
            fetch=school.fetch,
            register=school,
            now=NOW,
        )

        assert report.integrity is Integrity.INVALID
        assert report.endorsements == ()


class TestReport:
    """What machines and people are told."""

    def test_in_json(self, school, port):
        """The shape is a promise."""
        report = school.verify(issued(school, holding(school, port.endorse()))).to_json()

        (endorsement,) = report["endorsements"]
        assert endorsement.keys() == {
            "place", "integrity", "status", "issuer", "findings", "endorsement", "by_itself",
        }  # fmt: skip
        assert endorsement["endorsement"]["valid_from"] == "2026-11-20T12:00:00Z"
        assert (endorsement["integrity"], endorsement["status"]) == ("valid", "active")
        assert report["verdict"] == "green"
        assert json.dumps(report)

    @pytest.mark.parametrize("language", ["fr", "en"])
    def test_a_sentence_for_every_status(self, school, port, language):
        """Nobody is ever shown a bare word."""
        document = port.endorsement()
        port.school.owns = lambda issuer_id: issuer_id in (school.id, port.id)
        said = set()
        states = set(RegisterState) - {RegisterState.TRIAL}  # which is said of badges alone
        for state in states:
            school.enter(document, state=state)
            found = only(school.verify(issued(school, holding(school, port.sign(document)))))
            said.add(words.endorsement_sentence(found, language))

        assert len(said) == len(states)
        assert all("{" not in sentence for sentence in said)
        assert isinstance(school.entries[document["id"]], RegisterEntry)


class TestVectorsOfOthers:
    """Endorsements that others signed."""

    def test_the_dccs_badge_with_an_endorsed_issuer(self, vectors):
        """Its endorsement is well signed by a did:key, about itself, and over since 2020."""
        name = "v2__dataIntegrityProof__didKey__oidf-noStatus-notExpired-complexIssuer"
        badge = strict_json.loads((vectors / f"ob3-dcc/{name}.json").read_bytes())
        (endorsement,) = badge["issuer"]["endorsement"]

        found = verified(endorsement, at=NOW)

        assert (found.report.integrity, found.report.status) == (Integrity.VALID, Status.EXPIRED)
        assert found.by_itself
        endorsement["credentialSubject"]["endorsementComment"] = "The horse of another course"
        assert verified(endorsement, at=NOW).report.integrity is Integrity.INVALID

    @pytest.mark.parametrize("name", ["endorsement", "endorsement-withSchema"])
    def test_the_dccs_endorsements_with_a_second_suite(self, vectors, name):
        """Two suites, Ed25519Signature2020 among them, by a did:key; one changed word is noticed."""
        name = f"v2__bothSignatureTypes__didkey__legacy-noStatus-notExpired-{name}"
        document = strict_json.loads((vectors / f"ob3-dcc/{name}.json").read_bytes())

        found = verified(document, at=NOW)

        assert (found.report.integrity, found.report.status) == (Integrity.VALID, Status.ACTIVE)
        assert (found.is_good, found.is_bad) == (True, False)
        document["name"] += "!"
        assert verified(document, at=NOW).report.find(Code.BAD_SIGNATURE)

    @pytest.mark.parametrize("name", ["complete_v1", "clr__complex"])
    def test_samples_of_older_editions(self, vectors, name):
        """VCDM 1.1 with endorsements everywhere: not read, never green, and no error."""
        report = verification.verify(
            verification.recognise((vectors / f"ob3-1edtech/{name}.json").read_bytes()),
            fetch=nowhere,
            register=EmptyRegister(),
            now=NOW,
        )

        assert report.integrity is not Integrity.VALID
        assert report.endorsements == ()


def test_an_endorsement_is_no_badge(school, port):
    """Shown as a badge it would say that somebody can do something."""
    report = school.verify(port.endorse())

    assert report.find(Code.NOT_AN_OPEN_BADGE)
    assert report.verdict is Verdict.RED


def test_a_badge_is_no_endorsement(school):
    """Nor the other way round."""
    found = verified(school.issue(), at=NOW)

    assert found.report.find(Code.NOT_AN_ENDORSEMENT)
    assert found.is_bad


def nowhere(address: str) -> fetching.Fetched:
    """Answer nothing."""
    raise fetching.FetchFailed("no network")


def verified(document: Document, *, at: datetime) -> EndorsementReport:
    """Return the report of somebody who issues nothing and has no network."""
    submission = verification.recognise(strict_json.dumps(document))
    return verification.verify_endorsement(
        submission, fetch=nowhere, register=EmptyRegister(), now=at
    )
