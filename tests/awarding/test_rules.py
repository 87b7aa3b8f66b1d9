"""A rule file is read whole, exactly, or refused with every problem named."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from badgeservice.awarding import rules
from badgeservice.awarding.rules import (
    All,
    AnyOf,
    AtLeast,
    Badge,
    HeldState,
    Manual,
    Quiz,
    Rule,
)
from badgeservice.catalogue.strength import Strength
from badgeservice.errors import RuleRefused

ROOT = Path(__file__).resolve().parents[2]


def file(when: str, **changes: str) -> dict[str, Any]:
    """Return a rule file with this condition, every scalar a string."""
    fields = {
        "rule": "r",
        "version": "1",
        "badge": "crcn-4-1-beginner",
        "validation": "automatic",
        "validity": "P24M",
    } | changes
    data: dict[str, Any] = yaml.load(
        "\n".join(f"{key}: {value}" for key, value in fields.items()) + f"\nwhen: {when}",
        Loader=yaml.BaseLoader,
    )
    return data


def problems(data: dict[str, Any]) -> list[str]:
    """Return the lines with which a rule is refused."""
    with pytest.raises(RuleRefused) as refused:
        rules.parse(data, origin="x/rule.yaml")
    return refused.value.message.splitlines()


def test_reads_every_condition() -> None:
    """One of each, nested, from text alone."""
    when = """
      all:
        - any:
            - quiz: {module: reflexes, min_score: "72.5", critical: "true", within: P24M}
            - manual: {min_strength: 3}
        - at_least:
            n: 2
            of:
              - badge: {slug: b-1}
              - badge: {slug: b-2, state: valid}
              - badge: {slug: b-3, state: held}
    """

    assert Rule(
        name="r",
        version=1,
        badge="crcn-4-1-beginner",
        when=All(
            (
                AnyOf(
                    (
                        Quiz("reflexes", Fraction(29, 40), True, "P24M"),
                        Manual(Strength.WORK_REVIEWED),
                    )
                ),
                AtLeast(
                    2,
                    (
                        Badge("b-1", HeldState.VALID),
                        Badge("b-2", HeldState.VALID),
                        Badge("b-3", HeldState.HELD),
                    ),
                ),
            )
        ),
        validity="P24M",
    ) == rules.parse(file(when))


def test_text_and_json_scalars_mean_the_same() -> None:
    """A class document keeps numbers and booleans, a file has text; the rule is one."""
    text = file("{quiz: {module: m, min_score: 70, critical: true}}")
    native = text | {
        "version": 1,
        "when": {"quiz": {"module": "m", "min_score": 70, "critical": True}},
    }

    assert rules.parse(text) == rules.parse(native)


def test_what_may_be_left_out() -> None:
    """Critical questions and age matter only where the rule says so."""
    quiz = rules.parse(file("{quiz: {module: m, min_score: 70}}")).when

    assert Quiz("m", Fraction(7, 10), critical=False, within=None) == quiz


def test_predicates_come_in_the_order_of_the_file() -> None:
    """So that `catalogue check` can hold each against what exists."""
    when = "{any: [{quiz: {module: a, min_score: 1}}, {all: [{badge: {slug: b}}]}]}"

    assert (
        Quiz("a", Fraction(1, 100), False, None),
        Badge("b", HeldState.VALID),
    ) == rules.parse(file(when)).predicates


@pytest.mark.parametrize(
    ("when", "line"),
    [
        (
            "{}",
            "when: One of all, any, at_least, quiz, manual, partner, badge, and nothing beside it.",
        ),
        ("quiz", "when: One of"),
        ("{quiz: {module: m, min_score: 70}, manual: {min_strength: 3}}", "when: One of"),
        ("{not: {manual: {min_strength: 3}}}", "when.not: Unknown; one of"),
        ("{quiz: reflexes}", "when.quiz: Invalid input type."),
        ("{any: []}", "when.any: Shorter than minimum length 1."),
        ("{any: {manual: {min_strength: 3}}}", "when.any: Not a valid list."),
        ("{all: [{any: [{quiz: {module: m}}]}]}", "when.all[0].any[0].quiz.min_score: Missing"),
        ("{quiz: {module: m, min_score: 70, score: 1}}", "when.quiz.score: Unknown field."),
        ("{quiz: {module: M x, min_score: 70}}", "when.quiz.module: Lower-case words"),
        ("{quiz: {module: m, min_score: 0}}", "when.quiz.min_score: A percentage"),
        ("{quiz: {module: m, min_score: 101}}", "when.quiz.min_score: A percentage"),
        ("{quiz: {module: m, min_score: -70}}", "when.quiz.min_score: A percentage"),
        ("{quiz: {module: m, min_score: 7/10}}", "when.quiz.min_score: A percentage"),
        ("{quiz: {module: m, min_score: ٧٠}}", "when.quiz.min_score: A percentage"),
        ("{quiz: {module: m, min_score: 70, critical: oui}}", "when.quiz.critical: Not a valid"),
        ("{quiz: {module: m, min_score: 70, within: P2Y}}", "when.quiz.within: Months"),
        ("{quiz: {module: m, min_score: 70, within: P0M}}", "when.quiz.within: Months"),
        ("{quiz: {module: m, min_score: 70, within: unlimited}}", "when.quiz.within: Months"),
        ("{manual: {min_strength: 5}}", "when.manual.min_strength: Must be"),
        ("{manual: {min_strength: 2.5}}", "when.manual.min_strength: A whole number."),
        ("{badge: {slug: b, state: revoked}}", "when.badge.state: Must be one of"),
        ("{badge: {slug: crcn-4-1-beginner}}", "when: crcn-4-1-beginner cannot ask for itself."),
        ("{at_least: {of: [{badge: {slug: b}}]}}", "when.at_least.n: Missing"),
        ("{at_least: {n: 0, of: [{badge: {slug: b}}]}}", "when.at_least.n: Must be"),
        (
            "{at_least: {n: 2, of: [{badge: {slug: b}}]}}",
            "when.at_least.n: 2 of 1 can never be met.",
        ),
        (
            "{any: [{any: [{any: [{any: [{any: [{badge: {slug: b}}]}]}]}]}]}",
            "when: Nested deeper than 4.",
        ),
    ],
)
def test_refuses_a_condition_naming_file_and_path(when: str, line: str) -> None:
    """The person who can mend it reads the file, not the code."""
    lines = problems(file(when))

    assert 1 == len(lines)
    assert lines[0].startswith(f"x/rule.yaml, {line}")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rule", "A B"),
        ("version", "0"),
        ("version", "1.0"),
        ("badge", ""),
        ("validation", "facilitator"),
        ("validity", "2 years"),
        ("validity", "P24M\\n"),
        ("surprise", "x"),
    ],
)
def test_refuses_a_heading_naming_the_field(key: str, value: str) -> None:
    """A rule that decides by a person cannot be read as one that decides alone."""
    lines = problems(file("{manual: {min_strength: 3}}", **{key: f'"{value}"'}))

    assert [f"x/rule.yaml, {key}"] == [line.split(":")[0] for line in lines]


def test_names_every_problem_at_once() -> None:
    """Mending one after the other costs a day."""
    when = "{any: [{quiz: {module: m}}, {manual: {}}]}"

    assert 3 == len(problems(file(when, validity="x")))


@pytest.mark.parametrize("number", [70.0, True, None, ["70"]])
def test_a_score_is_never_a_binary_float_or_a_boolean(number: object) -> None:
    """70.0 could be 69.99999999999999, and true is 1 in Python."""
    data = file("x") | {"when": {"quiz": {"module": "m", "min_score": number}}}

    assert "when.quiz.min_score" in problems(data)[0]
