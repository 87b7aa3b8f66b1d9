"""The criteria of every class have the same parts, and say what the class says."""

from __future__ import annotations

import pytest

from badgeservice.catalogue import criteria
from badgeservice.catalogue.framework import Framework

FR = """\
**La personne titulaire de ce badge** réalise des actions simples, seule ou avec une aide
ponctuelle, dans une situation connue :

- une ;
- deux ;
- trois.

**Pour l'obtenir**, elle a réussi.

**Vérification** : automatique.

**Validité** : 2 ans. **Référence** : CRCN 4.1, niveaux
1–2.
"""


def problems(framework: Framework, text: str, **changes: object) -> list[str]:
    """Return what is found in the criteria of a beginner's class of 4.1, valid for two years."""
    arguments = {
        "competences": [framework.competence("4.1")],
        "level": framework.level("beginner"),
        "validity": "P24M",
        **changes,
    }
    return list(criteria.problems(text, "fr", **arguments))  # type: ignore[arg-type]  # as given


def test_right_criteria_pass_wherever_their_lines_are_broken(framework: Framework) -> None:
    """Authors wrap lines; sentences go on."""
    assert problems(framework, FR) == []


MISTAKES = {
    "a part is missing": ("**Vérification**", "Vérification", "Vérification** must stand"),
    "a part stands twice": ("automatique", "**Vérification** : x", "Vérification** must stand"),
    "the order": ("**Validité** : 2 ans. **Référence**", "**Référence** 2 ans **Validité**", "order"),
    "the level": ("ponctuelle", "permanente", "the level is not said in its own words"),
    "two outcomes": ("- trois.", "trois.", "2 outcomes; there must be 3 to 5"),
    "six outcomes": ("- une ;", "- une ;\n- x\n- x\n- x", "6 outcomes"),
    "another level": ("1–2", "3–4", "does not say “niveaux 1–2”"),
    "another competence": ("CRCN 4.1", "CRCN 4.12", "Référence** does not name 4.1"),
    "another validity": ("2 ans", "3 ans", "Validité** does not say “2 ans”"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_each_mistake_is_said(framework: Framework, before: str, after: str, said: str) -> None:
    """One sentence each, for whoever mends the text."""
    assert before in FR

    found = problems(framework, FR.replace(before, after, 1))

    assert any(said in problem for problem in found), found


def test_a_badge_without_a_level_lists_what_it_likes(framework: Framework) -> None:
    """Whoever took part has shown no skill, so there is none to list."""
    text = FR.replace("- une ;\n- deux ;\n- trois.\n", "").replace("niveaux\n1–2", "sans niveau")

    assert problems(framework, text, level=None) == []


@pytest.mark.parametrize(
    ("validity", "words"),
    [("P12M", "1 an"), ("P18M", "18 mois"), ("P60M", "5 ans"), ("unlimited", "sans limite")],
)
def test_the_validity_of_the_rule_is_said(framework: Framework, validity: str, words: str) -> None:
    """A person plans by the text, the machine goes by the rule."""
    assert problems(framework, FR.replace("2 ans", words), validity=validity) == []
    assert problems(framework, FR, validity=validity)


def test_a_draft_without_a_rule_says_what_it_intends(framework: Framework) -> None:
    """There is nothing yet with which its text could disagree."""
    assert problems(framework, FR.replace("2 ans", "3 ans"), validity=None) == []
