"""The empty list that a partner downloads and fills in, for the activities of its agreement."""

from __future__ import annotations

from collections.abc import Sequence

from badgeservice import spreadsheets
from badgeservice.evidence.models import AllowedActivity
from badgeservice.evidence.sources import table_words, xlsx
from badgeservice.evidence.sources.tables import Column, Status
from badgeservice.verification.words import Language

_WIDTHS = (22, 22, 32, 24, 14, 14, 10)

_ABOUT: dict[Language, tuple[tuple[str, str], ...]] = {
    "fr": (
        ("nom, prénom", "facultatifs ; la personne choisit elle-même ce que montre son badge"),
        ("e-mail", "obligatoire : c'est par lui que la personne retrouve son résultat"),
        ("activité", "obligatoire, l'un des codes ci-dessous"),
        ("statut", "obligatoire : {statuses}"),
        ("date", "obligatoire : jour de l'activité, jj/mm/aaaa ou aaaa-mm-jj"),
        ("score", "un nombre de 0 à 100, obligatoire pour réussir où la convention a un seuil"),
    ),
    "en": (
        ("last name, first name", "optional; the person chooses what their badge shows"),
        ("e-mail", "required: by it the person finds their result"),
        ("activity", "required, one of the codes below"),
        ("status", "required: {statuses}"),
        ("date", "required: day of the activity, dd/mm/yyyy or yyyy-mm-dd"),
        ("score", "a number from 0 to 100, required to pass where the agreement has a threshold"),
    ),
}
_HINT: dict[Language, str] = {
    "fr": "N'indiquez ni motif d'absence ni situation de la personne.",
    "en": "Give neither the reason of an absence nor the person's circumstances.",
}
_SHEETS: dict[Language, tuple[str, str]] = {
    "fr": ("Résultats", "Notice"),
    "en": ("Results", "Instructions"),
}


def as_csv(agreed: Sequence[AllowedActivity], language: Language) -> str:
    """Return the titles, and nothing below: an example would be sent as a result one day."""
    return spreadsheets.MARK + spreadsheets.line(titles(language), language)


def as_xlsx(agreed: Sequence[AllowedActivity], language: Language) -> bytes:
    """Return a workbook with a sheet to fill in, and one that says how."""
    statuses = tuple(words[language] for words in table_words.STATUSES.values())
    codes = tuple(each.activity for each in agreed)
    about = [(name, text.format(statuses=", ".join(statuses))) for name, text in _ABOUT[language]]
    activities = [(each.activity, each.title[language]) for each in agreed]
    columns = tuple(Column)
    results, notes = _SHEETS[language]
    return xlsx.write(
        [
            xlsx.Sheet(
                results,
                (titles(language),),
                _WIDTHS,
                (
                    (columns.index(Column.ACTIVITY), codes),
                    (columns.index(Column.STATUS), statuses),
                ),
            ),
            xlsx.Sheet(
                notes,
                ((_HINT[language],), *about, ("",), *activities),
                (30, 70),
            ),
        ]
    )


def titles(language: Language) -> tuple[str, ...]:
    """Return the titles of the columns, each of which is read back as what it is."""
    return tuple(table_words.COLUMNS[column][language] for column in Column)


def statuses(language: Language) -> dict[Status, str]:
    """Return how the statuses are called."""
    return {status: words[language] for status, words in table_words.STATUSES.items()}
