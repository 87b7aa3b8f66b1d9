"""« Pourquoi pas encore ? »: a decision in words, for the person whom it is about.

Every predicate, operator and obstacle has its sentence in both languages; a test holds the tables
below against the types of `rules` and `decision`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from badgeservice.awarding.decision import Decision, Met, NotYet, Obstacle, Pending, Trace, Truth
from badgeservice.awarding.rules import (
    All,
    Badge,
    HeldState,
    Manual,
    Operator,
    Partner,
    Predicate,
    Quiz,
)
from badgeservice.catalogue import validity
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.evidence.facts import BadgeDetails, Fact, Kind, PartnerDetails, QuizDetails
from badgeservice.evidence.narrative import percent
from badgeservice.verification.words import Language, date


@dataclass(frozen=True)
class Names:
    """How modules and badges are called; one that has no name here is called by its slug."""

    modules: Mapping[str, Text] = field(default_factory=dict)
    badges: Mapping[str, Text] = field(default_factory=dict)

    def module(self, slug: str) -> Text:
        """Return the title of a module."""
        return self.modules.get(slug, Text(fr=slug, en=slug))

    def badge(self, slug: str) -> Text:
        """Return the name of a badge class."""
        return self.badges.get(slug, Text(fr=slug, en=slug))


@dataclass(frozen=True)
class Explanation:
    """A decision in words.

    `summary` is one sentence. `done` has one for each thing that counts already, `remaining` one
    for each that is missing or waited for; nothing remains exactly when the rule is met.
    """

    summary: str
    done: tuple[str, ...]
    remaining: tuple[str, ...]


def explain(decision: Decision, names: Names, language: Language) -> Explanation:
    """Return the decision in words."""
    say = _Speaker(names, language)
    remaining: tuple[str, ...]
    match decision:
        case Met():
            summary, remaining = _MET[language], ()
        case Pending(waits):
            awaited = _enumerated([say.awaited(fact) for fact in waits], _AND[language])
            summary = _PENDING[language].format(what=awaited)
            remaining = tuple(say.undecided(fact) for fact in waits)
        case NotYet(trace, None):
            summary = _NOT_YET[language].format(what=say.lacking(trace))
            remaining = tuple(say.obstacle(each) for each in _open(trace))
        case NotYet(_, Strength() as strength):
            summary = _TOO_WEAK[language].format(strength=_strength(strength, language))
            remaining = (summary,)
    done = tuple(say.done(trace) for trace in _leaves(decision.trace) if trace.by)
    return Explanation(summary, done, remaining)


# --- sentences -----------------------------------------------------------------------------------

_MET = Text(
    fr="Vous avez tout ce qu'il faut pour ce badge.",
    en="You have everything that this badge asks for.",
)
_PENDING = Text(fr="Encore en attente : {what}.", en="Still waiting for: {what}.")
_NOT_YET = Text(fr="Il vous manque : {what}.", en="You are missing: {what}.")
_TOO_WEAK = Text(
    fr="Il vous manque une vérification plus forte : ce badge demande au moins {strength}.",
    en="You are missing a stronger verification: this badge asks for at least {strength}.",
)

# What is missing, as it stands after « Il vous manque : ».
MISSING: Mapping[type[Predicate], Text] = {
    Quiz: Text(
        fr="l'évaluation « {module} », réussie{within} avec au moins {min_score}{critical}",
        en="the assessment “{module}”, passed{within} with at least {min_score}{critical}",
    ),
    Manual: Text(
        fr="l'attestation d'une personne habilitée (au moins {strength})",
        en="the attestation of an authorised person (at least {strength})",
    ),
    Partner: Text(
        fr="un résultat transmis par un organisme partenaire (au moins {strength})",
        en="a result sent by a training partner (at least {strength})",
    ),
    Badge: Text(fr="le badge « {badge} »{valid}", en="the badge “{badge}”{valid}"),
}
_AND = Text(fr=" et ", en=" and ")
_OR = Text(fr=" ou ", en=" or ")
_AMONG = Text(fr="au moins {count} parmi {every}", en="at least {count} of {every}")
_CRITICAL = Text(
    fr=" et toutes les questions essentielles justes",
    en=" and every essential question right",
)
_WITHIN = Text(fr=" depuis moins de {months}", en=" less than {months} ago")
_VALID = Text(fr=", en cours de validité", en=", still valid")

# What is waited for, as it stands after « Encore en attente : ».
AWAITED: Mapping[Kind, Text] = {
    Kind.QUIZ: Text(
        fr="la relecture de votre évaluation « {module} »",
        en="the review of your assessment “{module}”",
    ),
    Kind.MANUAL: Text(
        fr="la confirmation de l'attestation du {day}",
        en="the confirmation of the attestation of {day}",
    ),
    Kind.PARTNER_RESULT: Text(
        fr="la confirmation du résultat « {activity} » du {day}",
        en="the confirmation of the result “{activity}” of {day}",
    ),
    Kind.BADGE: Text(
        fr="votre acceptation du badge « {badge} »", en="your acceptance of the badge “{badge}”"
    ),
}

DONE: Mapping[type[Predicate], Text] = {
    Quiz: Text(
        fr="Évaluation « {module} » réussie le {day}.",
        en="Assessment “{module}” passed on {day}.",
    ),
    Manual: Text(
        fr="Attestation enregistrée le {day} : {held_strength}.",
        en="Attestation recorded on {day}: {held_strength}.",
    ),
    Partner: Text(
        fr="Résultat « {activity} » du {day}, transmis par {organisation} : {held_strength}.",
        en="Result “{activity}” of {day}, sent by {organisation}: {held_strength}.",
    ),
    Badge: Text(fr="Badge « {badge} » obtenu le {day}.", en="Badge “{badge}” earned on {day}."),
}

UNDECIDED: Mapping[Kind, Text] = {
    Kind.QUIZ: Text(
        fr="Votre évaluation « {module} » du {day} est en cours de relecture.",
        en="Your assessment “{module}” of {day} is being reviewed.",
    ),
    Kind.MANUAL: Text(
        fr="L'attestation du {day} attend d'être confirmée.",
        en="The attestation of {day} is waiting to be confirmed.",
    ),
    Kind.PARTNER_RESULT: Text(
        fr="Le résultat « {activity} » du {day} attend d'être confirmé.",
        en="The result “{activity}” of {day} is waiting to be confirmed.",
    ),
    Kind.BADGE: Text(
        fr="Le badge « {badge} » vous est proposé : acceptez-le d'abord.",
        en="The badge “{badge}” is offered to you: accept it first.",
    ),
}

# Every obstacle that a predicate can meet, except UNDECIDED.
OBSTACLES: Mapping[tuple[type[Predicate], Obstacle], Text] = {
    (Quiz, Obstacle.MISSING): Text(
        fr="Passez l'évaluation « {module} » : il faut au moins {min_score}{critical}.",
        en="Take the assessment “{module}”: at least {min_score} is needed{critical}.",
    ),
    (Quiz, Obstacle.LOW_SCORE): Text(
        fr="Votre évaluation « {module} » du {day} n'atteint pas encore {min_score} : relisez la "
        "fiche, puis repassez-la.",
        en="Your assessment “{module}” of {day} does not reach {min_score} yet: read the sheet "
        "again, then retake it.",
    ),
    (Quiz, Obstacle.CRITICAL_MISSED): Text(
        fr="Dans votre évaluation « {module} » du {day}, une question essentielle est à revoir : "
        "repassez-la.",
        en="In your assessment “{module}” of {day}, an essential question is to be reviewed: "
        "retake it.",
    ),
    (Quiz, Obstacle.TOO_OLD): Text(
        fr="Votre évaluation « {module} » du {day} date de plus de {months} : repassez-la.",
        en="Your assessment “{module}” of {day} is more than {months} old: retake it.",
    ),
    (Manual, Obstacle.MISSING): Text(
        fr="Montrez ce que vous savez faire à une personne habilitée, qui l'atteste (au moins "
        "{strength}).",
        en="Show what you can do to an authorised person, who attests it (at least {strength}).",
    ),
    (Manual, Obstacle.TOO_WEAK): Text(
        fr="L'attestation du {day} indique « {held_strength} » ; il faut au moins {strength}.",
        en="The attestation of {day} says “{held_strength}”; at least {strength} is needed.",
    ),
    (Partner, Obstacle.MISSING): Text(
        fr="Suivez une formation ou un atelier d'un organisme partenaire, qui nous en transmet le "
        "résultat (au moins {strength}).",
        en="Attend a course or workshop of a training partner, who sends us the result (at least "
        "{strength}).",
    ),
    (Partner, Obstacle.TOO_WEAK): Text(
        fr="Le résultat « {activity} » du {day} indique « {held_strength} » ; il faut au moins "
        "{strength}.",
        en="The result “{activity}” of {day} says “{held_strength}”; at least {strength} is needed.",
    ),
    (Badge, Obstacle.MISSING): Text(
        fr="Obtenez d'abord le badge « {badge} ».", en="First earn the badge “{badge}”."
    ),
    (Badge, Obstacle.EXPIRED): Text(
        fr="Votre badge « {badge} » était valable jusqu'au {end} : renouvelez-le.",
        en="Your badge “{badge}” was valid until {end}: renew it.",
    ),
}


@dataclass(frozen=True)
class _Speaker:
    """Says parts of a trace in one language."""

    names: Names
    language: Language

    def awaited(self, fact: Fact) -> str:
        """Return what is waited for, inside a sentence."""
        return AWAITED[fact.kind][self.language].format(**self._of_fact(fact))

    def undecided(self, fact: Fact) -> str:
        """Return what is waited for, as a sentence."""
        return UNDECIDED[fact.kind][self.language].format(**self._of_fact(fact))

    def obstacle(self, trace: Trace) -> str:
        """Return what to do about one predicate that is not met."""
        if trace.truth is Truth.PENDING and trace.nearest:
            return self.undecided(trace.nearest)
        assert trace.obstacle is not None  # what is not met has one
        return OBSTACLES[_kind(trace), trace.obstacle][self.language].format(**self._of(trace))

    def done(self, trace: Trace) -> str:
        """Return what counts already for one predicate that is met."""
        return DONE[_kind(trace)][self.language].format(**self._of(trace))

    def lacking(self, trace: Trace, depth: int = 0) -> str:
        """Return what is missing, parts joined as the operator joins them."""
        if not isinstance(trace.condition, Operator):
            if trace.truth is Truth.PENDING and trace.nearest:
                return self.awaited(trace.nearest)
            return MISSING[_kind(trace)][self.language].format(**self._of(trace))
        parts, needed = _candidates(trace)
        if len(parts) == 1:
            return self.lacking(parts[0], depth)
        phrases = [self.lacking(part, depth + 1) for part in parts]
        if depth > 1:
            return f"({self._joined(phrases, needed)})"
        return self._grouped(phrases, needed) if depth else self._joined(phrases, needed)

    def _joined(self, phrases: Sequence[str], needed: int) -> str:
        """Return "a, b et c", "a, b ou c", or "au moins 2 parmi a, b et c"."""
        if needed == 1:
            return _enumerated(phrases, _OR[self.language])
        every = _enumerated(phrases, _AND[self.language])
        if needed == len(phrases):
            return every
        return _AMONG[self.language].format(count=needed, every=every)

    def _grouped(self, phrases: Sequence[str], needed: int) -> str:
        """Return the same inside another enumeration, so that one hears where it begins."""
        joined = self._joined(phrases, needed)
        if needed == 1 and self.language == "fr":
            return ", ".join(f"soit {phrase}" for phrase in phrases)
        if needed == 1:
            return f"either {joined}"
        if needed == len(phrases):
            every = "both" if needed == 2 else "all of"
            return {"fr": f"à la fois {joined}", "en": f"{every} {joined}"}[self.language]
        return joined

    def _of(self, trace: Trace) -> dict[str, str]:
        """Return what the sentences about a predicate may name."""
        language, fact = self.language, trace.by[0] if trace.by else trace.nearest
        values = {} if fact is None else self._of_fact(fact)
        match trace.condition:
            case Quiz(module, min_score, critical, within):
                months = _months(within, language)
                values["module"] = self.names.module(module)[language]
                values["min_score"] = percent(min_score, language)
                values["critical"] = _CRITICAL[language] if critical else ""
                values["months"] = months
                values["within"] = _WITHIN[language].format(months=months) if within else ""
            case Manual(min_strength) | Partner(min_strength):
                values["strength"] = _strength(min_strength, language)
            case Badge(slug, state):
                values["badge"] = self.names.badge(slug)[language]
                values["valid"] = _VALID[language] if state is HeldState.VALID else ""
        return values

    def _of_fact(self, fact: Fact) -> dict[str, str]:
        """Return what the sentences about a fact may name."""
        language = self.language
        values = {
            "day": date(fact.occurred_at, language),
            "held_strength": fact.strength.words[language],
        }
        if fact.valid_until is not None:
            values["end"] = date(fact.valid_until, language)
        match fact.details:
            case QuizDetails(title):
                values["module"] = title[language]
            case PartnerDetails(title, organisation):
                values["activity"] = title[language]
                values["organisation"] = organisation
            case BadgeDetails(name):
                values["badge"] = name[language]
        return values


def _candidates(trace: Trace) -> tuple[list[Trace], int]:
    """Return the parts of an operator that could still meet it, and how many of them are needed.

    Where decisions that are waited for would do, only those are named.
    """
    assert isinstance(trace.condition, Operator)
    unmet = [part for part in trace.parts if part.truth is not Truth.YES]
    needed = trace.condition.needed - (len(trace.parts) - len(unmet))
    if trace.truth is Truth.PENDING and not isinstance(trace.condition, All):
        unmet = [part for part in unmet if part.truth is Truth.PENDING]
    return unmet, needed


def _open(trace: Trace) -> Iterator[Trace]:
    """Yield the predicates of a condition that is not met which could still meet it."""
    if not isinstance(trace.condition, Operator):
        yield trace
        return
    for part in _candidates(trace)[0]:
        yield from _open(part)


def _leaves(trace: Trace) -> Iterator[Trace]:
    if not trace.parts:
        yield trace
    for part in trace.parts:
        yield from _leaves(part)


def _kind(trace: Trace) -> type[Predicate]:
    assert not isinstance(trace.condition, Operator)
    return type(trace.condition)


def _enumerated(phrases: Sequence[str], last: str) -> str:
    """Return "a, b et c" for the word that joins the last two."""
    *first, final = phrases
    return ", ".join(first) + last + final if first else final


def _strength(strength: Strength, language: Language) -> str:
    """Return a strength as a requirement: its words and its place on the scale."""
    words, most = strength.words[language], len(Strength)
    return {
        "fr": f"« {words} », {strength.marks} sur {most}",
        "en": f"“{words}”, {strength.marks} of {most}",
    }[language]


def _months(period: str | None, language: Language) -> str:
    """Return a period such as `P24M` in words; empty for None."""
    count = None if period is None else validity.months(period)
    if count is None:
        return ""
    return {"fr": f"{count} mois", "en": f"{count} month{'s' if count > 1 else ''}"}[language]
