"""From evidence to an offer, and what its holder answers to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import delete, event, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from badgeservice.awarding import dossier, offers
from badgeservice.awarding.decision import Met, NotYet
from badgeservice.awarding.models import Award, AwardState, Origin
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.errors import HolderErased, IssuingRefused, OfferClosed, RuleNotMet
from badgeservice.evidence import record
from badgeservice.evidence.facts import Claim, Deed, Kind, Outcome
from badgeservice.evidence.models import Evidence
from badgeservice.people.models import Person
from badgeservice.storage.vault import Vault

Recorded = Callable[..., Evidence]
Publish = Callable[..., BadgeClassVersion]
CHOICES = {"language": "fr", "name": None, "visibility": "link"}


@pytest.fixture
def decide(
    session: Session, vault: Vault, learner: Person, badge_class: BadgeClassVersion, now: datetime
) -> Callable[..., list[Award]]:
    """Decide about the learner and the class that we ship, or others."""

    def call(*classes: BadgeClassVersion, at: datetime = now) -> list[Award]:
        return offers.decide(
            session, vault, person_id=learner.id, classes=classes or (badge_class,), now=at
        )

    return call


@pytest.fixture
def accept(session: Session, vault: Vault, now: datetime) -> Callable[..., Award]:
    """Accept an offer."""

    def call(award: Award, choices: dict[str, Any] | None = None, at: datetime = now) -> Award:
        return offers.accept(
            session, vault, award.id, choices=choices or CHOICES, actor=award.person_id, now=at
        )

    return call


Decide = Callable[..., list[Award]]
Accept = Callable[..., Award]


def count(session: Session) -> int:
    """How many awards there are, whatever their state."""
    return session.scalar(select(func.count()).select_from(Award)) or 0


# --- deciding ------------------------------------------------------------------------------------


def test_a_rule_that_is_met_makes_an_offer(
    pass_quiz: Recorded, decide: Decide, learner: Person, now: datetime
) -> None:
    """An offer, not a badge: the person decides whether it becomes one."""
    evidence = pass_quiz()

    (award,) = decide()

    assert (AwardState.OFFERED, learner.id, "crcn-4-1-beginner", 1, 1) == (
        award.state,
        award.person_id,
        award.slug,
        award.class_version,
        award.rule_version,
    )
    assert (Origin.RULE, [evidence.id], Strength.ONLINE_QUIZ, now) == (
        award.origin,
        award.used,
        award.strength,
        award.decided_at,
    )
    assert now.replace(year=now.year + 2) == award.valid_until


def test_without_evidence_there_is_no_offer(session: Session, decide: Decide) -> None:
    """Nor any trace of one."""
    assert [] == decide()
    assert 0 == count(session)


def test_deciding_again_changes_nothing(
    session: Session, pass_quiz: Recorded, decide: Decide, now: datetime
) -> None:
    """Every page that a learner opens may ask."""
    pass_quiz()
    (first,) = decide()

    (again,) = decide(at=now + timedelta(days=1))

    assert (first.id, now, 1) == (again.id, again.decided_at, count(session))


def test_two_that_decide_at_once_make_one_offer(
    session: Session, pass_quiz: Recorded, decide: Decide
) -> None:
    """A rival inserts between our look and our insert; the unique index decides, not luck."""
    pass_quiz()
    decide()
    theirs = dict(session.execute(select(Award.__table__)).mappings().one()) | {"id": "awd_rival"}
    session.execute(delete(Award))
    session.expunge_all()
    connection = session.connection()

    @event.listens_for(session, "after_transaction_create")
    def offer_first(_session: Session, transaction: SessionTransaction) -> None:
        if transaction.nested:
            connection.execute(insert(Award).values(theirs))

    (award,) = decide()

    assert ("awd_rival", 1) == (award.id, count(session))


def test_the_database_refuses_a_second_live_award(
    session: Session, pass_quiz: Recorded, decide: Decide
) -> None:
    """The guard stands in the table, whatever the code above it does."""
    pass_quiz()
    decide()
    copy = dict(session.execute(select(Award.__table__)).mappings().one()) | {"id": "awd_2"}

    with pytest.raises(IntegrityError):
        session.execute(insert(Award).values(copy))


def test_a_draft_is_never_offered(pass_quiz: Recorded, decide: Decide, publish: Publish) -> None:
    """Its text may still change, and a badge would cite it for ever."""
    pass_quiz()

    assert [] == decide(publish(state="draft", version=2))


def test_a_newer_version_of_the_class_is_not_a_second_badge(
    session: Session, pass_quiz: Recorded, decide: Decide, accept: Accept, publish: Publish
) -> None:
    """Correcting a sentence in the criteria must not shower holders with offers."""
    pass_quiz()
    (award,) = decide()
    accept(award)

    assert [] == decide(publish(version=2))
    assert 1 == count(session)


def test_an_administrator_s_word_makes_an_offer_of_its_own_origin(
    vouch: Recorded, decide: Decide, badge_class: BadgeClassVersion
) -> None:
    """What rests on somebody's word can be told from what the machine has graded."""
    word = vouch(badge_class)

    (award,) = decide()

    assert (Origin.ADMINISTRATOR, [word.id], Strength.WORK_REVIEWED) == (
        award.origin,
        award.used,
        award.strength,
    )


def test_a_word_that_is_too_weak_makes_no_offer(
    vouch: Recorded, decide: Decide, badge_class: BadgeClassVersion
) -> None:
    """The rule asks for strength 3."""
    vouch(badge_class, Strength.ATTENDANCE_VERIFIED)

    assert [] == decide()


def test_stronger_evidence_renews_an_open_offer(
    session: Session,
    pass_quiz: Recorded,
    vouch: Recorded,
    decide: Decide,
    badge_class: BadgeClassVersion,
) -> None:
    """Nobody should accept « quiz en ligne » the day after their work was reviewed."""
    pass_quiz()
    (quiz,) = decide()
    vouch(badge_class)

    (reviewed,) = decide()

    assert (AwardState.WITHDRAWN, AwardState.OFFERED) == (quiz.state, reviewed.state)
    assert (Strength.WORK_REVIEWED, 2) == (reviewed.strength, count(session))


def test_an_offer_accepted_while_we_renew_it_stays(
    session: Session,
    pass_quiz: Recorded,
    vouch: Recorded,
    decide: Decide,
    accept: Accept,
    badge_class: BadgeClassVersion,
) -> None:
    """The tap comes between our look and our update: what was accepted is what holds."""
    pass_quiz()
    (award,) = decide()
    rows, connection = Award.__table__, session.connection()
    offered = dict(connection.execute(select(rows)).mappings().one())
    accept(award)
    theirs = dict(connection.execute(select(rows)).mappings().one())
    connection.execute(update(Award).values(offered))
    session.expire_all()
    vouch(badge_class)

    @event.listens_for(session, "do_orm_execute")
    def accept_before_our_update(state: ORMExecuteState) -> None:
        if state.is_update:
            connection.execute(update(Award).values(theirs))

    assert [] == decide()
    assert (AwardState.ACCEPTED, Strength.ONLINE_QUIZ, 1) == (
        award.state,
        award.strength,
        count(session),
    )


def test_an_offer_whose_evidence_is_withdrawn_is_taken_back(
    session: Session, pass_quiz: Recorded, decide: Decide, now: datetime
) -> None:
    """It has not been accepted: nothing was promised yet."""
    evidence = pass_quiz()
    (award,) = decide()
    record.withdraw(session, evidence.id, reason="entered_in_error", now=now)

    assert [] == decide()

    assert AwardState.WITHDRAWN == award.state


def test_what_remains_is_offered_when_the_stronger_evidence_is_withdrawn(
    session: Session,
    pass_quiz: Recorded,
    vouch: Recorded,
    decide: Decide,
    badge_class: BadgeClassVersion,
    now: datetime,
) -> None:
    """That we took an offer back by ourselves must not cost the person the one before."""
    pass_quiz()
    decide()
    word = vouch(badge_class)
    decide()
    record.withdraw(session, word.id, reason="entered_in_error", now=now)

    (award,) = decide()

    assert Strength.ONLINE_QUIZ == award.strength


def test_corrected_evidence_makes_a_new_offer(
    session: Session,
    vault: Vault,
    pass_quiz: Recorded,
    decide: Decide,
    now: datetime,
) -> None:
    """The offer cites what holds now; the former stays as it was."""
    former = pass_quiz()
    (first,) = decide()
    fact = record.fact(former)
    deed = {field.name: getattr(fact, field.name) for field in fields(Deed)}
    claim = Claim(
        **(deed | {"score": Fraction(8, 10)}),
        person_id=former.person_id,
        reference=former.reference,
        agent=former.agent,
    )
    corrected = record.replace(session, vault, former.id, claim, now=now)

    (second,) = decide()

    assert (AwardState.WITHDRAWN, [corrected.id]) == (first.state, second.used)


def test_time_alone_takes_no_offer_back(pass_quiz: Recorded, decide: Decide, now: datetime) -> None:
    """It was right when it was made; a person who was ill for a year finds it again."""
    pass_quiz()
    (award,) = decide()

    assert [award] == decide(at=now + timedelta(days=900))


def test_evidence_withdrawn_after_acceptance_leaves_the_award(
    session: Session, pass_quiz: Recorded, decide: Decide, accept: Accept, now: datetime
) -> None:
    """A badge that was given is never taken back by a machine: somebody must look at it."""
    evidence = pass_quiz()
    (award,) = decide()
    accept(award)
    record.withdraw(session, evidence.id, reason="entered_in_error", now=now)

    assert [] == decide()
    assert AwardState.ACCEPTED == award.state


def test_pending_evidence_makes_no_offer(pass_quiz: Recorded, decide: Decide) -> None:
    """What somebody has still to decide is not decided."""
    pass_quiz(outcome=Outcome.PENDING)

    assert [] == decide()


# --- for one class -------------------------------------------------------------------------------


def test_award_for_says_what_is_missing(
    session: Session, vault: Vault, learner: Person, badge_class: BadgeClassVersion, now: datetime
) -> None:
    """An administrator at a terminal reads the same answer as the learner."""
    with pytest.raises(RuleNotMet, match="You are missing: the assessment"):
        offers.award_for(session, vault, person_id=learner.id, badge_class=badge_class, now=now)


def test_award_for_finds_an_accepted_award(
    session: Session,
    vault: Vault,
    vouch: Recorded,
    decide: Decide,
    accept: Accept,
    learner: Person,
    badge_class: BadgeClassVersion,
    now: datetime,
) -> None:
    """Issuing twice leads to the badge that exists."""
    vouch(badge_class)
    (award,) = decide()
    accept(award)

    found = offers.award_for(session, vault, person_id=learner.id, badge_class=badge_class, now=now)

    assert award.id == found.id


def test_award_for_a_draft_is_refused(
    session: Session, vault: Vault, learner: Person, publish: Publish, now: datetime
) -> None:
    """Not even an administrator issues what may still change."""
    draft = publish(state="draft", version=2)

    with pytest.raises(RuleNotMet, match="draft"):
        offers.award_for(session, vault, person_id=learner.id, badge_class=draft, now=now)


def test_progress_says_where_a_person_stands(
    session: Session,
    pass_quiz: Recorded,
    learner: Person,
    badge_class: BadgeClassVersion,
    now: datetime,
) -> None:
    """It reads, and writes nothing."""
    before = offers.progress(session, person_id=learner.id, badge_class=badge_class, now=now)
    pass_quiz()
    after = offers.progress(session, person_id=learner.id, badge_class=badge_class, now=now)

    assert (NotYet, Met, 0) == (type(before), type(after), count(session))


def test_open_offers_come_latest_first(
    session: Session,
    pass_quiz: Recorded,
    decide: Decide,
    publish: Publish,
    learner: Person,
    now: datetime,
) -> None:
    """Only what waits for an answer."""
    pass_quiz()
    (first,) = decide()
    other = publish(slug="crcn-4-1-other", rule=_badge_rule("crcn-4-1-other"))
    offers.accept(session, Vault(bytes(range(32))), first.id, choices=CHOICES, actor="x", now=now)
    (second,) = decide(other, at=now + timedelta(hours=1))

    assert [second] == offers.open_offers(session, learner.id)


def _badge_rule(slug: str) -> dict[str, Any]:
    """Return a rule that asks for the badge class that we ship."""
    return {
        "rule": slug,
        "version": 1,
        "badge": slug,
        "when": {"badge": {"slug": "crcn-4-1-beginner", "state": "valid"}},
        "validation": "automatic",
        "validity": "unlimited",
    }


# --- badges as evidence --------------------------------------------------------------------------


def test_a_badge_counts_from_its_acceptance(
    session: Session,
    pass_quiz: Recorded,
    decide: Decide,
    accept: Accept,
    publish: Publish,
    learner: Person,
    now: datetime,
) -> None:
    """While it is only offered, the next badge waits for the person's own answer."""
    milestone = publish(slug="milestone", rule=_badge_rule("milestone"))
    pass_quiz()
    (award,) = decide()

    waiting = offers.progress(session, person_id=learner.id, badge_class=milestone, now=now)
    none = decide(milestone)
    accept(award)
    (reached,) = decide(milestone)

    assert ["Pending", [], [award.id]] == [type(waiting).__name__, none, reached.used]
    assert (Strength.ONLINE_QUIZ, None) == (reached.strength, reached.valid_until)


def test_a_revoked_badge_counts_no_more(
    session: Session,
    pass_quiz: Recorded,
    decide: Decide,
    accept: Accept,
    publish: Publish,
    now: datetime,
) -> None:
    """Nor is it offered again on the same evidence."""
    milestone = publish(slug="milestone", rule=_badge_rule("milestone"))
    pass_quiz()
    (award,) = decide()
    accept(award)

    offers.withdraw(session, award.id, now=now)

    assert [] == decide(milestone)
    assert [] == decide()
    assert AwardState.WITHDRAWN == offers.withdraw(session, award.id, now=now).state


def test_new_evidence_after_a_revocation_is_offered(
    session: Session,
    pass_quiz: Recorded,
    vouch: Recorded,
    decide: Decide,
    accept: Accept,
    badge_class: BadgeClassVersion,
    now: datetime,
) -> None:
    """A revoked badge is no ban."""
    pass_quiz()
    accept(*decide())
    award = session.scalars(select(Award)).one()
    offers.withdraw(session, award.id, now=now)
    vouch(badge_class)

    assert 1 == len(decide())


def test_only_an_accepted_award_is_withdrawn(
    session: Session, pass_quiz: Recorded, decide: Decide, now: datetime
) -> None:
    """An offer is taken back by deciding again, not by revoking."""
    pass_quiz()
    (award,) = decide()

    with pytest.raises(IssuingRefused, match="was not accepted"):
        offers.withdraw(session, award.id, now=now)


# --- what the holder answers ---------------------------------------------------------------------


def test_acceptance_is_written_into_the_dossier(
    session: Session,
    vault: Vault,
    pass_quiz: Recorded,
    decide: Decide,
    accept: Accept,
    now: datetime,
) -> None:
    """Who typed it, when, and what was chosen: an administrator may accept on someone's behalf."""
    pass_quiz()
    (award,) = decide()
    offered = award.dossier_digest

    offers.accept(session, vault, award.id, choices=CHOICES, actor="administrator", now=now)

    acceptance = dossier.of(session, vault, award).acceptance
    assert acceptance is not None
    assert (CHOICES, "administrator", now) == (
        dict(acceptance.choices),
        acceptance.actor,
        acceptance.at,
    )
    assert (AwardState.ACCEPTED, now, CHOICES) == (
        award.state,
        award.accepted_at,
        offers.choices(session, vault, award),
    )
    assert offered != award.dossier_digest


def test_a_second_tap_keeps_the_first_choices(
    session: Session,
    vault: Vault,
    pass_quiz: Recorded,
    decide: Decide,
    accept: Accept,
    now: datetime,
) -> None:
    """What was signed for was seen once."""
    pass_quiz()
    (award,) = decide()
    accept(award)

    accept(award, CHOICES | {"name": "Anaïs"}, at=now + timedelta(seconds=1))

    assert (CHOICES, now) == (offers.choices(session, vault, award), award.accepted_at)


def test_of_two_acceptances_at_once_the_first_stays(
    session: Session, vault: Vault, pass_quiz: Recorded, decide: Decide, accept: Accept
) -> None:
    """Another process accepts between our look and our update: ours changes nothing."""
    pass_quiz()
    (award,) = decide()
    rows, connection = Award.__table__, session.connection()
    offered = dict(connection.execute(select(rows)).mappings().one())
    accept(award, CHOICES | {"name": "Anaïs"})
    theirs = dict(connection.execute(select(rows)).mappings().one())
    connection.execute(update(Award).values(offered))
    session.expire_all()

    @event.listens_for(session, "do_orm_execute")
    def accept_before_our_update(state: ORMExecuteState) -> None:
        if state.is_update:
            connection.execute(update(Award).values(theirs))

    accept(award, CHOICES | {"name": "Zoé"})

    assert "Anaïs" == offers.choices(session, vault, award)["name"]


def test_an_offer_that_no_longer_stands_cannot_be_accepted(
    session: Session, pass_quiz: Recorded, decide: Decide, accept: Accept, now: datetime
) -> None:
    """The page was open when the evidence was withdrawn."""
    evidence = pass_quiz()
    (award,) = decide()
    record.withdraw(session, evidence.id, reason="entered_in_error", now=now)

    with pytest.raises(OfferClosed, match="no longer stands"):
        accept(award)

    assert AwardState.OFFERED == award.state


def test_a_declined_offer_cannot_be_accepted(
    session: Session, pass_quiz: Recorded, decide: Decide, accept: Accept, now: datetime
) -> None:
    """Not from an old tab either; `reconsider` is the way back."""
    pass_quiz()
    (award,) = decide()
    offers.decline(session, award.id, now=now)

    with pytest.raises(OfferClosed, match="declined"):
        accept(award)


def test_what_was_declined_is_not_offered_again(
    session: Session,
    vault: Vault,
    pass_quiz: Recorded,
    decide: Decide,
    learner: Person,
    badge_class: BadgeClassVersion,
    now: datetime,
) -> None:
    """No means no, until there is something new."""
    pass_quiz()
    (award,) = decide()

    offers.decline(session, award.id, now=now)

    assert AwardState.DECLINED == offers.decline(session, award.id, now=now).state
    assert [] == decide()
    with pytest.raises(OfferClosed, match="same evidence"):
        offers.award_for(session, vault, person_id=learner.id, badge_class=badge_class, now=now)


def test_new_evidence_after_a_refusal_is_offered(
    session: Session,
    pass_quiz: Recorded,
    vouch: Recorded,
    decide: Decide,
    badge_class: BadgeClassVersion,
    now: datetime,
) -> None:
    """It is another offer: a stronger one."""
    pass_quiz()
    (award,) = decide()
    offers.decline(session, award.id, now=now)
    vouch(badge_class)

    (stronger,) = decide()

    assert Strength.WORK_REVIEWED == stronger.strength


def test_a_refusal_can_be_reconsidered(
    session: Session, pass_quiz: Recorded, decide: Decide, accept: Accept, now: datetime
) -> None:
    """A wrong tap costs nothing."""
    pass_quiz()
    (award,) = decide()
    offers.decline(session, award.id, now=now)

    offers.reconsider(session, award.id, now=now)

    assert [award] == decide()
    assert AwardState.ACCEPTED == accept(award).state


def test_a_refusal_cannot_be_reconsidered_beside_a_newer_offer(
    session: Session,
    pass_quiz: Recorded,
    vouch: Recorded,
    decide: Decide,
    badge_class: BadgeClassVersion,
    now: datetime,
) -> None:
    """One badge, one offer."""
    pass_quiz()
    (award,) = decide()
    offers.decline(session, award.id, now=now)
    vouch(badge_class)
    (newer,) = decide()

    with pytest.raises(OfferClosed, match="newer"):
        offers.reconsider(session, award.id, now=now)

    session.refresh(award)
    assert (AwardState.DECLINED, AwardState.OFFERED) == (award.state, newer.state)


def test_an_accepted_award_is_neither_declined_nor_reconsidered(
    session: Session, pass_quiz: Recorded, decide: Decide, accept: Accept, now: datetime
) -> None:
    """A signed badge is revoked, with a reason that the public may read."""
    pass_quiz()
    (award,) = decide()
    accept(award)

    with pytest.raises(OfferClosed, match="accepted"):
        offers.decline(session, award.id, now=now)
    with pytest.raises(OfferClosed, match="accepted"):
        offers.reconsider(session, award.id, now=now)


def test_there_are_no_choices_before_acceptance(
    session: Session, vault: Vault, pass_quiz: Recorded, decide: Decide
) -> None:
    """Nothing may be signed on a default."""
    pass_quiz()
    (award,) = decide()

    with pytest.raises(IssuingRefused, match="was not accepted"):
        offers.choices(session, vault, award)


@pytest.mark.parametrize("answer", [offers.decline, offers.reconsider, offers.withdraw])
def test_an_offer_that_does_not_exist_is_refused(
    session: Session, now: datetime, answer: Callable[..., Award]
) -> None:
    """With an error of ours."""
    with pytest.raises(IssuingRefused, match="awd_none"):
        answer(session, "awd_none", now=now)


# --- the dossier ---------------------------------------------------------------------------------


def test_a_dossier_holds_what_the_decision_needs_and_no_more(
    session: Session,
    vault: Vault,
    pass_quiz: Recorded,
    vouch: Recorded,
    decide: Decide,
    badge_class: BadgeClassVersion,
    now: datetime,
) -> None:
    """Nothing that somebody wrote, no address, nothing about what the rule does not look at."""
    pass_quiz()
    pass_quiz(reference="att_2", activity="another-module")
    vouch(badge_class)
    (award,) = decide()

    text = dossier.unseal(session, vault, award)
    kept = dossier.of(session, vault, award)

    assert {Kind.QUIZ, Kind.MANUAL} == {fact.kind for fact in kept.facts}
    assert "another-module" not in text
    assert "cinq gestes" not in text
    assert "anais" not in text
    assert (badge_class.digest, badge_class.document["rule"], now) == (
        kept.class_digest,
        kept.rule,
        kept.decided_at,
    )
    assert [Kind.MANUAL] == [fact.kind for fact in kept.used_facts]


def test_a_dossier_is_sealed_and_dies_with_its_person(
    session: Session, vault: Vault, pass_quiz: Recorded, decide: Decide, learner: Person
) -> None:
    """What remains names nobody."""
    pass_quiz()
    (award,) = decide()

    assert b"quiz" not in award.dossier
    vault.shred_holder(session, learner.id)
    with pytest.raises(HolderErased):
        dossier.of(session, vault, award)


def test_equal_dossiers_have_equal_digests(
    session: Session, vault: Vault, pass_quiz: Recorded, decide: Decide
) -> None:
    """Canonical JSON: sorted keys, no space, UTF-8; reading and writing changes nothing."""
    pass_quiz()
    (award,) = decide()
    text = dossier.unseal(session, vault, award)

    assert text == dossier.from_canonical(text).canonical()
    assert text == json.dumps(
        json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert award.dossier_digest == dossier.digest(text)


def test_a_dossier_of_another_format_is_refused(
    session: Session, vault: Vault, pass_quiz: Recorded, decide: Decide
) -> None:
    """Better unread than misread."""
    pass_quiz()
    (award,) = decide()
    text = dossier.unseal(session, vault, award).replace('"format":1', '"format":2')

    with pytest.raises(ValueError, match="format 2"):
        dossier.from_canonical(text)
