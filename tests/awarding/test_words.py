"""« Pourquoi pas encore ? »: every decision has its words, and they are those of the decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from string import Formatter
from typing import Any, get_args

import pytest
from hypothesis import given, settings

from badgeservice.awarding import words
from badgeservice.awarding.decision import (
    Decision,
    Met,
    NotYet,
    Obstacle,
    Pending,
    Skill,
    evaluate,
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
    Predicate,
    Quiz,
)
from badgeservice.awarding.words import Explanation, Names, explain
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import LANGUAGES, Text
from badgeservice.evidence.facts import Fact, Kind, Outcome

from .deeds import LEVELS, NOW, SKILL, asserted, held, quiz, rule, word
from .test_decision import _skills, conditions, fact_lists

NAMES = Names(
    modules={
        "reflexes": Text("Les bons réflexes", "The right reflexes"),
        "other": Text("Autre module", "Another module"),
    },
    badges={"crcn-1-3-beginner": Text("Traiter des données", "Processing data")},
)
QUIZ = Quiz("reflexes", Fraction(7, 10), critical=False, within=None)
STRICT = Quiz("reflexes", Fraction(7, 10), critical=True, within="P24M")
OTHER = Quiz("other", Fraction(3, 4), critical=False, within=None)
MANUAL = Manual(Strength.WORK_REVIEWED)
BADGE = Badge("crcn-1-3-beginner", HeldState.HELD)

FRENCH_QUIZ = "l'évaluation « Les bons réflexes », réussie avec au moins 70 %"
FRENCH_OTHER = "l'évaluation « Autre module », réussie avec au moins 75 %"
FRENCH_MANUAL = (
    "l'attestation d'une personne habilitée (au moins « travail relu ou gestes observés », 4 sur 5)"
)
FRENCH_BADGE = "le badge « Traiter des données »"


def said(when: Condition, *facts: Fact, language: Any = "fr", skill: Skill = SKILL) -> Explanation:
    """Return the words of a decision."""
    return explain(evaluate(rule(when), facts, skill, NOW), NAMES, language)


# --- what is missing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "facts", "sentence"),
    [
        (QUIZ, [], f"{FRENCH_QUIZ}"),
        (
            STRICT,
            [],
            "l'évaluation « Les bons réflexes », réussie depuis moins de 24 mois avec au moins 70 % "
            "et toutes les questions essentielles justes",
        ),
        (MANUAL, [], FRENCH_MANUAL),
        (BADGE, [], FRENCH_BADGE),
        (
            Badge("crcn-1-3-beginner", HeldState.VALID),
            [],
            f"{FRENCH_BADGE}, en cours de validité",
        ),
        (AnyOf((QUIZ, MANUAL)), [], f"{FRENCH_QUIZ} ou {FRENCH_MANUAL}"),
        (All((QUIZ, MANUAL)), [], f"{FRENCH_QUIZ} et {FRENCH_MANUAL}"),
        (All((QUIZ, MANUAL)), [quiz()], FRENCH_MANUAL),
        (
            AnyOf((QUIZ, OTHER, BADGE)),
            [],
            f"{FRENCH_QUIZ}, {FRENCH_OTHER} ou {FRENCH_BADGE}",
        ),
        (
            All((BADGE, AnyOf((QUIZ, MANUAL)))),
            [],
            f"{FRENCH_BADGE} et soit {FRENCH_QUIZ}, soit {FRENCH_MANUAL}",
        ),
        (
            AnyOf((BADGE, All((QUIZ, MANUAL)))),
            [],
            f"{FRENCH_BADGE} ou à la fois {FRENCH_QUIZ} et {FRENCH_MANUAL}",
        ),
        (
            AtLeast(2, (QUIZ, OTHER, BADGE)),
            [],
            f"au moins 2 parmi {FRENCH_QUIZ}, {FRENCH_OTHER} et {FRENCH_BADGE}",
        ),
        (AtLeast(2, (QUIZ, OTHER, BADGE)), [quiz()], f"{FRENCH_OTHER} ou {FRENCH_BADGE}"),
        (
            All((BADGE, AnyOf((OTHER, All((QUIZ, MANUAL)))))),
            [],
            f"{FRENCH_BADGE} et soit {FRENCH_OTHER}, soit ({FRENCH_QUIZ} et {FRENCH_MANUAL})",
        ),
        (
            All((QUIZ, MANUAL)),
            [word(outcome=Outcome.PENDING)],
            f"{FRENCH_QUIZ} et la confirmation de l'attestation du 20 novembre 2026",
        ),
    ],
)
def test_what_is_missing_in_french(when: Condition, facts: list[Fact], sentence: str) -> None:
    """Joined as the operator joins, met parts left out."""
    assert f"Il vous manque : {sentence}." == said(when, *facts).summary


def test_a_partners_result_in_words() -> None:
    """What is missing, too weak, waited for and done, with whose word it is."""
    rule_asks = Partner(Strength.WORK_REVIEWED)
    weak = asserted(strength=Strength.ATTENDANCE_VERIFIED)
    pending = asserted(outcome=Outcome.PENDING)

    missing, too_weak = said(rule_asks), said(rule_asks, weak, language="en")
    assert "un résultat transmis par un organisme partenaire (au moins" in missing.summary
    assert missing.remaining[0].startswith("Suivez une formation ou un atelier d'un organisme")
    assert too_weak.remaining == (
        "The result “Cyber 1” of 20 November 2026 says “attendance verified”; at least “work "
        "reviewed or skills observed”, 4 of 5 is needed.",
    )
    assert "la confirmation du résultat « Cyber 1 »" in said(rule_asks, pending).summary
    assert said(rule_asks, asserted()).done == (
        "Résultat « Cyber 1 » du 20 novembre 2026, transmis par FIM : travail relu ou gestes "
        "observés.",
    )


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        (
            AnyOf((STRICT, MANUAL)),
            "the assessment “The right reflexes”, passed less than 24 months ago with at least 70% "
            "and every essential question right or the attestation of an authorised person (at "
            "least “work reviewed or skills observed”, 4 of 5)",
        ),
        (
            All((BADGE, AnyOf((QUIZ, OTHER)))),
            "the badge “Processing data” and either the assessment “The right reflexes”, passed "
            "with at least 70% or the assessment “Another module”, passed with at least 75%",
        ),
        (
            AnyOf((MANUAL, All((BADGE, OTHER)))),
            "the attestation of an authorised person (at least “work reviewed or skills observed”, "
            "4 of 5) or both the badge “Processing data” and the assessment “Another module”, "
            "passed with at least 75%",
        ),
    ],
)
def test_what_is_missing_in_english(when: Condition, sentence: str) -> None:
    """The same structure, in its own words."""
    assert f"You are missing: {sentence}." == said(when, language="en").summary


def test_the_rule_that_we_ship_explains_itself() -> None:
    """A quiz failed, in the words that a learner reads on the dashboard."""
    explanation = said(AnyOf((STRICT, MANUAL)))

    assert (
        Explanation(
            summary="Il vous manque : l'évaluation « Les bons réflexes », réussie depuis moins de "
            "24 mois avec au moins 70 % et toutes les questions essentielles justes ou "
            "l'attestation d'une personne habilitée (au moins « travail relu ou gestes observés », "
            "4 sur 5).",
            done=(),
            remaining=(
                "Passez l'évaluation « Les bons réflexes » : il faut au moins 70 % et toutes les "
                "questions essentielles justes.",
                "Montrez ce que vous savez faire à une personne habilitée, qui l'atteste (au moins "
                "« travail relu ou gestes observés », 4 sur 5).",
            ),
        )
        == explanation
    )


@pytest.mark.parametrize(
    ("when", "fact", "sentence"),
    [
        (
            QUIZ,
            quiz(score=Fraction(6, 10)),
            "Votre évaluation « Les bons réflexes » du 20 novembre 2026 n'atteint pas encore 70 % : "
            "relisez la fiche, puis repassez-la.",
        ),
        (
            STRICT,
            quiz(critical_passed=False),
            "Dans votre évaluation « Les bons réflexes » du 20 novembre 2026, une question "
            "essentielle est à revoir : repassez-la.",
        ),
        (
            STRICT,
            quiz(occurred_at=NOW.replace(year=2024, month=1, day=1)),
            "Votre évaluation « Les bons réflexes » du 1er janvier 2024 date de plus de 24 mois : "
            "repassez-la.",
        ),
        (
            MANUAL,
            word(strength=Strength.ATTENDANCE_VERIFIED),
            "L'attestation du 20 novembre 2026 indique « présence vérifiée » ; il faut au moins "
            "« travail relu ou gestes observés », 4 sur 5.",
        ),
        (
            Badge("crcn-1-3-beginner", HeldState.VALID),
            held(valid_until=NOW - timedelta(days=3)),
            "Votre badge « Traiter des données » était valable jusqu'au 20 novembre 2026 : "
            "renouvelez-le.",
        ),
    ],
)
def test_each_obstacle_says_what_to_do(when: Condition, fact: Fact, sentence: str) -> None:
    """A date, a threshold, a way on; never a reproach."""
    assert (sentence,) == said(when, fact).remaining


def test_what_is_done_is_said_too() -> None:
    """People need to see what they have before what they lack."""
    explanation = said(All((QUIZ, BADGE, MANUAL)), quiz(), held())

    assert (
        "Évaluation « Les bons réflexes » réussie le 20 novembre 2026.",
        "Badge « Traiter des données » obtenu le 20 novembre 2026.",
    ) == explanation.done
    assert 1 == len(explanation.remaining)


def test_met_says_so() -> None:
    """Nothing remains."""
    explanation = said(AnyOf((QUIZ, MANUAL)), word())

    assert (
        "Vous avez tout ce qu'il faut pour ce badge.",
        ("Attestation enregistrée le 20 novembre 2026 : travail relu ou gestes observés.",),
        (),
    ) == (explanation.summary, explanation.done, explanation.remaining)


def test_pending_says_what_is_waited_for() -> None:
    """A badge on offer waits for its own holder."""
    explanation = said(
        All((QUIZ, BADGE, MANUAL)),
        quiz(),
        held(outcome=Outcome.PENDING),
        word(outcome=Outcome.PENDING),
    )

    assert (
        "Encore en attente : votre acceptation du badge « Traiter des données » et la confirmation "
        "de l'attestation du 20 novembre 2026."
    ) == explanation.summary
    assert (
        "Le badge « Traiter des données » vous est proposé : acceptez-le d'abord.",
        "L'attestation du 20 novembre 2026 attend d'être confirmée.",
    ) == explanation.remaining


def test_too_weak_names_the_strength_that_the_level_asks() -> None:
    """The rule is met and the badge is not: that needs an explanation of its own."""
    intermediate = Skill(("4.1",), LEVELS, Strength.WORK_REVIEWED)

    explanation = said(QUIZ, quiz(), skill=intermediate)

    assert (
        "Il vous manque une vérification plus forte : ce badge demande au moins « travail relu ou "
        "gestes observés », 4 sur 5."
    ) == explanation.summary
    assert (explanation.summary,) == explanation.remaining


def test_what_has_no_name_is_called_by_its_slug() -> None:
    """A module that was taken away must not take the page with it."""
    explanation = explain(evaluate(rule(QUIZ), [], SKILL, NOW), Names(), "fr")

    assert "« reflexes »" in explanation.summary


# --- complete ------------------------------------------------------------------------------------


def tables() -> Iterator[Text]:
    """Every text of the module, in whatever table it stands."""
    for value in vars(words).values():
        if isinstance(value, Text):
            yield value
        elif isinstance(value, dict):
            yield from (text for text in value.values() if isinstance(text, Text))


def test_both_languages_name_the_same_things() -> None:
    """A translation that forgets the date says less than the original."""
    for text in tables():
        french, english = (
            sorted(name for _, name, _, _ in Formatter().parse(text[language]) if name)
            for language in LANGUAGES
        )
        assert french == english, text


def test_every_predicate_has_its_phrases() -> None:
    """A new predicate without words fails here, before a learner meets it."""
    predicates = set(get_args(Predicate))

    assert predicates == set(words.MISSING) == set(words.DONE)
    assert set(Kind) == set(words.AWAITED) == set(words.UNDECIDED)
    assert predicates == {predicate for predicate, _ in words.OBSTACLES}
    assert set(Obstacle) - {Obstacle.UNDECIDED} == {obstacle for _, obstacle in words.OBSTACLES}


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=400, deadline=None)
@given(conditions, fact_lists(), _skills)
def test_every_decision_has_words(
    language: Any, when: Condition, facts: list[Fact], skill: Skill
) -> None:
    """Awarded if and only if nothing remains; no gap in any sentence, and no reproach."""
    decision: Decision = evaluate(rule(when), facts, skill, NOW)

    explanation = explain(decision, NAMES, language)

    assert isinstance(decision, Met) == (explanation.remaining == ())
    for sentence in (explanation.summary, *explanation.done, *explanation.remaining):
        assert sentence.endswith(".")
        assert sentence[0].isupper()
        assert not {"{", "}", "!"} & set(sentence)
        assert not any(
            harsh in sentence.lower() for harsh in ("échec", "erreur", "invalid", "fail")
        )
    openings = {
        Met: ("Vous avez", "You have"),
        Pending: ("Encore en attente", "Still waiting"),
        NotYet: ("Il vous manque", "You are missing"),
    }[type(decision)]
    assert explanation.summary.startswith(openings)


def test_the_words_change_with_the_facts() -> None:
    """« Pourquoi pas encore ? » is answered anew after each event."""
    before = said(All((QUIZ, MANUAL)))
    after = said(All((QUIZ, MANUAL)), replace(quiz(), score=Fraction(7, 10)))

    assert before.summary != after.summary
    assert (2, 1) == (len(before.remaining), len(after.remaining))
