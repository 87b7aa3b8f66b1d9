"""Rules that nobody could meet are found before their class is published."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from badgeservice.awarding import coherence
from badgeservice.catalogue import framework as frameworks
from badgeservice.catalogue import templates
from badgeservice.learning import content
from tests.conftest import ROOT

SLUG = "crcn-4-1-beginner"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the badge templates, to be spoiled."""
    return Path(shutil.copytree(ROOT / "badge_templates", tmp_path / "badge_templates"))


def problems(folder: Path) -> list[str]:
    """Return what keeps the classes of `folder` from being earned."""
    every = templates.load_all(folder, frameworks.load())
    return list(coherence.problems(every, content.load().modules))


def rule(folder: Path, slug: str, when: str, validity: str) -> Path:
    """Write the rule of a class; return its file."""
    path = folder / slug / "rule.yaml"
    path.write_text(
        f"rule: {slug}\nversion: 1\nbadge: {slug}\nwhen:\n  {when}\n"
        f"validation: automatic\nvalidity: {validity}\n"
    )
    return path


def publish(folder: Path, slug: str) -> None:
    """Say in its file that a class is published."""
    path = folder / slug / "badge.yaml"
    path.write_text(path.read_text().replace("state: draft", "state: published"))


def test_nothing_is_wrong_with_what_ships(folder: Path) -> None:
    """Or the service would not start."""
    assert problems(folder) == []


@pytest.mark.parametrize(
    "evidence",
    [
        "workshop: {subject: '4.2'}",
        "observation: {grid: x}",
        "production: {task: x}",
    ],
)
def test_evidence_that_nobody_can_produce_is_refused(folder: Path, evidence: str) -> None:
    """It is read as any word that we do not know, at its line, even in a draft."""
    path = rule(folder, "crcn-4-2-beginner", f"all: [{{{evidence}}}]", "P24M")
    name = evidence.partition(":")[0]

    [problem] = problems(folder)

    assert problem.startswith(f"{path}, line 5, when.all.0.{name}: Unknown; one of all, any")


def test_a_module_that_does_not_exist_is_named(folder: Path) -> None:
    """A typing mistake must not wait for the first learner."""
    path = folder / SLUG / "rule.yaml"
    path.write_text(path.read_text().replace("workplace-security-reflexes", "no-such-module"))

    assert problems(folder) == [
        f"{path}, line 9, when.any.0.quiz.module: there is no module no-such-module"
    ]


@pytest.mark.parametrize(
    ("when", "place"),
    [
        ("badge: {slug: no-such-badge}", "when.badge.slug"),
        ("any: [{manual: {min_strength: 3}}, {badge: {slug: no-such-badge}}]", "when.any.1.badge"),
        (
            "at_least: {n: 1, of: [{manual: {min_strength: 3}}, {badge: {slug: no-such-badge}}]}",
            "when.at_least.of.1.badge.slug",
        ),
    ],
)
def test_a_badge_that_does_not_exist_is_named(folder: Path, when: str, place: str) -> None:
    """Wherever in the rule it stands."""
    rule(folder, "crcn-4-2-beginner", when, "P24M")

    found = [problem for problem in problems(folder) if "there is no badge class" in problem]

    assert len(found) == 1
    assert f"line 5, {place}" in found[0]


def test_a_published_class_cannot_ask_for_a_draft(folder: Path) -> None:
    """Nobody can hold one."""
    when = "all: [{manual: {min_strength: 3}}, {badge: {slug: crcn-1-2-beginner}}]"
    rule(folder, "crcn-4-2-beginner", when, "P24M")
    assert problems(folder) == []

    publish(folder, "crcn-4-2-beginner")

    [problem] = problems(folder)
    assert problem.endswith(
        "when.all.1.badge.slug: crcn-1-2-beginner is a draft: nobody can hold it"
    )


TOO_WEAK = {
    "a quiz": "quiz: {module: workplace-security-reflexes, min_score: 75}",
    "a lower badge": "badge: {slug: crcn-4-1-beginner}",
    "both together": "all: [{quiz: {module: workplace-security-reflexes, min_score: 75}}, "
    "{badge: {slug: crcn-4-1-beginner}}]",
    "a badge of another skill": "badge: {slug: crcn-5-2-intermediate}",
}


@pytest.mark.parametrize("when", TOO_WEAK.values(), ids=TOO_WEAK.keys())
def test_the_strength_that_a_level_demands_can_be_reached(folder: Path, when: str) -> None:
    """Otherwise each learner would be told that a stronger verification is missing, for ever."""
    path = rule(folder, "crcn-4-1-intermediate", when, "P24M")

    assert problems(folder) == [
        f"{path}, line 4, when: verifies 4.1 with strength 0 at most, and level intermediate "
        "demands 3"
    ]


def test_a_quiz_verifies_what_it_is_about(folder: Path) -> None:
    """Its module works on 4.1, so it counts nothing for another skill."""
    quiz = "quiz: {module: workplace-security-reflexes, min_score: 70}"
    path = rule(folder, "crcn-1-2-beginner", quiz, "P60M")

    assert problems(folder) == [
        f"{path}, line 4, when: verifies 1.2 with strength 0 at most, and level beginner demands 1"
    ]


def test_somebody_who_vouches_is_strong_enough(folder: Path) -> None:
    """What they may say at most is what counts here; what they do say, the decision weighs."""
    rule(folder, "crcn-4-1-intermediate", "manual: {min_strength: 3}", "P24M")

    assert problems(folder) == []


def test_a_higher_badge_of_the_same_skill_is_strong_enough(folder: Path) -> None:
    """Who holds the intermediate badge can do what the beginner's says."""
    rule(folder, "crcn-2-2-beginner", "badge: {slug: crcn-2-2-intermediate}", "P36M")

    assert problems(folder) == []


def test_a_circle_of_rules_is_named(folder: Path) -> None:
    """Each would wait for the other."""
    first = rule(folder, "crcn-1-2-beginner", "badge: {slug: crcn-2-4-beginner}", "P60M")
    second = rule(folder, "crcn-2-4-beginner", "badge: {slug: crcn-1-2-beginner}", "P36M")

    found = [problem for problem in problems(folder) if "itself" in problem]

    assert found == [
        f"{first}, line 4, when: asks for crcn-1-2-beginner itself, by way of crcn-2-4-beginner",
        f"{second}, line 4, when: asks for crcn-2-4-beginner itself, by way of crcn-1-2-beginner",
    ]


def test_a_milestone_stays_a_draft(folder: Path) -> None:
    """Awards are decided for one skill at one level; a milestone has several."""
    slug = "double-textile-digital-1"
    badge = folder / slug / "badge.yaml"
    rule(folder, slug, "badge: {slug: crcn-4-1-beginner}", "unlimited")
    text = badge.read_text()
    text = text.replace("tant que les badges exigés sont valables", "sans limite")
    text = text.replace("as long as the badges asked for are valid", "no limit")
    badge.write_text(text.replace("state: draft", "state: published"))

    assert problems(folder) == [
        f"{badge}, line 4, state: a badge of kind milestone cannot be awarded yet: it stays a draft"
    ]
