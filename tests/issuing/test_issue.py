"""From an offer to a released badge: nothing before the tap, one badge whatever happens."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award, AwardState
from badgeservice.errors import (
    IssuingRefused,
    OfferClosed,
    SelfCheckFailed,
)
from badgeservice.issuing import audit, issue, preview, shelf
from badgeservice.issuing.build import Choices
from badgeservice.issuing.models import (
    Badge,
    CredentialBytes,
    Format,
    Intent,
    IntentState,
    StatusList,
    Visibility,
)
from badgeservice.issuing.signer import Purpose, Signed, Signer
from badgeservice.openbadges import v3
from badgeservice.openbadges.bakery import png
from badgeservice.openbadges.proofs import vc_jwt
from badgeservice.storage.chain import AuditEvent

from .conftest import CHOICES, Desk


def count(session: Session, model: type) -> int:
    """How many rows there are."""
    return session.scalar(select(func.count()).select_from(model)) or 0


def stored(desk: Desk, badge: Badge, form: Format = Format.JSON) -> bytes:
    """The bytes of a badge as they were released."""
    return shelf.take(desk.session, desk.office.vault, badge, form)


def test_nothing_is_signed_before_the_tap(desk: Desk) -> None:
    """An offer, looked at as often as you like, leaves no intent, no badge, no signature."""
    award = desk.offer()

    preview.preview(desk.session, desk.office, award, CHOICES, now=desk.clock())

    assert 0 == count(desk.session, Intent)
    assert 0 == count(desk.session, Badge)
    assert 0 == count(desk.session, StatusList)
    assert [] == list(desk.office.log.entries())


def test_the_preview_is_what_is_signed(desk: Desk) -> None:
    """Apart from the id, the place in the list and the subject's identifier, drawn at the tap."""
    award = desk.offer()
    choices = replace(CHOICES, name="Anaïs Lemoigne")

    previewed = preview.preview(desk.session, desk.office, award, choices, now=desk.clock())
    signed = json.loads(stored(desk, desk.accept(award, choices)))

    def drawn_at_the_tap_left_out(document: dict) -> str:
        text = json.dumps({**document, "proof": None, "credentialStatus": None}, sort_keys=True)
        subject = document["credentialSubject"]["id"]
        return text.replace(f'"{document["id"]}', '"ID').replace(f'"{subject}"', '"SUBJECT"')

    assert drawn_at_the_tap_left_out(previewed.document) == drawn_at_the_tap_left_out(signed)


def test_three_forms_carry_one_credential(desk: Desk) -> None:
    """JSON, VC-JWT and PNG say the same thing."""
    credential = desk.badge()

    secured = json.loads(stored(desk, credential))
    token = vc_jwt.parse(stored(desk, credential, Format.JWT).decode())
    baked = png.unbake(stored(desk, credential, Format.PNG))

    assert secured == json.loads(baked)
    assert {k: v for k, v in secured.items() if k != "proof"} == token.credential


def test_the_badge_passes_the_strict_schema_and_our_lint(desk: Desk, schemas: Path) -> None:
    """What we sign satisfies the 1EdTech schema and every rule for strangers' badges."""
    secured = json.loads(stored(desk, desk.badge(choices=replace(CHOICES, name="A. L."))))

    jsonschema.validate(secured, json.loads((schemas / "achievementcredential.json").read_text()))
    assert [] == v3.lint(secured)


def test_by_default_the_badge_names_nobody(desk: Desk) -> None:
    """No name, no address, not even a hash: the subject is an identifier of this badge alone."""
    subject = json.loads(stored(desk, desk.badge()))["credentialSubject"]

    assert "identifier" not in subject
    assert subject["id"].startswith("urn:uuid:")


def test_two_badges_of_a_person_cannot_be_joined(desk: Desk) -> None:
    """Each badge has a subject identifier of its own."""
    one, other = desk.badge("a@example.org"), desk.badge("b@example.org")

    ids = {json.loads(stored(desk, each))["credentialSubject"]["id"] for each in (one, other)}

    assert 2 == len(ids)


def test_a_chosen_name_is_signed(desk: Desk) -> None:
    """The learner opts in, and then it is there for whoever reads the badge."""
    credential = desk.badge(choices=replace(CHOICES, name="Anaïs Lemoigne"))

    subject = json.loads(stored(desk, credential))["credentialSubject"]

    assert ["Anaïs Lemoigne"] == [each["identityHash"] for each in subject["identifier"]]


def test_the_strength_is_inside_the_signature(desk: Desk) -> None:
    """A result whose achieved level is one of the five of the achievement, and words."""
    secured = json.loads(stored(desk, desk.badge()))
    subject = secured["credentialSubject"]
    levels = subject["achievement"]["resultDescription"][0]["rubricCriterionLevel"]

    achieved = subject["result"][0]["achievedLevel"]

    assert 5 == len(levels)
    assert "travail relu ou gestes observés" == next(
        level["name"] for level in levels if level["id"] == achieved
    )
    assert "4 sur 5" in secured["evidence"][0]["narrative"]


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("fr", "Sécuriser l'environnement numérique — débutant"),
        ("en", "Securing the digital environment — beginner"),
    ],
)
def test_the_badge_speaks_the_chosen_language(desk: Desk, language: str, name: str) -> None:
    """Name, criteria and evidence are in the language that the learner chose."""
    secured = json.loads(stored(desk, desk.badge(choices=replace(CHOICES, language=language))))

    assert name == secured["name"]
    assert f"/{language}" in secured["credentialSubject"]["achievement"]["id"]


def test_a_demonstration_says_so_in_the_badge(desk: Desk) -> None:
    """A badge of the demonstration issuer carries TEST wherever it goes."""
    secured = json.loads(stored(desk, desk.badge()))

    assert "TEST" in secured["issuer"]["name"]
    assert "TEST" in secured["credentialSubject"]["achievement"]["creator"]["name"]


def test_a_second_tap_finds_the_first_badge(desk: Desk) -> None:
    """Accepting again returns the same badge, with the first choices, and signs nothing."""
    award = desk.offer()
    first = desk.accept(award)
    signatures = len(list(desk.office.log.entries()))

    second = desk.accept(award, replace(CHOICES, name="Somebody Else"))

    assert first.public_id == second.public_id
    assert signatures == len(list(desk.office.log.entries()))
    assert "identifier" not in json.loads(stored(desk, second))["credentialSubject"]


def test_another_person_cannot_accept(desk: Desk) -> None:
    """An offer is for one person; to others it does not exist."""
    award, mallory = desk.offer(), desk.person("mallory@example.org")

    with pytest.raises(IssuingRefused, match="does not exist for this person"):
        issue.accept_and_issue(
            desk.session,
            desk.office,
            award_id=award.id,
            person_id=mallory.id,
            choices=CHOICES,
            actor=mallory.id,
            now=desk.clock(),
        )
    assert 0 == count(desk.session, Intent)


def test_a_name_that_cannot_be_signed_does_not_use_up_the_offer(desk: Desk) -> None:
    """Choices are final, so they are judged before they are taken; then another name works."""
    award = desk.offer()

    with pytest.raises(IssuingRefused, match="control characters"):
        desk.accept(award, replace(CHOICES, name="a\x07b"))

    assert "active" == desk.accept(award, replace(CHOICES, name="Anaïs")).state


def test_a_declined_offer_cannot_be_accepted(desk: Desk) -> None:
    """What was declined is not signed."""
    award = desk.offer()
    offers.decline(desk.session, award.id, now=desk.clock())
    desk.session.commit()

    with pytest.raises(OfferClosed):
        desk.accept(award)
    assert 0 == count(desk.session, Badge)


def test_a_crash_after_the_intent_is_taken_up_by_the_next_tap(desk: Desk) -> None:
    """The power fails between intent and signature; the next tap uses the same id and place."""
    award = desk.offer()
    working, broken = desk.office, replace(desk.office, signer=SignerThatDies(desk.office.signer))
    desk.office = broken
    with pytest.raises(PowerCut):
        desk.accept(award, replace(CHOICES, name="Anaïs Lemoigne"))
    desk.session.rollback()
    planned = desk.session.scalars(select(Intent)).one()
    place = (planned.public_id, planned.status_list, planned.status_index)
    assert IntentState.PLANNED == planned.state
    assert AwardState.ACCEPTED == desk.session.get_one(type(award), award.id).state
    assert [award.id] == [each.id for each in issue.unfinished(desk.session, award.person_id)]

    desk.office = working
    credential = desk.accept(award)

    intent = desk.session.scalars(select(Intent)).one()
    assert place == (intent.public_id, intent.status_list, intent.status_index)
    assert IntentState.ISSUED == intent.state
    assert [] == issue.unfinished(desk.session, award.person_id)
    subject = json.loads(stored(desk, credential))["credentialSubject"]
    assert ["Anaïs Lemoigne"] == [each["identityHash"] for each in subject["identifier"]]


def test_a_badge_that_our_own_verifier_refuses_is_not_released(desk: Desk) -> None:
    """A signer gone wrong: the self-check stops the badge before anybody sees it."""
    award = desk.offer()
    desk.office = replace(desk.office, signer=SignerGoneWrong(desk.office.signer))

    with pytest.raises(SelfCheckFailed):
        desk.accept(award)
    desk.session.rollback()

    assert 0 == count(desk.session, Badge)
    assert 0 == count(desk.session, CredentialBytes)


@pytest.mark.parametrize("round_", range(5))
def test_racing_taps_make_one_badge(
    desk: Desk, another_desk: Callable[[], Desk], round_: int
) -> None:
    """Two taps at once, each with a connection of its own: one badge, both see it."""
    award = desk.offer()
    award_id, person_id = award.id, award.person_id
    desk.session.commit()
    start, seen = threading.Barrier(2), []

    def tap() -> None:
        own = another_desk()
        start.wait()
        credential = issue.accept_and_issue(
            own.session,
            own.office,
            award_id=award_id,
            person_id=person_id,
            choices=CHOICES,
            actor=person_id,
            now=own.clock(),
        )
        seen.append(credential.public_id)
        own.session.close()

    taps = [threading.Thread(target=tap) for _ in range(2)]
    for thread in taps:
        thread.start()
    for thread in taps:
        thread.join()

    issued = desk.session.scalars(select(Badge.public_id)).all()
    assert 1 == len(issued)
    assert [*issued, *issued] == seen


def test_twenty_people_accept_at_once(desk: Desk, another_desk: Callable[[], Desk]) -> None:
    """Race: each has a badge, a place of its own and a link in the chain; nobody waits in vain."""
    waiting = [(a.id, a.person_id) for a in (desk.offer(f"p{n}@example.org") for n in range(20))]
    desk.session.commit()
    start, failures = threading.Barrier(len(waiting)), []

    def tap(award_id: str, person_id: str) -> None:
        own = another_desk()
        start.wait()
        try:
            issue.accept_and_issue(
                own.session,
                own.office,
                award_id=award_id,
                person_id=person_id,
                choices=CHOICES,
                actor=person_id,
                now=own.clock(),
            )
        except Exception as error:
            failures.append(error)
        own.session.close()

    taps = [threading.Thread(target=tap, args=each) for each in waiting]
    for thread in taps:
        thread.start()
    for thread in taps:
        thread.join()

    assert [] == failures
    assert 20 == len(desk.session.scalars(select(Badge.public_id)).all())
    assert [] == list(audit.violations(desk.session, desk.office, now=desk.clock()))


def test_the_chain_tells_of_the_badge_without_a_person(desk: Desk) -> None:
    """The audit chain holds digests and identifiers, so that it survives erasure."""
    credential = desk.badge(choices=replace(CHOICES, name="Anaïs Lemoigne"))

    event = desk.session.scalars(select(AuditEvent).where(AuditEvent.action == "issue")).one()

    assert credential.public_id == event.subject
    assert shelf.digest(stored(desk, credential)) == event.details["json"]
    assert desk.session.scalars(select(Award)).one().dossier_digest == event.details["dossier"]
    assert "Lemoigne" not in json.dumps(event.details)


def test_dates_are_those_of_the_decision_and_the_tap(desk: Desk) -> None:
    """Awarded when it was decided, valid from when it was accepted, until two years later."""
    award = desk.offer()
    desk.clock.advance(days=3)

    secured = json.loads(stored(desk, desk.accept(award)))

    assert "2026-11-23T09:00:00Z" == secured["awardedDate"]
    assert "2026-11-26T09:00:00Z" == secured["validFrom"]
    assert "2028-11-23T09:00:00Z" == secured["validUntil"]


def test_a_private_badge_is_issued_all_the_same(desk: Desk) -> None:
    """Who may see the page is not signed and changes nothing in the badge."""
    choices = Choices(language="fr", name=None, visibility=Visibility.PRIVATE)

    credential = desk.badge(choices=choices)

    assert Visibility.PRIVATE == credential.visibility
    assert timedelta(0) == desk.clock() - credential.state_since


class PowerCut(Exception):
    """The machine stops."""


class SignerThatDies(Signer):
    """A signer during whose work the power fails, for credentials."""

    def __init__(self, working: Signer) -> None:
        self.__dict__ = dict(working.__dict__)

    def credential(self, unsigned: dict, *, now: datetime) -> Signed:
        """Never return."""
        self.secure(unsigned, Purpose.CREDENTIAL, now=now)
        raise PowerCut


class SignerGoneWrong(Signer):
    """A signer whose memory is damaged: it signs something else than it was given."""

    def __init__(self, working: Signer) -> None:
        self.__dict__ = dict(working.__dict__)

    def credential(self, unsigned: dict, *, now: datetime) -> Signed:
        """Return the token of an edited credential among the others."""
        signed = super().credential(unsigned, now=now)
        return replace(signed, es256=self.jwt({**unsigned, "name": "Doctorat"}, now=now))


def test_no_badge_is_valid_before_it_was_awarded(desk: Desk) -> None:
    """Neither what a clock that ran ahead has decided, once it is right again."""
    desk.clock.now += timedelta(days=1)
    award = desk.offer()
    desk.clock.now -= timedelta(days=1)

    badge = desk.accept(award)

    content = shelf.take(desk.session, desk.office.vault, badge, Format.JSON)
    document = json.loads(content)
    assert document["awardedDate"] == document["validFrom"]
    assert desk.clock() == badge.awarded_at
