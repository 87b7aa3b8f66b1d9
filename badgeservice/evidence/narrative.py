"""Evidence in words, as an employer reads it and as it is signed (OB 3.0 `evidence.narrative`).

Facts, dates and roles. Never an adjective, never how often someone tried, never a score, never a
name, never what was written in a statement. Every narrative ends with how strong the evidence is.
"""

from __future__ import annotations

from fractions import Fraction

from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.evidence import levels
from badgeservice.evidence.facts import (
    BadgeDetails,
    Fact,
    ManualDetails,
    PartnerDetails,
    QuizDetails,
)
from badgeservice.verification.words import Language, date

_QUIZ = Text(
    fr="Le {day}, la personne a réussi l'évaluation en ligne « {title} » (niveau {level}, version "
    "{version}) : {questions}, seuil de réussite {threshold}, correction automatique, sans "
    "surveillance. L'évaluation portait sur : {objectives}.",
    en="On {day} the holder passed the online assessment “{title}” ({level} level, version "
    "{version}): {questions}, pass mark {threshold}, automatically graded, not supervised. The "
    "assessment was about: {objectives}.",
)
_SEPARATOR = Text(fr=" ; ", en="; ")
_ABOUT = Text(
    fr=" Ce constat porte sur la compétence du badge « {badge} » (niveau {level}).",
    en=" This is about the skill of the badge “{badge}” ({level} level).",
)
_MANUAL = {
    Strength.DECLARED: Text(
        fr="Le {day}, {organisation} a enregistré ce que la personne a déclaré savoir faire.",
        en="On {day} {organisation} recorded what the holder declared to be able to do.",
    ),
    Strength.ONLINE_QUIZ: Text(
        fr="Le {day}, {organisation} a attesté la réussite d'un quiz en ligne, non surveillé.",
        en="On {day} {organisation} attested that an unsupervised online quiz was passed.",
    ),
    Strength.ATTENDANCE_VERIFIED: Text(
        fr="Le {day}, {organisation} a attesté la présence de la personne à une formation.",
        en="On {day} {organisation} attested that the holder attended a training session.",
    ),
    Strength.WORK_REVIEWED: Text(
        fr="Le {day}, {organisation} a attesté que le travail de la personne a été relu ou ses "
        "gestes observés.",
        en="On {day} {organisation} attested that the holder's work was reviewed or their skills "
        "observed.",
    ),
    Strength.OBSERVED_AT_WORK: Text(
        fr="Le {day}, {organisation} a attesté que la personne a été observée en situation de "
        "travail.",
        en="On {day} {organisation} attested that the holder was observed at work.",
    ),
}
_PARTNER = Text(
    fr="Le {day}, la personne a réussi « {title} » (niveau {level}) : résultat affirmé par "
    "{organisation}, organisme partenaire.",
    en="On {day} the holder succeeded in “{title}” ({level} level): result asserted by "
    "{organisation}, a training partner.",
)
_BADGE = Text(
    fr="Depuis le {day}, la personne détient le badge « {name} » (niveau {level}, version "
    "{version}).",
    en="Since {day} the holder has held the badge “{name}” ({level} level, version {version}).",
)
_STRENGTH = Text(
    fr="Niveau de vérification : {strength} ({number} sur {most}).",
    en="Verification level: {strength} ({number} of {most}).",
)


def narrative(fact: Fact, language: Language) -> str:
    """Return what was done and how it was verified, in plain text of one paragraph.

    The days are those of people in France, as on every page. Raises KeyError for a level that the
    framework does not know.
    """
    return f"{_deed(fact, language)} {strength_sentence(fact.strength, language)}"


def strength_sentence(strength: Strength, language: Language) -> str:
    """Return the last sentence of a narrative.

    >>> strength_sentence(Strength.ONLINE_QUIZ, "fr")
    'Niveau de vérification : quiz en ligne, non surveillé (2 sur 5).'
    """
    return _STRENGTH[language].format(
        strength=strength.words[language], number=strength.marks, most=len(Strength)
    )


def percent(share: Fraction, language: Language) -> str:
    """Return a share of 1 in per cent, cut after the first decimal and never rounded up.

    >>> percent(Fraction(1399, 2000), "fr"), percent(Fraction(7, 10), "en")
    ('69,9 %', '70%')
    """
    whole, tenth = divmod(share * 1000 // 1, 10)
    sign = {"fr": ",", "en": "."}[language]
    number = f"{whole}{sign}{tenth}" if tenth else str(whole)
    return number + {"fr": " %", "en": "%"}[language]


def _deed(fact: Fact, language: Language) -> str:
    day, level = date(fact.occurred_at, language), levels.name(fact.level)[language]
    match fact.details:
        case QuizDetails() as quiz:
            assert fact.threshold is not None  # a quiz always has one
            return _QUIZ[language].format(
                day=day,
                title=quiz.title[language],
                level=level,
                version=fact.activity_version,
                questions=_questions(quiz, language),
                threshold=percent(fact.threshold, language),
                objectives=_SEPARATOR[language].join(
                    _lower(text[language]) for text in quiz.objectives
                ),
            )
        case ManualDetails() as manual:
            return _MANUAL[fact.strength][language].format(
                day=day, organisation=manual.organisation
            ) + _ABOUT[language].format(badge=manual.badge[language], level=level)
        case PartnerDetails() as partner:
            return _PARTNER[language].format(
                day=day,
                title=partner.title[language],
                level=level,
                organisation=partner.organisation,
            )
        case BadgeDetails() as badge:
            return _BADGE[language].format(
                day=day, name=badge.name[language], level=level, version=fact.activity_version
            )


def _questions(quiz: QuizDetails, language: Language) -> str:
    questions, objectives = quiz.questions, len(quiz.objectives)
    if language == "fr":
        return f"{questions} question{_s(questions)} couvrant {objectives} objectif{_s(objectives)}"
    return f"{questions} question{_s(questions)} on {objectives} objective{_s(objectives)}"


def _s(count: int) -> str:
    return "s" if count > 1 else ""


def _lower(text: str) -> str:
    """Return a title as it stands inside a sentence, without its final stop."""
    return text[:1].lower() + text[1:].rstrip(".")
