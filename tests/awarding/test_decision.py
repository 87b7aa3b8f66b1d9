"""Rules decide as they are written, never worse for knowing more, never more than is supported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgeservice.awarding.decision import (
    Decision,
    Met,
    NotYet,
    Obstacle,
    Pending,
    Skill,
    Truth,
    evaluate,
    relevant,
    supported,
)
from badgeservice.awarding.rules import (
    All,
    AnyOf,
    AtLeast,
    Badge,
    Condition,
    HeldState,
    Manual,
    Partner,
    Quiz,
    Rule,
)
from badgeservice.catalogue.strength import Strength
from badgeservice.evidence.facts import Fact, Outcome

from .deeds import CLASS, LEVELS, NOW, SKILL, asserted, held, quiz, rule, word

QUIZ = Quiz("reflexes", Fraction(7, 10), critical=True, within="P24M")
MANUAL = Manual(Strength.WORK_REVIEWED)
BADGE = Badge("crcn-1-3-beginner", HeldState.VALID)


def decide(when: Condition, *facts: Fact, skill: Skill = SKILL, now: datetime = NOW) -> Decision:
    """Return the decision of a rule with this condition."""
    return evaluate(rule(when), facts, skill, now)


def ids(decision: Decision) -> list[str]:
    """Return the ids of what a met decision rests on."""
    assert isinstance(decision, Met)
    return [fact.id for fact in decision.used]


def obstacle(decision: Decision) -> Obstacle | None:
    """Return what stands in the way of a rule that is one predicate."""
    assert not isinstance(decision, Met)
    return decision.trace.obstacle


# --- predicates ----------------------------------------------------------------------------------


def test_a_quiz_is_met() -> None:
    """Score, critical questions and age, all at once."""
    assert ["ev_quiz"] == ids(decide(QUIZ, quiz()))


def test_without_evidence_it_is_missing() -> None:
    """Also when there is evidence of something else."""
    assert Obstacle.MISSING == obstacle(decide(QUIZ, quiz(activity="other"), word(), held()))


@pytest.mark.parametrize(
    ("score", "met"),
    [
        (Fraction(7, 10), True),
        (Fraction(699_999, 1_000_000), False),
        (Fraction(2, 3), False),
        (Fraction(42, 60), True),
        (Fraction(1), True),
    ],
)
def test_scores_are_compared_exactly(score: Fraction, met: bool) -> None:
    """69.9999 % is not 70 %, and 42 points of 60 are."""
    assert met == isinstance(decide(QUIZ, quiz(score=score)), Met)


def test_a_threshold_that_no_binary_float_can_hold() -> None:
    """7/10 of 3/7 and the like: two thirds is met by two thirds."""
    third = Quiz("reflexes", Fraction("66.7") / 100, critical=False, within=None)

    assert Obstacle.LOW_SCORE == obstacle(decide(third, quiz(score=Fraction(2, 3))))


@pytest.mark.parametrize("passed", [False, None])
def test_a_critical_question_missed_is_in_the_way(passed: bool | None) -> None:
    """What nobody knows to be right is not right."""
    fact = quiz(score=Fraction(1), critical_passed=passed)

    assert Obstacle.CRITICAL_MISSED == obstacle(decide(QUIZ, fact))
    indifferent = Quiz("reflexes", Fraction(7, 10), critical=False, within=None)
    assert isinstance(decide(indifferent, fact), Met)


@pytest.mark.parametrize(
    ("occurred", "now", "met"),
    [
        ("2024-11-20T10:00:00Z", "2026-11-20T10:00:00Z", True),
        ("2024-11-20T10:00:00Z", "2026-11-20T10:00:01Z", False),
        ("2024-02-29T10:00:00Z", "2026-02-28T10:00:00Z", True),
        ("2024-02-29T10:00:00Z", "2026-02-28T10:00:01Z", False),
    ],
)
def test_age_is_counted_in_calendar_months(occurred: str, now: str, met: bool) -> None:
    """24 months are 731 or 730 days; 29 February ends on the 28th."""
    fact = quiz(occurred_at=datetime.fromisoformat(occurred))

    decision = decide(QUIZ, fact, now=datetime.fromisoformat(now))

    assert met == isinstance(decision, Met)
    assert met or Obstacle.TOO_OLD == obstacle(decision)


def test_the_future_does_not_count() -> None:
    """Replaying a decision of last year must not use what came since."""
    assert Obstacle.MISSING == obstacle(decide(QUIZ, quiz(occurred_at=NOW + timedelta(seconds=1))))


@pytest.mark.parametrize("strength", Strength)
def test_a_word_must_be_strong_enough(strength: Strength) -> None:
    """The rule says what an administrator must have seen."""
    decision = decide(MANUAL, word(strength=strength))

    assert (strength >= Strength.WORK_REVIEWED) == isinstance(decision, Met)
    assert isinstance(decision, Met) or Obstacle.TOO_WEAK == obstacle(decision)


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({}, True),
        ({"level": "advanced"}, True),
        ({"competences": ("4.1", "1.3")}, True),
        ({"strength": Strength.ATTENDANCE_VERIFIED}, False),
        ({"competences": ("4.2",)}, False),
        ({"activity": CLASS, "competences": ()}, False),
    ],
)
def test_a_partners_result_counts_for_its_competences_at_its_level(
    changes: dict[str, Any], met: bool
) -> None:
    """Whoever the partner is: which activities these are, the agreements say."""
    assert met is isinstance(decide(Partner(Strength.WORK_REVIEWED), asserted(**changes)), Met)


def test_a_partners_result_below_the_level_is_none() -> None:
    """Nor is it somebody's word, or a quiz."""
    intermediate = replace(SKILL, levels=LEVELS[1:])
    low = decide(Partner(Strength.ONLINE_QUIZ), asserted(), skill=intermediate)

    assert Obstacle.MISSING == obstacle(low)
    assert Obstacle.MISSING == obstacle(decide(MANUAL, asserted(activity=CLASS)))


def test_a_word_counts_for_its_own_class_only() -> None:
    """Who vouches for one skill has not vouched for another."""
    assert Obstacle.MISSING == obstacle(decide(MANUAL, word(activity="crcn-4-2-beginner")))


def test_a_badge_held_counts_until_it_expires() -> None:
    """To the second; for a rule that asks whether it was ever held, it does not matter."""
    valid = held(valid_until=NOW)
    expired = held(valid_until=NOW - timedelta(seconds=1))

    assert isinstance(decide(BADGE, valid), Met)
    assert Obstacle.EXPIRED == obstacle(decide(BADGE, expired))
    assert isinstance(decide(Badge("crcn-1-3-beginner", HeldState.HELD), expired), Met)


@pytest.mark.parametrize(
    ("condition", "fact"),
    [
        (QUIZ, quiz(outcome=Outcome.PENDING)),
        (MANUAL, word(outcome=Outcome.PENDING)),
        (BADGE, held(outcome=Outcome.PENDING)),
    ],
    ids=["quiz", "manual", "badge"],
)
def test_what_somebody_has_still_to_decide_is_pending(condition: Condition, fact: Fact) -> None:
    """Neither met, nor missing: the person has done their part."""
    decision = decide(condition, fact)

    assert isinstance(decision, Pending)
    assert (fact,) == decision.waits
    assert Obstacle.UNDECIDED == obstacle(decision)


def test_what_is_decided_outweighs_what_is_not() -> None:
    """One pass is enough, whatever else is still being read."""
    decision = decide(QUIZ, quiz(), quiz(id="ev_2", outcome=Outcome.PENDING))

    assert ["ev_quiz"] == ids(decision)


# --- operators -----------------------------------------------------------------------------------

_PARTS = tuple(Quiz(f"m-{number}", Fraction(7, 10), False, None) for number in range(3))
_VALUES: dict[Truth, list[Fact]] = {
    Truth.NO: [],
    Truth.PENDING: [quiz(outcome=Outcome.PENDING)],
    Truth.YES: [quiz()],
}


def _facts(*truths: Truth) -> list[Fact]:
    """Return facts by which the first parts have these values."""
    return [
        quiz(id=f"ev_{number}", activity=f"m-{number}", outcome=fact.outcome)
        for number, truth in enumerate(truths)
        for fact in _VALUES[truth]
    ]


@pytest.mark.parametrize("first", Truth)
@pytest.mark.parametrize("second", Truth)
@pytest.mark.parametrize("third", Truth)
def test_operators_on_three_values(first: Truth, second: Truth, third: Truth) -> None:
    """All is the worst, any the best, at least two the second best: all 27 cases of each."""
    values = sorted([first, second, third])
    facts = _facts(first, second, third)

    assert values[0] == decide(All(_PARTS), *facts).trace.truth
    assert values[1] == decide(AtLeast(2, _PARTS), *facts).trace.truth
    assert values[2] == decide(AnyOf(_PARTS), *facts).trace.truth


def test_every_part_of_all_is_used() -> None:
    """In the order of the file, each fact once."""
    twice = All((QUIZ, MANUAL, QUIZ))

    assert ["ev_quiz", "ev_word"] == ids(decide(twice, word(), quiz()))


def test_of_several_routes_the_strongest_is_used() -> None:
    """What was observed says more than a quiz; the quiz then stays out of the badge."""
    decision = decide(AnyOf((QUIZ, MANUAL)), quiz(), word())

    assert ["ev_word"] == ids(decision)
    assert isinstance(decision, Met)
    assert Strength.WORK_REVIEWED == decision.strength


def test_of_equal_routes_the_first_of_the_file_is_used() -> None:
    """The same decision on every machine, for ever."""
    other = Quiz("other", Fraction(1, 2), False, None)
    facts = [quiz(id="ev_other", activity="other"), quiz()]

    assert ["ev_quiz"] == ids(decide(AnyOf((QUIZ, other)), *facts))
    assert ["ev_other"] == ids(decide(AnyOf((other, QUIZ)), *facts))


def test_of_equal_facts_the_latest_is_used() -> None:
    """It says most about to-day; the order in which facts are handed in says nothing."""
    earlier = quiz(id="ev_0", occurred_at=NOW - timedelta(days=100))

    assert ["ev_quiz"] == ids(decide(QUIZ, earlier, quiz()))
    assert ["ev_quiz"] == ids(decide(QUIZ, quiz(), earlier))


def test_at_least_uses_as_many_as_it_needs() -> None:
    """Two of three: the two strongest."""
    facts = [
        held(f"b-{number}", strength=Strength(number), competences=("4.1",)) for number in (1, 2, 3)
    ]
    parts = tuple(Badge(f"b-{number}", HeldState.VALID) for number in (1, 2, 3))

    decision = decide(AtLeast(2, parts), *facts)

    assert isinstance(decision, Met)
    assert (2, Strength.WORK_REVIEWED) == (len(decision.used), decision.strength)
    assert "awd_b-3" in ids(decision)


def test_pending_names_only_what_is_waited_for() -> None:
    """What is met waits for nobody."""
    decision = decide(All((QUIZ, MANUAL)), quiz(), word(outcome=Outcome.PENDING))

    assert isinstance(decision, Pending)
    assert ["ev_word"] == [fact.id for fact in decision.waits]


def test_what_is_waited_for_comes_in_the_order_of_the_rule() -> None:
    """The same decision, whatever order the facts were read in."""
    facts = [word(outcome=Outcome.PENDING), quiz(outcome=Outcome.PENDING)]

    for handed_in in (facts, facts[::-1]):
        decision = decide(All((QUIZ, MANUAL)), *handed_in)

        assert isinstance(decision, Pending)
        assert ["ev_quiz", "ev_word"] == [fact.id for fact in decision.waits]


def test_a_hopeless_route_is_not_waited_for() -> None:
    """Inside a route that is not open, a pending part changes nothing yet."""
    closed = All((QUIZ, BADGE))
    decision = decide(
        AnyOf((closed, MANUAL)), held(outcome=Outcome.PENDING), word(outcome=Outcome.PENDING)
    )

    assert isinstance(decision, Pending)
    assert ["ev_word"] == [fact.id for fact in decision.waits]


# --- how strong the award is ---------------------------------------------------------------------


def test_a_quiz_and_a_review_of_the_same_skill_make_a_reviewed_skill() -> None:
    """For `all`, the strongest piece about the skill counts: it covers the whole claim."""
    decision = decide(All((QUIZ, MANUAL)), quiz(), word())

    assert isinstance(decision, Met)
    assert Strength.WORK_REVIEWED == decision.strength


def test_evidence_of_another_skill_adds_no_strength() -> None:
    """Somebody observed at work in 1.3 has not been observed in 4.1."""
    observed = held(strength=Strength.OBSERVED_AT_WORK)

    decision = decide(All((QUIZ, BADGE)), quiz(), observed)

    assert isinstance(decision, Met)
    assert Strength.ONLINE_QUIZ == decision.strength
    assert ["ev_quiz", observed.id] == ids(decision)


def test_evidence_of_a_lower_level_adds_no_strength() -> None:
    """What a beginner showed at work is no evidence of an advanced skill."""
    advanced = Skill(("4.1",), ("advanced",), Strength.DECLARED)
    beginner = held(strength=Strength.OBSERVED_AT_WORK, competences=("4.1",), level="beginner")

    decision = decide(All((QUIZ, BADGE)), quiz(level="advanced"), beginner, skill=advanced)

    assert isinstance(decision, Met)
    assert Strength.ONLINE_QUIZ == decision.strength


def test_evidence_of_a_higher_level_counts() -> None:
    """Who is advanced can do what a beginner does."""
    advanced = held(strength=Strength.OBSERVED_AT_WORK, competences=("4.1",), level="advanced")

    decision = decide(BADGE, advanced)

    assert isinstance(decision, Met)
    assert Strength.OBSERVED_AT_WORK == decision.strength


def test_a_milestone_is_as_strong_as_its_weakest_member() -> None:
    """Each badge covers its own competence, and none covers the whole."""
    both = Skill(("1.3", "4.1"), LEVELS, Strength.DECLARED)
    first, second = (Badge(slug, HeldState.VALID) for slug in ("b-1", "b-2"))

    decision = decide(
        All((first, second)),
        held("b-1", competences=("1.3",), strength=Strength.OBSERVED_AT_WORK),
        held("b-2", competences=("4.1",), strength=Strength.ATTENDANCE_VERIFIED),
        skill=both,
    )

    assert isinstance(decision, Met)
    assert Strength.ATTENDANCE_VERIFIED == decision.strength


def test_a_competence_without_evidence_is_only_declared() -> None:
    """The claim is as strong as its least supported part."""
    both = Skill(("1.3", "4.1"), LEVELS, Strength.DECLARED)

    assert Strength.DECLARED == supported([quiz()], both)


def test_less_than_the_level_asks_is_not_yet() -> None:
    """An intermediate badge never rests on a quiz alone, whatever its rule forgot to say."""
    intermediate = Skill(("4.1",), LEVELS, Strength.WORK_REVIEWED)

    weak = decide(AnyOf((QUIZ, MANUAL)), quiz(), skill=intermediate)
    strong = decide(AnyOf((QUIZ, MANUAL)), quiz(), word(), skill=intermediate)

    assert isinstance(weak, NotYet)
    assert Strength.WORK_REVIEWED == weak.strength_needed
    assert isinstance(strong, Met)


def test_what_is_too_weak_may_still_be_waiting_for_what_is_strong_enough() -> None:
    """Passing the quiz while the review is under way must not close the review's way."""
    intermediate = Skill(("4.1",), LEVELS, Strength.WORK_REVIEWED)
    reviewed = word(outcome=Outcome.PENDING)

    decision = decide(AnyOf((QUIZ, MANUAL)), quiz(), reviewed, skill=intermediate)

    assert isinstance(decision, Pending)
    assert (reviewed,) == decision.waits


def test_what_could_never_be_strong_enough_is_not_waited_for() -> None:
    """Once decided it would still be too weak: better to say at once what the level asks."""
    intermediate = Skill(("4.1",), LEVELS, Strength.WORK_REVIEWED)

    decision = decide(QUIZ, quiz(outcome=Outcome.PENDING), skill=intermediate)

    assert isinstance(decision, NotYet)
    assert Strength.WORK_REVIEWED == decision.strength_needed


def test_a_further_route_is_taken_only_if_it_helps_the_whole() -> None:
    """Choosing part by part would lose 4.1 here: the stronger half is not the better half."""
    both = Skill(("1.3", "4.1"), LEVELS, Strength.DECLARED)
    one = held("b-1", competences=("1.3",), strength=Strength.WORK_REVIEWED)
    same = held("b-2", competences=("1.3",), strength=Strength.OBSERVED_AT_WORK)
    missing = held("b-3", competences=("4.1",), strength=Strength.WORK_REVIEWED)
    first, second, third = (Badge(f"b-{n}", HeldState.VALID) for n in (1, 2, 3))

    decision = decide(All((first, AnyOf((second, third)))), one, same, missing, skill=both)

    assert ["awd_b-1", "awd_b-3"] == ids(decision)
    assert isinstance(decision, Met)
    assert Strength.WORK_REVIEWED == decision.strength


# --- for every rule and every set of facts -------------------------------------------------------

_MODULES = ("m-1", "m-2")
_BADGES = ("b-1", "b-2")
_COMPETENCES = st.sampled_from([("1.3",), ("4.1",), ("1.3", "4.1")])
_TIMES = st.integers(-40, 2).map(lambda months: NOW + timedelta(days=30 * months))

_predicate = st.one_of(
    st.builds(
        Quiz,
        module=st.sampled_from(_MODULES),
        min_score=st.sampled_from([Fraction(1, 2), Fraction(7, 10), Fraction(1)]),
        critical=st.booleans(),
        within=st.sampled_from([None, "P6M", "P24M"]),
    ),
    st.builds(Manual, st.sampled_from(Strength)),
    st.builds(Partner, st.sampled_from(Strength)),
    st.builds(Badge, st.sampled_from(_BADGES), st.sampled_from(HeldState)),
)


def _operators(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    some = st.lists(parts, min_size=1, max_size=3).map(tuple)
    at_least = some.flatmap(lambda of: st.integers(1, len(of)).map(lambda n: AtLeast(n, of)))
    return st.one_of(st.builds(All, some), st.builds(AnyOf, some), at_least)


conditions: st.SearchStrategy[Condition] = st.recursive(_predicate, _operators, max_leaves=8)
_skills = st.builds(
    Skill,
    competences=_COMPETENCES,
    levels=st.sampled_from([LEVELS, LEVELS[1:]]),
    minimum_strength=st.sampled_from(Strength),
)


@st.composite
def _one_fact(draw: st.DrawFn, number: int) -> Fact:
    changes = {
        "id": f"ev_{number}",
        "competences": draw(_COMPETENCES),
        "level": draw(st.sampled_from(LEVELS)),
        "strength": draw(st.sampled_from(Strength)),
        "outcome": draw(st.sampled_from(Outcome)),
        "occurred_at": draw(_TIMES),
    }
    match draw(st.integers(0, 3)):
        case 0:
            return quiz(
                activity=draw(st.sampled_from(_MODULES)),
                score=draw(st.sampled_from([Fraction(1, 2), Fraction(7, 10), Fraction(1)])),
                critical_passed=draw(st.sampled_from([True, False, None])),
                **changes,
            )
        case 1:
            return word(activity=draw(st.sampled_from([CLASS, "other"])), **changes)
        case 2:
            return asserted(**changes)
        case _:
            until = draw(st.none() | _TIMES)
            return held(draw(st.sampled_from(_BADGES)), **changes, valid_until=until)


@st.composite
def fact_lists(draw: st.DrawFn, most: int = 6) -> list[Fact]:
    """Facts with ids of their own."""
    return [draw(_one_fact(number)) for number in range(draw(st.integers(0, most)))]


_ORDER = {NotYet: 0, Pending: 1, Met: 2}


def _standing(decision: Decision) -> tuple[int, int]:
    strength = decision.strength if isinstance(decision, Met) else Strength.DECLARED
    return _ORDER[type(decision)], strength


@settings(max_examples=600, deadline=None)
@given(conditions, fact_lists(), _skills, st.data())
def test_a_further_fact_never_makes_a_decision_worse(
    when: Condition, facts: list[Fact], skill: Skill, data: st.DataObject
) -> None:
    """Neither the state, nor the strength: learning more cannot cost a badge."""
    kept = data.draw(st.lists(st.sampled_from(facts), unique_by=id)) if facts else []

    fewer, more = decide(when, *kept, skill=skill), decide(when, *facts, skill=skill)

    assert _standing(fewer) <= _standing(more)
    assert fewer.trace.truth <= more.trace.truth


@settings(max_examples=300, deadline=None)
@given(conditions, fact_lists(), _skills)
def test_an_award_says_no_more_than_what_it_uses_supports(
    when: Condition, facts: list[Fact], skill: Skill
) -> None:
    """For each competence there is a used, decided piece about it, at its level, so strong."""
    decision = decide(when, *facts, skill=skill)

    if isinstance(decision, Met) and decision.strength > Strength.DECLARED:
        for competence in skill.competences:
            assert any(
                competence in fact.competences
                and fact.level in skill.levels
                and fact.strength >= decision.strength
                and fact.outcome is Outcome.ACHIEVED
                for fact in decision.used
            )


@settings(max_examples=200, deadline=None)
@given(conditions, fact_lists(most=5), _skills)
def test_no_other_choice_of_evidence_would_make_the_award_stronger(
    when: Condition, facts: list[Fact], skill: Skill
) -> None:
    """Held against every subset of the facts: the rule decided on each alone, strength by hand."""
    decision = decide(when, *facts, skill=skill)
    best = max(
        (
            supported(reached.used, skill)
            for size in range(len(facts) + 1)
            for subset in combinations(facts, size)
            if isinstance(reached := decide(when, *subset, skill=skill), Met)
        ),
        default=None,
    )

    assert best == (decision.strength if isinstance(decision, Met) else None)


@settings(max_examples=300, deadline=None)
@given(conditions, fact_lists(), _skills)
def test_what_is_used_is_enough(when: Condition, facts: list[Fact], skill: Skill) -> None:
    """The used facts alone lead to the same award."""
    decision = decide(when, *facts, skill=skill)

    if isinstance(decision, Met):
        alone = decide(when, *decision.used, skill=skill)
        assert _standing(decision) == _standing(alone)


@settings(max_examples=600, deadline=None)
@given(conditions, fact_lists(), _skills)
def test_the_order_of_the_facts_changes_nothing(
    when: Condition, facts: list[Fact], skill: Skill
) -> None:
    """A replay reads them from a dossier, the first decision from tables."""
    assert decide(when, *facts, skill=skill) == decide(when, *reversed(facts), skill=skill)


@settings(max_examples=300, deadline=None)
@given(conditions, fact_lists(), _skills)
def test_facts_that_no_predicate_looks_at_change_nothing(
    when: Condition, facts: list[Fact], skill: Skill
) -> None:
    """A dossier may leave them out: it holds no more about a person than the decision needs."""
    asked: Rule = rule(when)
    kept: Sequence[Fact] = relevant(asked, facts, skill)

    assert evaluate(asked, facts, skill, NOW) == evaluate(asked, kept, skill, NOW)
