"""From evidence to an offer, and what its holder answers.

An award is an offer until the person accepts it; only then may anything be signed. The same evidence
is offered once: who declines, or whose badge was revoked, is not offered it again until there is
something new. An offer stands while what it rests on stands; a stronger one takes its place. A badge
whose time ends is renewed: new evidence makes an offer of a new one, beside the one that is held.

Functions flush; the caller commits.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.awarding import decision, dossier, rules, words
from badgeservice.awarding.decision import Decision, Met, Skill
from badgeservice.awarding.dossier import Acceptance, Dossier
from badgeservice.awarding.models import Award, AwardState, Origin
from badgeservice.awarding.rules import Rule
from badgeservice.catalogue import validity
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.templates import State
from badgeservice.catalogue.text import Text
from badgeservice.errors import (
    BadgeserviceError,
    HolderErased,
    IssuingRefused,
    OfferClosed,
    RuleNotMet,
)
from badgeservice.evidence import levels, record
from badgeservice.evidence.facts import BadgeDetails, Fact, Identity, Kind, Outcome
from badgeservice.people.models import Person
from badgeservice.storage.vault import Vault

RENEWAL_WINDOW = timedelta(days=60)
"""How long before its end a badge can be earned anew, on new evidence."""

_ID_BYTES = 16
_LIVE = (AwardState.OFFERED, AwardState.ACCEPTED)
_ROWS_AT_A_TIME = 200


# --- deciding ------------------------------------------------------------------------------------


def decide(
    session: Session,
    vault: Vault,
    *,
    person_id: str,
    classes: Sequence[BadgeClassVersion],
    now: datetime,
) -> list[Award]:
    """Decide about a person and each of `classes`; return the offers that are open afterwards.

    An offer is made where the rule is met and none stands. Deciding again changes nothing, however
    many do it at once. Classes that are drafts are passed over.
    """
    awards = [
        _settle(session, vault, person_id, badge_class, now)
        for badge_class in classes
        if badge_class.state == State.PUBLISHED
    ]
    return [award for award in awards if award and award.state == AwardState.OFFERED]


def award_for(
    session: Session,
    vault: Vault,
    *,
    person_id: str,
    badge_class: BadgeClassVersion,
    now: datetime,
) -> Award:
    """Decide about one class; return the person's offer or accepted award of it.

    Raises RuleNotMet, saying in English what is missing; OfferClosed when the same evidence was
    offered before, and the offer declined or taken back.
    """
    if badge_class.state != State.PUBLISHED:
        raise RuleNotMet(f"{badge_class.slug} version {badge_class.version} is a draft")
    if award := _settle(session, vault, person_id, badge_class, now):
        return award
    outcome = progress(session, person_id=person_id, badge_class=badge_class, now=now)
    if isinstance(outcome, Met):
        raise OfferClosed(f"{badge_class.slug} was offered for the same evidence before")
    explained = words.explain(outcome, words.Names(), "en")
    raise RuleNotMet(f"{badge_class.slug} cannot be awarded. {explained.summary}")


def is_renewable(award: Award, now: datetime) -> bool:
    """Say whether the time of an accepted award has ended, or ends within RENEWAL_WINDOW."""
    return award.valid_until is not None and now >= award.valid_until - RENEWAL_WINDOW


def renewed(session: Session, award: Award) -> Award | None:
    """Return the accepted award that this one renews, None for a first one."""
    return session.scalar(
        select(Award).where(
            Award.person_id == award.person_id,
            Award.slug == award.slug,
            Award.renewal == award.renewal - 1,
            Award.state == AwardState.ACCEPTED,
        )
    )


def progress(
    session: Session, *, person_id: str, badge_class: BadgeClassVersion, now: datetime
) -> Decision:
    """Return what the rule of a class comes to for a person today; `words.explain` says it."""
    return reached(badge_class, _facts(session, person_id), now)


def reached(badge_class: BadgeClassVersion, facts: Sequence[Fact], now: datetime) -> Decision:
    """Return what the rule of a class comes to on these facts."""
    return decision.evaluate(_rule(badge_class), facts, _skill(badge_class), now)


def is_live(award: Award) -> bool:
    """Say whether an award is offered or accepted."""
    return award.state in _LIVE


def is_answered(met: Met, former: Sequence[Award]) -> bool:
    """Say whether a person has had their say about all that a rule is met by.

    An offer that we took back by ourselves was not answered.
    """
    used = {fact.id for fact in met.used}
    return any(
        used <= set(award.used)
        for award in former
        if award.state == AwardState.DECLINED or award.accepted_at is not None
    )


def open_offers(session: Session, person_id: str) -> list[Award]:
    """Return the offers that wait for a person's answer, the latest first."""
    return list(
        session.scalars(
            select(Award)
            .where(Award.person_id == person_id, Award.state == AwardState.OFFERED)
            .order_by(Award.decided_at.desc(), Award.id)
        )
    )


# --- what the holder answers ---------------------------------------------------------------------


def declined(session: Session, person_id: str) -> list[Award]:
    """Return the offers that a person declined and has no other award of, the latest first."""
    awards = session.scalars(
        select(Award)
        .where(Award.person_id == person_id)
        .order_by(Award.decided_at.desc(), Award.id)
    ).all()
    live = {award.slug for award in awards if award.state in _LIVE}
    return [
        award for award in awards if award.state == AwardState.DECLINED and award.slug not in live
    ]


def accept(
    session: Session,
    vault: Vault,
    award_id: str,
    *,
    choices: Mapping[str, str | bool | None],
    actor: str,
    now: datetime,
) -> Award:
    """Accept an offer, with the holder's choices written into its dossier; return the award.

    Accepting again changes nothing: the first choices stay. Raises IssuingRefused when there is no
    such offer; OfferClosed when it was declined or taken back, or no longer stands.
    """
    award = _get(session, award_id)
    if award.state == AwardState.ACCEPTED:
        return award
    if award.state == AwardState.OFFERED:
        if not _counts(award, _facts(session, award.person_id)):
            raise OfferClosed(f"what {award_id} rests on no longer stands")
        accepted = replace(
            dossier.of(session, vault, award),
            acceptance=Acceptance(choices=choices, actor=actor, at=now),
        )
        sealed, digest = dossier.seal(session, vault, accepted)
        award = _move(
            session,
            award,
            AwardState.OFFERED,
            AwardState.ACCEPTED,
            now,
            accepted_at=now,
            dossier=sealed,
            dossier_digest=digest,
        )
    if award.state != AwardState.ACCEPTED:
        raise OfferClosed(f"the offer {award_id} is {award.state}")
    return award


def choices(session: Session, vault: Vault, award: Award) -> dict[str, str | bool | None]:
    """Return what the holder chose when accepting; raise IssuingRefused if they have not."""
    accepted = dossier.of(session, vault, award).acceptance
    if accepted is None:
        raise IssuingRefused(f"{award.id} was not accepted")
    return dict(accepted.choices)


def decline(session: Session, award_id: str, *, now: datetime) -> Award:
    """Decline an offer; declining again changes nothing.

    Raises IssuingRefused when there is none; OfferClosed when it is accepted or was taken back.
    """
    award = _get(session, award_id)
    award = _move(session, award, AwardState.OFFERED, AwardState.DECLINED, now)
    if award.state != AwardState.DECLINED:
        raise OfferClosed(f"the offer {award_id} is {award.state}")
    return award


def reconsider(session: Session, award_id: str, *, now: datetime) -> Award:
    """Open again an offer that its holder had declined.

    Raises IssuingRefused when there is none; OfferClosed when it was not declined, or a newer one
    of the same badge has been made.
    """
    award = _get(session, award_id)
    try:
        with session.begin_nested():
            award = _move(session, award, AwardState.DECLINED, AwardState.OFFERED, now)
    except IntegrityError:
        raise OfferClosed(f"there is a newer offer than {award_id}") from None
    if award.state != AwardState.OFFERED:
        raise OfferClosed(f"the offer {award_id} is {award.state}")
    return award


def withdraw(session: Session, award_id: str, *, now: datetime) -> Award:
    """Take back an accepted award whose badge is being revoked, so that no rule counts on it.

    Doing so again changes nothing. Raises IssuingRefused for an award that was never accepted.
    """
    award = _get(session, award_id)
    award = _move(session, award, AwardState.ACCEPTED, AwardState.WITHDRAWN, now)
    if award.state != AwardState.WITHDRAWN:
        raise IssuingRefused(f"{award_id} was not accepted")
    return award


def forget(session: Session, person_id: str) -> None:
    """Delete every award of a person who is being erased, with its dossier."""
    session.execute(delete(Award).where(Award.person_id == person_id))


# --- deciding again ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """An award whose dossier does not lead to it."""

    award_id: str
    problem: str

    def __str__(self) -> str:
        return f"{self.award_id}: {self.problem}"


def replay(session: Session, vault: Vault) -> list[Difference]:
    """Decide every award again, each from its dossier alone, and return what differs.

    Awards of persons who were erased have no dossier any more, and are passed over.
    """
    rows = session.scalars(
        select(Award).order_by(Award.id).execution_options(yield_per=_ROWS_AT_A_TIME)
    )
    return [
        Difference(award.id, problem)
        for award in rows
        for problem in _problems(session, vault, award)
    ]


def _problems(session: Session, vault: Vault, award: Award) -> Iterator[str]:
    """Yield everything in which an award, its dossier and the decision differ."""
    try:
        canonical = dossier.unseal(session, vault, award)
    except HolderErased:
        return
    except BadgeserviceError as error:
        yield f"the dossier does not open: {error.message}"
        return
    if dossier.digest(canonical) != award.dossier_digest:
        yield "the dossier is not the one whose digest was kept"
    try:
        kept = dossier.from_canonical(canonical)
        again = kept.decide_again()
    except (BadgeserviceError, KeyError, TypeError, ValueError) as error:
        yield f"the dossier cannot be read: {error}"
        return
    yield from _row_problems(award, kept)
    if not isinstance(again, Met):
        yield "its evidence does not meet its rule"
        return
    if tuple(fact.id for fact in again.used) != kept.used:
        yield "its rule is met by other evidence"
    if again.strength != kept.strength:
        yield f"its evidence supports strength {again.strength:d}, not {kept.strength:d}"


def _row_problems(award: Award, kept: Dossier) -> Iterator[str]:
    """Yield each column that says otherwise than the dossier."""
    rule = rules.parse(kept.rule)
    expected = {
        "id": kept.award_id,
        "person_id": kept.person_id,
        "slug": kept.slug,
        "class_version": kept.class_version,
        "rule_version": rule.version,
        "origin": _origin(kept.used_facts),
        "used": list(kept.used),
        "strength": kept.strength,
        "decided_at": kept.decided_at,
        "valid_until": validity.end(rule.validity, kept.decided_at),
    }
    for name, value in expected.items():
        if getattr(award, name) != value:
            yield f"{name} is {getattr(award, name)}, {value} in the dossier"
    if award.state in _LIVE and (kept.acceptance is not None) != (
        award.state == AwardState.ACCEPTED
    ):
        yield f"it is {award.state}, and the dossier says otherwise"


# --- parts ---------------------------------------------------------------------------------------


def _settle(
    session: Session, vault: Vault, person_id: str, badge_class: BadgeClassVersion, now: datetime
) -> Award | None:
    """Return the award of this class that is live once the rule has been asked; None if there is none."""
    former = session.scalars(
        select(Award)
        .where(Award.person_id == person_id, Award.slug == badge_class.slug)
        .order_by(Award.renewal.desc())
    ).all()
    facts = _facts(session, person_id)
    held = next((award for award in former if award.state == AwardState.ACCEPTED), None)
    if held and not is_renewable(held, now):
        return held
    if held:  # what has been rewarded once is no ground for a renewal
        facts = [fact for fact in facts if fact.id not in (held.id, *held.used)]
    rule, skill = _rule(badge_class), _skill(badge_class)
    outcome = decision.evaluate(rule, facts, skill, now)
    if offer := next((award for award in former if award.state == AwardState.OFFERED), None):
        if _stands(offer, outcome, facts):
            return offer
        offer = _move(session, offer, AwardState.OFFERED, AwardState.WITHDRAWN, now)
        if offer.state == AwardState.ACCEPTED:  # by a tap at this very moment
            return offer
    if not isinstance(outcome, Met):
        return held
    if is_answered(outcome, former):
        return held
    used = [fact.id for fact in outcome.used]
    renewal = held.renewal + 1 if held else 0
    award_id = f"awd_{secrets.token_hex(_ID_BYTES)}"
    sealed, digest = dossier.seal(
        session,
        vault,
        Dossier(
            award_id=award_id,
            person_id=person_id,
            slug=badge_class.slug,
            class_version=badge_class.version,
            class_digest=badge_class.digest,
            rule=badge_class.document["rule"],
            skill=skill,
            facts=tuple(decision.relevant(rule, facts, skill)),
            decided_at=now,
            used=tuple(used),
            strength=outcome.strength,
        ),
    )
    award = Award(
        id=award_id,
        person_id=person_id,
        slug=badge_class.slug,
        class_version=badge_class.version,
        renewal=renewal,
        rule_version=rule.version,
        origin=_origin(outcome.used),
        used=used,
        strength=outcome.strength,
        decided_at=now,
        valid_until=validity.end(rule.validity, now),
        state=AwardState.OFFERED,
        state_since=now,
        dossier=sealed,
        dossier_digest=digest,
    )
    try:
        with session.begin_nested():
            session.add(award)
    except IntegrityError:
        # Someone decided the same beside us; the unique index let one of us through.
        winner = session.scalar(
            select(Award).where(
                Award.person_id == person_id,
                Award.slug == badge_class.slug,
                Award.class_version == badge_class.version,
                Award.renewal == renewal,
                Award.state.in_(_LIVE),
            )
        )
        if winner is None:
            raise
        return winner
    return award


def _stands(offer: Award, outcome: Decision, facts: Sequence[Fact]) -> bool:
    """Say whether an offer still counts, and nothing stronger could be offered in its place.

    That time has passed does not matter: the offer was right when it was made.
    """
    is_stronger = isinstance(outcome, Met) and outcome.strength > offer.strength
    return _counts(offer, facts) and not is_stronger


def _counts(offer: Award, facts: Sequence[Fact]) -> bool:
    """Say whether everything that an offer rests on still is among the facts."""
    return set(offer.used) <= {fact.id for fact in facts}


def _origin(used: Sequence[Fact]) -> Origin:
    by_word = any(fact.kind is Kind.MANUAL for fact in used)
    return Origin.ADMINISTRATOR if by_word else Origin.RULE


def _rule(badge_class: BadgeClassVersion) -> Rule:
    origin = f"{badge_class.slug} version {badge_class.version}, rule"
    return rules.parse(badge_class.document["rule"], origin=origin)


def _skill(badge_class: BadgeClassVersion) -> Skill:
    document = badge_class.document
    return Skill(
        competences=tuple(each["code"] for each in document["competences"]),
        levels=levels.sufficient_for(document["level"]["slug"]),
        minimum_strength=Strength(document["minimum_strength"]),
    )


def _facts(session: Session, person_id: str) -> list[Fact]:
    """Return what we hold of a person: valid evidence, and badges held or offered."""
    evidence = [record.fact(row) for row in record.for_person(session, person_id)]
    return evidence + list(_held(session, person_id))


def _held(session: Session, person_id: str) -> Iterator[Fact]:
    """Yield each badge of a person as a fact; one that is only offered is a decision of their own."""
    rows = session.execute(
        select(Award, BadgeClassVersion, Person.controller_id)
        .join(
            BadgeClassVersion,
            (BadgeClassVersion.slug == Award.slug)
            & (BadgeClassVersion.version == Award.class_version),
        )
        .join(Person, Person.id == Award.person_id)
        .where(Award.person_id == person_id, Award.state.in_(_LIVE))
        .order_by(Award.decided_at, Award.id)
    )
    for award, badge_class, controller_id in rows:
        document = badge_class.document
        accepted = award.state == AwardState.ACCEPTED
        yield Fact(
            id=award.id,
            activity=award.slug,
            activity_version=str(award.class_version),
            content_digest=badge_class.digest,
            competences=tuple(each["code"] for each in document["competences"]),
            level=document["level"]["slug"],
            strength=Strength(award.strength),
            identity=Identity.UNKNOWN,
            outcome=Outcome.ACHIEVED if accepted else Outcome.PENDING,
            source_organisation=controller_id,
            method="award",
            occurred_at=award.decided_at,
            details=BadgeDetails(name=Text(**document["name"])),
            valid_until=award.valid_until,
        )


def _get(session: Session, award_id: str) -> Award:
    award = session.get(Award, award_id)
    if award is None:
        raise IssuingRefused(f"there is no offer {award_id}")
    return award


def _move(
    session: Session,
    award: Award,
    before: AwardState,
    after: AwardState,
    now: datetime,
    **changes: Any,
) -> Award:
    """Move an award from one state to another if it still is in the first; return it as it is now.

    Whoever comes second changes nothing, and sees what the first has done. Raises HolderErased when
    the award is gone, and its person with it.
    """
    award_id = award.id
    session.execute(
        update(Award)
        .where(Award.id == award_id, Award.state == before)
        .values(state=after, state_since=now, **changes)
        .execution_options(synchronize_session=False)
    )
    current = session.get(Award, award_id, populate_existing=True)
    if current is None:
        raise HolderErased("the data of this holder has been erased")
    return current
