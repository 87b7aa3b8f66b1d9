"""What a partner reads about a table that cannot be used, or a line of it, in French and English.

A sentence says what was expected, and never blames: where it stands and what stands there is shown
beside it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from badgeservice.errors import TableRefused
from badgeservice.evidence.sources import tables
from badgeservice.evidence.sources.tables import Code, Column, Problem, Status
from badgeservice.people import words as people_words
from badgeservice.verification.words import Language
from badgeservice.verification.words import date as in_full

COLUMNS: dict[Column, dict[Language, str]] = {
    Column.LAST_NAME: {"fr": "nom", "en": "last name"},
    Column.FIRST_NAME: {"fr": "prénom", "en": "first name"},
    Column.EMAIL: {"fr": "e-mail", "en": "e-mail"},
    Column.ACTIVITY: {"fr": "activité", "en": "activity"},
    Column.STATUS: {"fr": "statut", "en": "status"},
    Column.DATE: {"fr": "date", "en": "date"},
    Column.SCORE: {"fr": "score", "en": "score"},
}

STATUSES: dict[Status, dict[Language, str]] = {
    Status.PRESENT: {"fr": "présent", "en": "attended"},
    Status.PASSED: {"fr": "réussi", "en": "passed"},
    Status.ABSENT: {"fr": "absent", "en": "absent"},
    Status.EXCUSED: {"fr": "excusé", "en": "excused"},
    Status.NOT_PASSED: {"fr": "non réussi", "en": "not passed"},
}

_PROBLEMS: dict[Code, dict[Language, str]] = {
    Code.EMAIL_MISSING: {
        "fr": "Il manque l'adresse e-mail de la personne.",
        "en": "The person's e-mail address is missing.",
    },
    Code.ACTIVITY_MISSING: {
        "fr": "Il manque l'activité. Attendu : {expected}.",
        "en": "The activity is missing. Expected: {expected}.",
    },
    Code.ACTIVITY_NOT_ALLOWED: {
        "fr": "Votre convention ne couvre pas cette activité. Attendu : {expected}.",
        "en": "Your agreement does not cover this activity. Expected: {expected}.",
    },
    Code.STATUS_MISSING: {
        "fr": "Il manque le statut. Attendu : {statuses}.",
        "en": "The status is missing. Expected: {statuses}.",
    },
    Code.STATUS_UNKNOWN: {
        "fr": "Ce statut n'est pas connu. Attendu : {statuses}.",
        "en": "This status is not known. Expected: {statuses}.",
    },
    Code.DATE_MISSING: {
        "fr": "Il manque la date de l'activité. Attendu : jj/mm/aaaa, par exemple 27/11/2026.",
        "en": "The date of the activity is missing. Expected: dd/mm/yyyy, for example 27/11/2026.",
    },
    Code.DATE_UNREADABLE: {
        "fr": "Cette date ne se lit pas. Attendu : jj/mm/aaaa, par exemple 27/11/2026.",
        "en": "This date cannot be read. Expected: dd/mm/yyyy, for example 27/11/2026.",
    },
    Code.DATE_MONTH_FIRST: {
        "fr": "Cette date semble commencer par le mois. Attendu : le jour d'abord, jj/mm/aaaa.",
        "en": "This date seems to begin with the month. Expected: the day first, dd/mm/yyyy.",
    },
    Code.DATE_AMBIGUOUS: {
        "fr": "Le {day}, ou jour et mois inversés ? D'autres dates de la liste commencent par le "
        "mois. Attendu : aaaa-mm-jj, par exemple {expected}.",
        "en": "{day}, or day and month the other way round? Other dates of the list begin with the "
        "month. Expected: yyyy-mm-dd, for example {expected}.",
    },
    Code.DATE_TOO_EARLY: {
        "fr": "Cette date est trop ancienne. Attendu : à partir du {day}.",
        "en": "This date is too early. Expected: from {day}.",
    },
    Code.DATE_TOO_LATE: {
        "fr": "Cette date est trop tardive. Attendu : au plus tard le {day}.",
        "en": "This date is too late. Expected: {day} at the latest.",
    },
    Code.SCORE_MISSING: {
        "fr": "Il manque le score : votre convention en demande un pour ce statut. Attendu : un nombre "
        "de {expected} à 100, ou le statut « non réussi ».",
        "en": "The score is missing: your agreement asks for one with this status. Expected: a number "
        "from {expected} to 100, or the status “not passed”.",
    },
    Code.SCORE_UNREADABLE: {
        "fr": "Ce score ne se lit pas. Attendu : un nombre de 0 à 100, par exemple 82 ou 82 %.",
        "en": "This score cannot be read. Expected: a number from 0 to 100, for example 82 or 82 %.",
    },
    Code.SCORE_NOT_AGREED: {
        "fr": "Votre convention ne prévoit pas de score pour cette activité. Attendu : rien.",
        "en": "Your agreement has no score for this activity. Expected: nothing.",
    },
    Code.SCORE_TOO_LOW: {
        "fr": "Ce score ne suffit pas pour ce statut. Attendu : un nombre de {expected} à 100, ou le "
        "statut « non réussi ».",
        "en": "This score is not enough for this status. Expected: a number from {expected} to 100, "
        "or the status “not passed”.",
    },
    Code.CELLS_TOO_MANY: {
        "fr": "Cette ligne a plus de cellules que la première. Attendu : une cellule par colonne ; "
        "un séparateur en trop, peut-être.",
        "en": "This line has more cells than the first one. Expected: one cell for each column; "
        "perhaps a separator too many.",
    },
    Code.SAME_AS_BEFORE: {
        "fr": "Même adresse e-mail, même activité, même date que la ligne {expected}. Attendu : "
        "une seule ligne, ou une autre adresse.",
        "en": "Same e-mail address, same activity, same date as line {expected}. Expected: one line only, or "
        "another address.",
    },
}

_WITH_DAY = (Code.DATE_AMBIGUOUS, Code.DATE_TOO_EARLY, Code.DATE_TOO_LATE)

_TABLES: dict[str, dict[Language, str]] = {
    "empty": {
        "fr": "Ce fichier est vide. Attendu : une ligne de titres, puis une ligne par personne.",
        "en": "This file is empty. Expected: a line of titles, then a line for each person.",
    },
    "no_rows": {
        "fr": "Ce fichier ne contient que des titres. Attendu : une ligne par personne.",
        "en": "This file has titles only. Expected: a line for each person.",
    },
    "too_large": {
        "fr": "Ce fichier est trop volumineux. Attendu : 10 Mo au plus.",
        "en": "This file is too large. Expected: at most 10 MB.",
    },
    "too_large_unpacked": {
        "fr": "Ce classeur contient bien plus qu'une liste. Attendu : une seule feuille de "
        "{rows} lignes au plus. Copiez la liste dans un classeur neuf.",
        "en": "This workbook holds far more than a list. Expected: one sheet of at most {rows} "
        "lines. Copy the list into a new workbook.",
    },
    "old_workbook": {
        "fr": "Ce classeur est d'un ancien format, ou protégé par un mot de passe. Attendu : un "
        "fichier .xlsx ou .csv sans mot de passe.",
        "en": "This workbook is in an old format, or locked by a password. Expected: a .xlsx or "
        ".csv file without a password.",
    },
    "macros": {
        "fr": "Ce classeur contient des macros. Attendu : un fichier .xlsx, sans macros.",
        "en": "This workbook has macros. Expected: a .xlsx file, without macros.",
    },
    "not_a_table": {
        "fr": "Ce fichier n'est pas un tableau. Attendu : un fichier .xlsx, ou un .csv séparé par "
        "des points-virgules, des virgules ou des tabulations.",
        "en": "This file is not a table. Expected: a .xlsx file, or a .csv divided by semicolons, "
        "commas or tabs.",
    },
    "unreadable": {
        "fr": "Ce fichier n'est pas lisible. Causes fréquentes : il est abîmé, ou protégé par un mot "
        "de passe. Attendu : un fichier .xlsx ou .csv enregistré par Excel ou LibreOffice.",
        "en": "This file cannot be read. Frequent causes: it is damaged, or locked by a password. "
        "Expected: a .xlsx or .csv file saved by Excel or LibreOffice.",
    },
    "encoding": {
        "fr": "Ligne {line} : un caractère ne se lit pas. Attendu : un CSV en UTF-8 ou Windows-1252.",
        "en": "Line {line}: a character cannot be read. Expected: a CSV in UTF-8 or Windows-1252.",
    },
    "control_character": {
        "fr": "Ligne {line} : un caractère invisible (NUL) ne devrait pas y être. Attendu : du texte.",
        "en": "Line {line}: an invisible character (NUL) should not be there. Expected: text.",
    },
    "open_quote": {
        "fr": "La ligne {line} a un guillemet qui n'est pas refermé, ou du texte après un guillemet. "
        "Attendu : des guillemets par paires.",
        "en": "Line {line} has a quote that is not closed, or text after a quote. Expected: quotes "
        "in pairs.",
    },
    "columns_missing": {
        "fr": "Colonne obligatoire absente : {column}. Colonnes trouvées : {value}.",
        "en": "Required column missing: {column}. Columns found: {value}.",
    },
    "columns_twice": {
        "fr": "Deux colonnes se lisent « {column} » : nous ne savons pas laquelle compte. Renommez ou "
        "supprimez « {value} ».",
        "en": "Two columns read as “{column}”: we do not know which one counts. Rename or delete "
        "“{value}”.",
    },
    "too_many_columns": {
        "fr": "La ligne {line} a trop de colonnes. Attendu : {columns} au plus.",
        "en": "Line {line} has too many columns. Expected: at most {columns}.",
    },
    "too_many_rows": {
        "fr": "Il y a plus de {rows} lignes. Coupez la liste en plusieurs fichiers.",
        "en": "There are more than {rows} lines. Cut the list into several files.",
    },
    "too_much_text": {
        "fr": "Jusqu'à la ligne {line}, les cellules contiennent plus de {text} Mo de texte. Attendu : "
        "un nom, une adresse, un code ou une date par cellule.",
        "en": "Up to line {line} the cells hold more than {text} MB of text. Expected: a name, an "
        "address, a code or a date in each cell.",
    },
    "cell_too_long": {
        "fr": "Ligne {line} : une cellule est trop longue{in_column}. Attendu : {cell} octets au "
        "plus.",
        "en": "Line {line}: a cell is too long{in_column}. Expected: at most {cell} bytes.",
    },
}


_REFUSED: dict[str, dict[Language, str]] = {
    "changed": {
        "fr": "Un autre résultat est déjà enregistré pour cette personne, cette activité et cette "
        "date. Pour le corriger, déposez la ligne à nouveau et cochez « Corriger ce qui a changé ».",
        "en": "Another result is recorded already for this person, this activity and this date. To "
        "correct it, upload the line again and tick “Correct what has changed”.",
    },
    "withdrawn_before": {
        "fr": "Ce résultat a été retiré. Pour l'enregistrer de nouveau, déposez la ligne à nouveau "
        "et cochez « Corriger ce qui a changé ».",
        "en": "This result was taken back. To record it anew, upload the line again and tick "
        "“Correct what has changed”.",
    },
    "": {
        "fr": "Cette ligne ne correspond plus à votre convention, ou n'est plus conservée.",
        "en": "This line does not fit your agreement any more, or is not kept any more.",
    },
}


def refused(code: str, language: Language) -> str:
    """Return why a line was not recorded though it had looked right, and what to do."""
    return _REFUSED.get(code, _REFUSED[""])[language]


def refusal(error: TableRefused, language: Language) -> str:
    """Return why a whole file cannot be used, and what to do."""
    columns = [Column(each) for each in error.column.split(", ") if each in set(Column)]
    named = ", ".join(COLUMNS[each][language] for each in columns) or error.column
    in_column = {"fr": f" (colonne « {named} »)", "en": f" (column “{named}”)"}[language]
    return _TABLES[error.code][language].format(
        line=error.line,
        column=named,
        value=error.value or "–",
        in_column=in_column if named else "",
        rows=tables.MAXIMUM_ROWS,
        columns=tables.MAXIMUM_COLUMNS,
        cell=tables.MAXIMUM_CELL,
        text=tables.MAXIMUM_TEXT // 1024**2,
    )


def explain(problem: Problem, language: Language) -> str:
    """Return what to correct in a line, and what was expected."""
    if problem.code in (Code.EMAIL_UNUSABLE, Code.NAME_UNUSABLE):
        return people_words.SENTENCES[problem.expected][language]
    day = ""
    if problem.code in _WITH_DAY:
        noon = datetime.combine(date.fromisoformat(problem.expected), time(12), tzinfo=UTC)
        day = in_full(noon, language)
    return _PROBLEMS[problem.code][language].format(
        expected=problem.expected or "–",
        day=day,
        statuses=", ".join(words[language] for words in STATUSES.values()),
    )


def column(problem: Problem, language: Language) -> str:
    """Return the name of the column in which a problem stands, empty for the whole line."""
    return COLUMNS[problem.column][language] if problem.column else ""
