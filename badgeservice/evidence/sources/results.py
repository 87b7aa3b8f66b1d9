"""A training partner reports what came of an activity, person by person.

A `Result` is one row, with every value as it came. `check` holds it against the agreement; a row that
does not fit is refused with field, value and what was expected, and nothing is guessed. `take` turns a
row that fits into evidence whose source is the partner, with the competences, level and strength of
the agreement and never more.

The partner's reference names the deed: a row that is sent again is known and changes nothing. A row
that says something else under a reference that is known is a conflict, unless the caller asks for
corrections; then the former edition is replaced, or withdrawn when nothing was achieved after all.

Functions flush; the caller commits.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from fractions import Fraction

from sqlalchemy.orm import Session

from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import LANGUAGES, Text
from badgeservice.errors import ConflictingChange, EvidenceNotFound, InvalidEmail, InvalidName
from badgeservice.evidence import facts, record
from badgeservice.evidence.facts import Claim, Identity, Outcome, PartnerDetails
from badgeservice.evidence.models import AllowedActivity, Evidence, State
from badgeservice.people import accounts, email_address, names
from badgeservice.people import words as people_words
from badgeservice.people.email_address import EmailAddress
from badgeservice.people.models import Organisation, Person
from badgeservice.storage.vault import Vault
from badgeservice.verification.words import ZONE

METHOD = "partner-result"
WITHDRAWN_BY_PARTNER = "withdrawn_by_source"
LONGEST_REFERENCE = 100
_PREFIX = "result/"
_SCORE = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})?", re.ASCII)
_REFERENCE = re.compile(r"[!-~]{1,100}", re.ASCII)


class Ending(StrEnum):
    """How an activity ended for someone, as a partner says it."""

    ACHIEVED = "achieved"
    NOT_ACHIEVED = "not_achieved"
    """Noted in the answer and never recorded: it is evidence of nothing."""


class Corrections(StrEnum):
    """What to do with a row that says something else than it did before."""

    REFUSE = "refuse"
    APPLY = "apply"


class Fate(StrEnum):
    """What became of a row."""

    RECORDED = "recorded"
    KNOWN = "known"
    """It was recorded before and says the same."""
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    """Recorded before as achieved, and taken back by this row."""
    NOTED = "noted"
    """Nothing was achieved, so there is nothing to record."""
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Result:
    """One row, as the partner wrote it: texts that nobody has looked at yet.

    `score` is a percentage such as "82.5", `date` a day such as "2026-11-27". `strength` is for a
    row that rests on less than the activity usually does; empty, it is that of the agreement.
    """

    reference: str
    email: str
    activity: str
    outcome: str
    date: str
    name: str = ""
    language: str = "fr"
    score: str = ""
    strength: str = ""


@dataclass(frozen=True)
class Problem:
    """Why a row is refused: a field of `Result`, a stable code, and what was expected there."""

    field: str
    code: str
    expected: Text


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A row that fits the agreement, read into values."""

    reference: str
    email: EmailAddress
    name: str | None
    language: str
    terms: AllowedActivity
    ending: Ending
    strength: Strength
    score: Fraction | None
    occurred_at: datetime


@dataclass(frozen=True)
class Taken:
    """What became of a row that fits. `person_id` and `evidence_id` are None for what is not recorded;
    `is_entered` says that nobody knew the person before.
    """

    fate: Fate
    evidence_id: str | None = None
    person_id: str | None = None
    problems: tuple[Problem, ...] = ()
    is_entered: bool = False

    @property
    def is_new(self) -> bool:
        """Whether evidence about the person has changed, so that badges are to be decided on."""
        return self.fate in (Fate.RECORDED, Fate.CORRECTED, Fate.WITHDRAWN)


def check(
    result: Result,
    agreement: Mapping[str, AllowedActivity],
    *,
    now: datetime,
    only: Collection[str] | None = None,
) -> Checked | tuple[Problem, ...]:
    """Return the row as values, or everything that is wrong with it.

    `agreement` is `agreements.in_force` of the partner; `only` limits it further, as a key may.
    Reads nothing and writes nothing: the same for a preview.
    """
    problems: list[Problem] = []
    allowed = sorted(name for name in agreement if only is None or name in only)
    terms = agreement.get(result.activity) if result.activity in allowed else None
    if terms is None:
        problems.append(Problem("activity", "activity_not_allowed", _one_of(allowed)))
    if not _REFERENCE.fullmatch(result.reference):
        problems.append(Problem("reference", "reference_malformed", _REFERENCE_WORDS))
    email = _email(result.email, problems)
    name = _name(result.name, problems)
    if result.language not in LANGUAGES:
        problems.append(Problem("language", "language_unknown", _one_of(LANGUAGES)))
    ending = _ending(result.outcome, problems)
    day = _day(result.date, terms, now, problems)
    strength = _strength(result.strength, terms, problems)
    score = _score(result.score, terms, ending, problems)
    if not (email and terms and ending and day and strength) or problems:
        return tuple(problems)
    return Checked(
        reference=result.reference,
        email=email,
        name=name,
        language=result.language,
        terms=terms,
        ending=ending,
        strength=strength,
        score=score,
        # A day begins when it begins in France: what is said of it reads the same day everywhere.
        occurred_at=datetime.combine(day, time(), ZONE).astimezone(UTC),
    )


def take(
    session: Session,
    vault: Vault,
    partner: Organisation,
    row: Checked,
    *,
    controller: Organisation,
    agent: str,
    corrections: Corrections = Corrections.REFUSE,
    only: Collection[str] | None = None,
    now: datetime,
) -> Taken:
    """Record a row that fits, as evidence of which `partner` is the source; return what became of it.

    Someone whom nobody knows becomes an invited person of `controller`. `agent` is the id of the key
    or of the member who sent it. Raises ConflictingChange when the same person or deed is being
    entered by someone else at this moment: roll back and ask again.
    """
    known = record.latest(session, partner.id, _PREFIX + row.reference)
    if known is None:
        if row.ending is Ending.NOT_ACHIEVED:
            return Taken(Fate.NOTED)
        was_known = accounts.find(session, vault, row.email) is not None
        person = _person(session, vault, row, controller, now, keep_name=not was_known)
        claim = _claim(partner, row, person.id, agent)
        evidence = record.record(session, vault, claim, now=now)
        return Taken(Fate.RECORDED, evidence.id, person.id, is_entered=not was_known)
    if only is not None and known.activity not in only:
        # A key that is limited says nothing of the deeds of another activity, by their references.
        problem = Problem("activity", "activity_not_allowed", _one_of(sorted(only)))
        return Taken(Fate.REFUSED, problems=(problem,))
    who = accounts.find(session, vault, row.email)
    if who is None or who.id != known.person_id:
        return Taken(Fate.REFUSED, problems=(Problem("email", "other_person", _OTHER_PERSON),))
    return _again(session, vault, partner, known, row, agent, corrections, now)


def withdraw(
    session: Session, partner: Organisation, evidence_id: str, *, now: datetime
) -> Evidence:
    """Take back a result in the name of the partner that reported it; doing so again changes nothing.

    Raises EvidenceNotFound for what is not this partner's, ConflictingChange for a former edition.
    """
    evidence = session.get(Evidence, evidence_id)
    if (
        evidence is None
        or evidence.source_organisation != partner.id
        or evidence.kind is not facts.Kind.PARTNER_RESULT
    ):
        raise EvidenceNotFound(f"no evidence {evidence_id}")
    return record.withdraw(session, evidence_id, reason=WITHDRAWN_BY_PARTNER, now=now)


# --- a row that is known --------------------------------------------------------------------------


def _again(
    session: Session,
    vault: Vault,
    partner: Organisation,
    known: Evidence,
    row: Checked,
    agent: str,
    corrections: Corrections,
    now: datetime,
) -> Taken:
    """Return what becomes of a row about a deed that was reported before."""
    valid = known.state is State.VALID
    if row.ending is Ending.NOT_ACHIEVED and not valid:
        return Taken(Fate.KNOWN, known.id, known.person_id)
    changed = _changes(known, row)
    if valid and not changed:
        return Taken(Fate.KNOWN, known.id, known.person_id)
    if corrections is Corrections.REFUSE:
        problems = tuple(Problem(field, "changed", _CHANGED) for field in changed)
        withdrawn = Problem("reference", "withdrawn_before", _WITHDRAWN)
        return Taken(Fate.REFUSED, problems=problems if valid else (withdrawn,))
    if row.ending is Ending.NOT_ACHIEVED:
        record.withdraw(session, known.id, reason=WITHDRAWN_BY_PARTNER, now=now)
        return Taken(Fate.WITHDRAWN, known.id, known.person_id)
    claim = _claim(partner, row, known.person_id, agent)
    correct = record.replace if valid else record.renew
    evidence = correct(session, vault, known.id, claim, now=now)
    return Taken(Fate.CORRECTED, evidence.id, evidence.person_id)


def _changes(known: Evidence, row: Checked) -> list[str]:
    """Return the fields in which a row says something else than before; who sent it is none."""
    if row.ending is Ending.NOT_ACHIEVED:
        return ["outcome"]
    said = {
        "activity": (known.activity, row.terms.activity),
        "date": (known.occurred_at, row.occurred_at),
        "score": (known.score, row.score),
        "strength": (known.strength, int(row.strength)),
    }
    return [field for field, (before, now) in said.items() if before != now]


def _claim(partner: Organisation, row: Checked, person_id: str, agent: str) -> Claim:
    terms = row.terms
    return Claim(
        person_id=person_id,
        source_organisation=partner.id,
        reference=_PREFIX + row.reference,
        agent=agent,
        method=METHOD,
        activity=terms.activity,
        activity_version=str(terms.version),
        content_digest=terms.digest,
        competences=tuple(terms.competences),
        level=terms.level,
        strength=row.strength,
        identity=Identity.UNKNOWN,
        outcome=Outcome.ACHIEVED,
        score=row.score,
        threshold=None if row.score is None else terms.threshold,
        occurred_at=row.occurred_at,
        details=PartnerDetails(title=Text(**terms.title), organisation=partner.name),
    )


def _person(
    session: Session,
    vault: Vault,
    row: Checked,
    controller: Organisation,
    now: datetime,
    *,
    keep_name: bool,
) -> Person:
    """Return the person of a row. Whom we know already decides themselves how they are called."""
    try:
        with session.begin_nested():
            person = accounts.find_or_create(
                session,
                vault,
                email=str(row.email),
                language=row.language,
                controller=controller,
                now=now,
            )
            if keep_name and row.name is not None:
                accounts.rename(session, vault, person, row.name)
            return person
    except ConflictingChange:
        # Another partner is entering the same person: by now they are there.
        found = accounts.find(session, vault, row.email)
        if found is None:
            raise
        return found


# --- one field after the other --------------------------------------------------------------------


def _email(text: str, problems: list[Problem]) -> EmailAddress | None:
    try:
        return email_address.parse(text)
    except InvalidEmail as error:
        problems.append(Problem("email", error.code, Text(**people_words.SENTENCES[error.code])))
        return None


def _name(text: str, problems: list[Problem]) -> str | None:
    if not text.strip():
        return None
    try:
        return names.normalise(text)
    except InvalidName as error:
        problems.append(Problem("name", error.code, Text(**people_words.SENTENCES[error.code])))
        return None


def _ending(text: str, problems: list[Problem]) -> Ending | None:
    if text in list(Ending):
        return Ending(text)
    problems.append(Problem("outcome", "outcome_unknown", _one_of(list(Ending))))
    return None


def _day(
    text: str, terms: AllowedActivity | None, now: datetime, problems: list[Problem]
) -> date | None:
    """Return the day of a deed, if it has come and the agreement covers it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        problems.append(Problem("date", "date_malformed", _DATE))
        return None
    if day > now.astimezone(ZONE).date():
        problems.append(Problem("date", "date_future", _NOT_IN_THE_FUTURE))
    if terms is not None and not _covers(terms, day):
        problems.append(Problem("date", "date_outside_agreement", _days(terms)))
    return day


def _covers(terms: AllowedActivity, day: date) -> bool:
    return terms.valid_from <= day and (terms.valid_until is None or day <= terms.valid_until)


def _strength(text: str, terms: AllowedActivity | None, problems: list[Problem]) -> Strength | None:
    if terms is None:
        return None
    if not text:
        return Strength(terms.strength)
    if text in [str(each) for each in range(1, terms.strength + 1)]:
        return Strength(int(text))
    expected = Text(
        fr=f"un nombre de 1 à {terms.strength}", en=f"a number from 1 to {terms.strength}"
    )
    problems.append(Problem("strength", "strength_not_allowed", expected))
    return None


def _score(
    text: str, terms: AllowedActivity | None, ending: Ending | None, problems: list[Problem]
) -> Fraction | None:
    """Return a score as a share of 1, None for none.

    Where a threshold is agreed, nothing is achieved without one: left out, it would be passed.
    """
    if not text:
        if terms is not None and terms.threshold is not None and ending is Ending.ACHIEVED:
            problems.append(Problem("score", "score_missing", _enough(terms.threshold)))
        return None
    score = Fraction(text) / 100 if _SCORE.fullmatch(text) else None
    if score is None or score > 1:
        problems.append(Problem("score", "score_malformed", _PERCENTAGE))
        return None
    if terms is None:
        return None
    if terms.threshold is None:
        problems.append(Problem("score", "score_not_agreed", _NO_SCORE))
    elif ending is Ending.ACHIEVED and score < terms.threshold:
        problems.append(Problem("score", "score_below_threshold", _enough(terms.threshold)))
    return score


# --- what was expected ----------------------------------------------------------------------------

_REFERENCE_WORDS = Text(
    fr=f"de 1 à {LONGEST_REFERENCE} caractères ASCII visibles, sans espace, qui ne nomment personne",
    en=f"1 to {LONGEST_REFERENCE} visible ASCII characters, no space, that name nobody",
)
_DATE = Text(fr="un jour comme 2026-11-27", en="a day such as 2026-11-27")
_NOT_IN_THE_FUTURE = Text(fr="aujourd'hui au plus tard", en="today at the latest")
_PERCENTAGE = Text(
    fr="un pourcentage de 0 à 100, comme 82.5", en="a percentage from 0 to 100, such as 82.5"
)
_NO_SCORE = Text(
    fr="rien : la convention ne prévoit pas de score pour cette activité",
    en="nothing: the agreement has no score for this activity",
)
_OTHER_PERSON = Text(
    fr="la personne pour laquelle cette référence a été envoyée, ou une autre référence",
    en="the person for whom this reference was sent, or another reference",
)
_CHANGED = Text(
    fr="ce qui a été envoyé avant sous cette référence, ou une demande de correction",
    en="what was sent before under this reference, or a request for correction",
)
_WITHDRAWN = Text(
    fr="une demande de correction : ce résultat a été retiré",
    en="a request for correction: this result was taken back",
)
_UNTIL = Text(fr=" et jusqu'au {day}", en=" and until {day}")
_FROM = Text(fr="un jour à partir du {day}", en="a day from {day} on")


def _enough(threshold: Fraction) -> Text:
    """Return which score a success needs, in words."""
    least = threshold * 100
    return Text(fr=f"au moins {least} pour « achieved »", en=f"at least {least} for “achieved”")


def _days(terms: AllowedActivity) -> Text:
    """Return between which days the agreement covers an activity, in words."""

    def words(language: str) -> str:
        text = _FROM[language].format(day=terms.valid_from.isoformat())
        if terms.valid_until is not None:
            text += _UNTIL[language].format(day=terms.valid_until.isoformat())
        return text

    return Text(fr=words("fr"), en=words("en"))


def _one_of(allowed: Collection[str]) -> Text:
    """Return the words that a field may hold."""
    listed = ", ".join(allowed)
    if not listed:
        return Text(
            fr="aucune activité n'est couverte par la convention",
            en="no activity is covered by the agreement",
        )
    return Text(fr=f"l'un de : {listed}", en=f"one of: {listed}")
