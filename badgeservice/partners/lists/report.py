"""The table to keep: what became of each line of a list, or what is to be corrected in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from badgeservice import spreadsheets
from badgeservice.evidence.sources import table_words, tables
from badgeservice.evidence.sources.results import Fate
from badgeservice.evidence.sources.tables import Column, Problem, Result, Rules
from badgeservice.partners.lists import correcting, sending, staging, template
from badgeservice.partners.lists.models import ListedRow, ResultList, RowState
from badgeservice.storage.vault import Vault
from badgeservice.verification.words import Language

FATES: dict[Fate, dict[Language, str]] = {
    Fate.RECORDED: {"fr": "enregistrée", "en": "recorded"},
    Fate.KNOWN: {"fr": "connue déjà", "en": "known already"},
    Fate.CORRECTED: {"fr": "corrigée", "en": "corrected"},
    Fate.WITHDRAWN: {"fr": "retirée", "en": "taken back"},
    Fate.NOTED: {"fr": "rien à enregistrer", "en": "nothing to record"},
    Fate.REFUSED: {"fr": "refusée", "en": "refused"},
}
_LEFT_OUT: dict[Language, str] = {"fr": "laissée de côté", "en": "left out"}
_WAITING: dict[Language, str] = {"fr": "en attente", "en": "waiting"}
_TITLES: dict[Language, tuple[str, str, str]] = {
    "fr": ("ligne", "suite donnée", "explication"),
    "en": ("line", "outcome", "explanation"),
}
_TO_CORRECT: dict[Language, str] = {"fr": "à corriger", "en": "to correct"}


def fate(row: ListedRow, language: Language) -> str:
    """Return what became of a line, in a word or two."""
    if row.fate is not None:
        return FATES[row.fate][language]
    return (_LEFT_OUT if row.state == RowState.LEFT_OUT else _WAITING)[language]


def why(session: Session, vault: Vault, row: ListedRow, rules: Rules, language: Language) -> str:
    """Return why a line was refused or left out, empty for any other; `rules` are those of today."""
    if row.state == RowState.LEFT_OUT and row.cells is not None:
        given, surplus = staging.cells(session, vault, row)
        found = tables.check(given, rules, surplus=surplus)
        return "" if isinstance(found, Result) else sentences(found, language)
    return " ".join(table_words.refused(code, language) for code in row.problems or ())


def of_fates(
    session: Session, vault: Vault, sent: ResultList, language: Language, *, now: datetime
) -> Iterator[str]:
    """Yield the table of a sent list, line by line; cells stand in it while we keep them."""
    yield spreadsheets.MARK + spreadsheets.line(
        (*_TITLES[language], *template.titles(language)), language
    )
    rules = staging.rules(session, sent, now)
    for row in sending.rows(session, sent, only_problems=False, at_most=None):
        given, _ = staging.cells(session, vault, row)
        explained = why(session, vault, row, rules, language)
        yield spreadsheets.line(
            (str(row.number), fate(row, language), explained, *_cells(given)), language
        )


def of_problems(
    session: Session, vault: Vault, staged: ResultList, language: Language, *, now: datetime
) -> Iterator[str]:
    """Yield the lines to correct as a list that can be corrected and uploaded again."""
    yield spreadsheets.MARK + spreadsheets.line(
        (*template.titles(language), _TITLES[language][0], _TO_CORRECT[language]), language
    )
    for shown in correcting.to_correct(session, vault, staged, now=now):
        yield spreadsheets.line(
            (*_cells(shown.cells), str(shown.number), sentences(shown.problems, language)), language
        )


def sentences(problems: Iterable[Problem], language: Language) -> str:
    """Return everything that is to be corrected in a line."""
    return " ".join(table_words.explain(problem, language) for problem in problems)


def _cells(given: dict[Column, str]) -> tuple[str, ...]:
    return tuple(given.get(column, "") for column in Column)
