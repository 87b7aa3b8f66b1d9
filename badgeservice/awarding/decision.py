"""Who earns what: evaluating a rule is a pure function of facts and time.

Every condition is met, pending or not met; `all` is the worst of its parts, `any` the best,
`at_least` the n-th best. Rules have no negation, so a further fact never makes a decision worse.
Each decision carries its trace: what every part came to, and why.

How strong the award is
-----------------------
A badge claims one or more competences at a level. A piece of evidence supports the claim to a
competence only if it is about that competence, at that level or a higher one. Each competence is
supported as strongly as the strongest piece used that is about it, and not at all (`DECLARED`) when
none is; the award is as strong as its least supported competence.

So a quiz and a work review of the same skill make a reviewed skill; a beginner's badge that an
intermediate one asks for adds nothing; a milestone is as strong as its weakest member. Where several
routes are met, the strongest is used, and evidence of the others stays out of the badge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum

from badgeservice.awarding.rules import (
    Badge,
    Condition,
    HeldState,
    Manual,
    Operator,
    Partner,
    Predicate,
    Quiz,
    Rule,
)
from badgeservice.catalogue import validity
from badgeservice.catalogue.strength import Strength
from badgeservice.evidence.facts import Fact, Kind, Outcome


@dataclass(frozen=True)
class Skill:
    """What a badge claims: competences (at least one), the levels at which evidence supports them,
    and the least strength that a badge of this level may have.
    """

    competences: tuple[str, ...]
    levels: tuple[str, ...]
    minimum_strength: Strength


class Truth(IntEnum):
    """The three values of a condition, in order."""

    NO = 0
    PENDING = 1
    YES = 2


class Obstacle(StrEnum):
    """Why a predicate is not met."""

    MISSING = "missing"
    LOW_SCORE = "low_score"
    CRITICAL_MISSED = "critical_missed"
    TOO_OLD = "too_old"
    TOO_WEAK = "too_weak"
    EXPIRED = "expired"
    UNDECIDED = "undecided"
    """Everything is there, and somebody has still to decide."""


@dataclass(frozen=True)
class Trace:
    """What a condition came to, part by part.

    An operator has `parts`. A predicate has the facts that it is met `by`, the latest first; while
    it is not met, it has an `obstacle`, and the `nearest` fact if there is any that it looks at.
    """

    condition: Condition
    truth: Truth
    parts: tuple[Trace, ...] = ()
    by: tuple[Fact, ...] = ()
    obstacle: Obstacle | None = None
    nearest: Fact | None = None


@dataclass(frozen=True)
class Met:
    """The rule is met by the facts `used`, which support the claim to this `strength`."""

    used: tuple[Fact, ...]
    strength: Strength
    trace: Trace


@dataclass(frozen=True)
class Pending:
    """The rule will be met when each of the facts that it `waits` for is decided well."""

    waits: tuple[Fact, ...]
    trace: Trace


@dataclass(frozen=True)
class NotYet:
    """The rule is not met. When only the strength of the evidence falls short of what the level
    asks, `strength_needed` says what that is.
    """

    trace: Trace
    strength_needed: Strength | None = None


Decision = Met | Pending | NotYet

Route = tuple[Fact, ...]
"""Facts that together meet a condition."""


@dataclass(frozen=True)
class _Case:
    """What a condition is judged on."""

    badge: str
    facts: Sequence[Fact]
    skill: Skill
    now: datetime


def evaluate(rule: Rule, facts: Sequence[Fact], skill: Skill, now: datetime) -> Decision:
    """Return the decision on `facts` at `now`. Same arguments, same decision."""
    past = [fact for fact in facts if fact.occurred_at <= now]
    case = _Case(rule.badge, past, skill, now)
    trace = _trace(rule.when, case)
    if trace.truth is Truth.YES:
        used = _best_route(trace, skill)
        strength = supported(used, skill)
        if strength >= skill.minimum_strength:
            return Met(used, strength, trace)
    if waits := _waits(rule.when, case):
        return Pending(waits, trace)
    # Not missing, and not worth waiting for: what there is, decided or not, is too weak.
    return NotYet(trace, None if trace.truth is Truth.NO else skill.minimum_strength)


def supported(used: Sequence[Fact], skill: Skill) -> Strength:
    """Return how strongly `used` supports the claim to `skill` (see the top of this module)."""
    return min(_supports(used, skill))


def relevant(rule: Rule, facts: Sequence[Fact], skill: Skill) -> list[Fact]:
    """Return the facts that some predicate of the rule looks at; the others change nothing."""
    return [
        fact
        for fact in facts
        if any(_concerns(predicate, fact, rule.badge, skill) for predicate in rule.predicates)
    ]


def _waits(when: Condition, case: _Case) -> tuple[Fact, ...]:
    """Return what is undecided of the best way to be met if all were decided well; () if none is."""
    hoped_for = [replace(fact, outcome=Outcome.ACHIEVED) for fact in case.facts]
    trace = _trace(when, replace(case, facts=hoped_for))
    if trace.truth is not Truth.YES:
        return ()
    route = _best_route(trace, case.skill)
    if supported(route, case.skill) < case.skill.minimum_strength:
        return ()
    # In the order of the rule: the order in which facts are handed in says nothing.
    undecided = {fact.id: fact for fact in case.facts if fact.outcome is Outcome.PENDING}
    return tuple(undecided[fact.id] for fact in route if fact.id in undecided)


def _trace(condition: Condition, case: _Case) -> Trace:
    if not isinstance(condition, Operator):
        return _predicate_trace(condition, case)
    parts = tuple(_trace(part, case) for part in condition.of)
    best_first = sorted((part.truth for part in parts), reverse=True)
    return Trace(condition, best_first[condition.needed - 1], parts=parts)


def _predicate_trace(predicate: Predicate, case: _Case) -> Trace:
    latest_first = sorted(
        (fact for fact in case.facts if _concerns(predicate, fact, case.badge, case.skill)),
        key=lambda fact: (fact.occurred_at, fact.id),
        reverse=True,
    )
    judged = [(*_judge(predicate, fact, case.now), fact) for fact in latest_first]
    if by := tuple(fact for truth, _, fact in judged if truth is Truth.YES):
        return Trace(predicate, Truth.YES, by=by)
    if not judged:
        return Trace(predicate, Truth.NO, obstacle=Obstacle.MISSING)
    truth, obstacle, nearest = max(judged, key=lambda each: each[0])
    return Trace(predicate, truth, obstacle=obstacle, nearest=nearest)


def _concerns(predicate: Predicate, fact: Fact, badge: str, skill: Skill) -> bool:
    match predicate:
        case Quiz():
            return (fact.kind, fact.activity) == (Kind.QUIZ, predicate.module)
        case Manual():
            return (fact.kind, fact.activity) == (Kind.MANUAL, badge)
        case Partner():
            return (
                fact.kind is Kind.PARTNER_RESULT
                and fact.level in skill.levels
                and not set(skill.competences).isdisjoint(fact.competences)
            )
        case Badge():
            return (fact.kind, fact.activity) == (Kind.BADGE, predicate.slug)


def _judge(predicate: Predicate, fact: Fact, now: datetime) -> tuple[Truth, Obstacle | None]:
    """Return what one fact makes of a predicate that concerns it, and what stands in the way."""
    match predicate:
        case Quiz():
            obstacle = _quiz_obstacle(predicate, fact, now)
        case Manual() | Partner():
            obstacle = None if fact.strength >= predicate.min_strength else Obstacle.TOO_WEAK
        case Badge():
            expired = fact.valid_until is not None and fact.valid_until < now
            must_be_valid = predicate.state is HeldState.VALID
            obstacle = Obstacle.EXPIRED if expired and must_be_valid else None
    if obstacle is not None:
        return Truth.NO, obstacle
    if fact.outcome is Outcome.PENDING:
        return Truth.PENDING, Obstacle.UNDECIDED
    return Truth.YES, None


def _quiz_obstacle(quiz: Quiz, fact: Fact, now: datetime) -> Obstacle | None:
    if fact.score is None or fact.score < quiz.min_score:
        return Obstacle.LOW_SCORE
    if quiz.critical and fact.critical_passed is not True:
        return Obstacle.CRITICAL_MISSED
    if quiz.within is not None:
        end = validity.end(quiz.within, fact.occurred_at)
        if end is not None and end < now:
            return Obstacle.TOO_OLD
    return None


def _supports(used: Sequence[Fact], skill: Skill) -> list[Strength]:
    """Return how strongly each competence of the claim is supported, in its order."""
    return [
        max(
            (
                fact.strength
                for fact in used
                if competence in fact.competences and fact.level in skill.levels
            ),
            default=Strength.DECLARED,
        )
        for competence in skill.competences
    ]


def _best_route(trace: Trace, skill: Skill) -> Route:
    """Return the facts by which a met condition is met with the strongest support for the claim."""
    return max(
        _routes(trace, skill),
        key=lambda route: (supported(route, skill), sum(_supports(route, skill))),
    )


def _routes(trace: Trace, skill: Skill) -> list[Route]:
    """Return the ways in which a met condition is met, without those that support nothing better.

    A rule can be met in very many ways. Of two that support the same competences equally well, the
    first in the order of the file stands for both, so that for one competence one way is left.
    """
    if not isinstance(trace.condition, Operator):
        return _undominated([(fact,) for fact in trace.by], skill)
    needed = trace.condition.needed
    # ways[n] are the ways to meet n of the parts looked at so far.
    ways: list[list[Route]] = [[()], *([] for _ in range(needed))]
    for part in trace.parts:
        if part.truth is Truth.YES:
            routes = _routes(part, skill)
            for n in range(needed, 0, -1):
                joined = [_joined(way, route) for way in ways[n - 1] for route in routes]
                ways[n] = _undominated(ways[n] + joined, skill)
    return ways[needed]


def _joined(way: Route, route: Route) -> Route:
    """Return the facts of both, each once."""
    return way + tuple(fact for fact in route if fact not in way)


def _undominated(routes: Sequence[Route], skill: Skill) -> list[Route]:
    """Return the routes to which no other is at least equal in every competence, the first of equals."""
    kept: list[tuple[Route, list[Strength]]] = []
    for route in routes:
        supports = _supports(route, skill)
        if not any(_covers(other, supports) for _, other in kept):
            kept = [each for each in kept if not _covers(supports, each[1])]
            kept.append((route, supports))
    return [route for route, _ in kept]


def _covers(supports: list[Strength], others: list[Strength]) -> bool:
    return all(one >= other for one, other in zip(supports, others, strict=True))
