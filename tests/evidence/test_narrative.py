"""What an employer reads: facts, dates and roles, and how strong the evidence is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import LANGUAGES, Text
from badgeservice.evidence import levels
from badgeservice.evidence.facts import (
    BadgeDetails,
    Fact,
    Identity,
    Kind,
    ManualDetails,
    Outcome,
    PartnerDetails,
    QuizDetails,
)
from badgeservice.evidence.narrative import narrative, percent

QUIZ = Fact(
    id="ev_1",
    activity="workplace-security-reflexes",
    activity_version="1.0.0",
    content_digest="c0" * 32,
    competences=("4.1",),
    level="beginner",
    strength=Strength.ONLINE_QUIZ,
    identity=Identity.CONTACT_VERIFIED,
    outcome=Outcome.ACHIEVED,
    source_organisation="org_1",
    method="online-quiz",
    occurred_at=datetime(2026, 11, 20, 17, 4, tzinfo=UTC),
    details=QuizDetails(
        title=Text(
            fr="Cybersécurité : les bons réflexes au travail",
            en="Cybersecurity: the right reflexes at work",
        ),
        questions=10,
        objectives=(
            Text(fr="Choisir des mots de passe solides", en="Choose strong passwords"),
            Text(fr="Mettre à jour et sauvegarder.", en="Update and back up."),
        ),
    ),
    score=Fraction(9, 10),
    threshold=Fraction(7, 10),
    critical_passed=True,
)
_BADGE_NAME = Text(fr="Sécuriser — débutant", en="Securing — beginner")
MANUAL = replace(
    QUIZ,
    strength=Strength.WORK_REVIEWED,
    score=None,
    threshold=None,
    critical_passed=None,
    occurred_at=datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
    details=ManualDetails(badge=_BADGE_NAME, organisation="Cotentin Digital"),
)
PARTNER = replace(
    MANUAL,
    details=PartnerDetails(Text(fr="Atelier cyber", en="Cyber workshop"), organisation="FIM"),
)
BADGE = replace(MANUAL, activity_version="2", details=BadgeDetails(name=_BADGE_NAME))
EXAMPLES = {
    Kind.QUIZ: QUIZ,
    Kind.MANUAL: MANUAL,
    Kind.PARTNER_RESULT: PARTNER,
    Kind.BADGE: BADGE,
}


def test_a_result_of_a_partner_says_who_asserts_it() -> None:
    """The public sees whose word it is, in both languages."""
    assert (
        "Le 1er décembre 2026, la personne a réussi « Atelier cyber » (niveau débutant) : résultat "
        "affirmé par FIM, organisme partenaire. Niveau de vérification : travail relu ou gestes "
        "observés (4 sur 5)."
    ) == narrative(PARTNER, "fr")
    assert "result asserted by FIM, a training partner." in narrative(PARTNER, "en")


def test_a_quiz_in_french() -> None:
    """The text of the design, word for word where the facts are those of a quiz."""
    assert (
        "Le 20 novembre 2026, la personne a réussi l'évaluation en ligne « Cybersécurité : les bons "
        "réflexes au travail » (niveau débutant, version 1.0.0) : 10 questions couvrant "
        "2 objectifs, seuil de réussite 70 %, correction automatique, sans surveillance. "
        "L'évaluation portait sur : choisir des mots de passe solides ; mettre à jour et "
        "sauvegarder. Niveau de vérification : quiz en ligne, non surveillé (2 sur 5)."
    ) == narrative(QUIZ, "fr")


def test_a_quiz_in_english() -> None:
    """The same facts in the same order."""
    assert (
        "On 20 November 2026 the holder passed the online assessment “Cybersecurity: the right "
        "reflexes at work” (beginner level, version 1.0.0): 10 questions on 2 objectives, pass mark "
        "70%, automatically graded, not supervised. The assessment was about: choose strong "
        "passwords; update and back up. Verification level: unsupervised online quiz (2 of 5)."
    ) == narrative(QUIZ, "en")


def test_someone_s_word_in_french() -> None:
    """It says which organisation vouches, for what, and on what; what was written stays sealed."""
    assert (
        "Le 1er décembre 2026, Cotentin Digital a attesté que le travail de la personne a été relu "
        "ou ses gestes observés. Ce constat porte sur la compétence du badge « Sécuriser — "
        "débutant » (niveau débutant). Niveau de vérification : travail relu ou gestes observés "
        "(4 sur 5)."
    ) == narrative(MANUAL, "fr")


def test_a_badge_held_in_english() -> None:
    """The strength said is that of the badge held."""
    assert (
        "Since 1 December 2026 the holder has held the badge “Securing — beginner” (beginner "
        "level, version 2). Verification level: work reviewed or skills observed (4 of 5)."
    ) == narrative(BADGE, "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("strength", Strength)
def test_every_strength_of_someone_s_word_has_its_own_sentence(
    language: Any, strength: Strength
) -> None:
    """What was only declared must not read like what was observed."""
    others = {
        narrative(replace(MANUAL, strength=other), language).split(".")[0]
        for other in Strength
        if other != strength
    }

    said = narrative(replace(MANUAL, strength=strength), language)

    assert said.split(".")[0] not in others
    assert strength.words[language] in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_evidence_has_a_narrative(language: Any, kind: Kind) -> None:
    """It begins with the day and ends with the strength, whatever the kind."""
    fact = EXAMPLES[kind]
    number = f"({fact.strength.marks} {'sur' if language == 'fr' else 'of'} 5)."

    said = narrative(fact, language)

    assert str(fact.occurred_at.year) in said.split(",")[0][:40]
    assert said.endswith(number)
    assert "{" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_narrative_never_says_the_score(language: Any) -> None:
    """Who passed with 71 % has passed; a score is shown only if the learner wants it."""
    best = narrative(replace(QUIZ, score=Fraction(1)), language)
    worst = narrative(replace(QUIZ, score=Fraction(7, 10)), language)

    assert best == worst


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_narrative_says_who_verified_identity_to_nobody(language: Any) -> None:
    """How sure the identity is, is for the rules; it is not a fact about the skill."""
    assert len({narrative(replace(QUIZ, identity=each), language) for each in Identity}) == 1


def test_a_threshold_is_never_rounded_up() -> None:
    """69.96 % is not 70 %."""
    fact = replace(QUIZ, threshold=Fraction(6996, 10000))

    assert "seuil de réussite 69,9 %," in narrative(fact, "fr")


@pytest.mark.parametrize(
    ("share", "french", "english"),
    [
        (Fraction(7, 10), "70 %", "70%"),
        (Fraction(2, 3), "66,6 %", "66.6%"),
        (Fraction(1), "100 %", "100%"),
        (Fraction(9999, 10000), "99,9 %", "99.9%"),
        (Fraction(1, 1000), "0,1 %", "0.1%"),
    ],
)
def test_percentages_as_each_language_writes_them(
    share: Fraction, french: str, english: str
) -> None:
    """A comma and a space in French, neither in English."""
    assert (french, english) == (percent(share, "fr"), percent(share, "en"))


def test_one_question_is_not_several() -> None:
    """Plural marks follow the count."""
    objective = Text(fr="Réagir", en="React")
    fact = replace(QUIZ, details=QuizDetails(Text(fr="T", en="T"), 1, (objective,)))

    assert "1 question couvrant 1 objectif," in narrative(fact, "fr")
    assert "1 question on 1 objective," in narrative(fact, "en")


def test_a_level_supports_itself_and_those_below() -> None:
    """An advanced deed says that one can do what a beginner can; not the other way round."""
    assert ("beginner", "intermediate", "advanced") == levels.sufficient_for("beginner")
    assert ("advanced",) == levels.sufficient_for("advanced")


def test_a_level_that_no_longer_exists_supports_itself() -> None:
    """A badge class outlives the edition of the framework that it was written for."""
    assert ("expert",) == levels.sufficient_for("expert")
