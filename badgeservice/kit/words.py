"""What the page of a kit says around a verdict, French and English; the verdict has its own words."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from badgeservice.kit.archive import Extract
from badgeservice.verification import Report, words
from badgeservice.verification.codes import Code, Outcome
from badgeservice.verification.report import Finding, Verdict
from badgeservice.verification.summary import Summary
from badgeservice.verification.words import Language

LANGUAGES: tuple[Language, ...] = ("fr", "en")

_LABELS = {
    "fr": ("Badge", "Émetteur", "Personne", "Comment", "Délivré le", "Valable jusqu'au"),
    "en": ("Badge", "Issuer", "Person", "How", "Issued on", "Valid until"),
}
_AS_OF = {
    "fr": "Vérifié d'après ce que l'émetteur publiait le {instant}. Ce qui a changé depuis n'est pas "
    "connu de cette page.",
    "en": "Checked against what the issuer published on {instant}. What has changed since is not "
    "known to this page.",
}
_CLOCK = {
    "fr": "Dates comparées à l'horloge de cet appareil : {instant}.",
    "en": "Dates compared with the clock of this device: {instant}.",
}
Place = Literal["kit", "site"]
"""Where the page stands: in the kit of one badge, or on a site that was frozen."""

_NOT_IN_EXTRACT = {
    "kit": {
        "fr": "Ce fichier n'est pas le badge de ce dossier : sa signature et les listes emportées ont "
        "été vérifiées, mais pas le registre de l'émetteur.",
        "en": "This file is not the badge of this kit: its signature and the lists in the kit were "
        "checked, but not the register of the issuer.",
    },
    "site": {
        "fr": "Ce site ne dit rien de ce badge : il est d'un autre émetteur, ou la personne qui le "
        "détient ne le montre pas. Sa signature et les listes de ce site ont été vérifiées.",
        "en": "This site says nothing of this badge: it is of another issuer, or its holder does not "
        "show it. Its signature and the lists of this site were checked.",
    },
}

_REGISTER_NOT_HELD = {
    "kit": {
        "fr": "Le registre de l'émetteur, pour ce badge, n'est pas dans ce dossier.",
        "en": "What the register of the issuer says of this badge is not in this kit.",
    },
    "site": {
        "fr": "Le registre de l'émetteur, pour ce badge, n'est pas sur ce site.",
        "en": "What the register of the issuer says of this badge is not on this site.",
    },
}


def instant(moment: datetime, language: Language) -> str:
    """Return the day and the minute of an instant, as people in France count them.

    >>> from datetime import UTC
    >>> instant(datetime(2026, 11, 25, 13, 5, tzinfo=UTC), "fr")
    '25 novembre 2026 à 14 h 05 (heure de Paris)'
    """
    day, local = words.date(moment, language), words.local(moment)
    if language == "fr":
        return f"{day} à {local.hour} h {local.minute:02} (heure de Paris)"
    return f"{day} at {local.hour}:{local.minute:02} (Paris time)"


def shown(
    report: Report,
    extract: Extract,
    *,
    is_known: bool,
    language: Language,
    place: Place = "kit",
) -> dict[str, Any]:
    """Return what the page shows of a report, as plain JSON values, in one language.

    `is_known` tells that the extract of the register is about what was submitted.
    """
    notes = [_AS_OF[language].format(instant=instant(extract.as_of, language))]
    if not is_known and report.verdict is not Verdict.UNREADABLE:
        notes.append(_NOT_IN_EXTRACT[place][language])
    notes.append(_CLOCK[language].format(instant=instant(report.checked_at, language)))
    reports = [report, *([report.beside] if report.beside else [])]
    return {
        "sentence": words.sentence(report, language),
        "notes": notes,
        "facts": _facts(report.credential, language) if report.credential else [],
        "findings": [
            _finding(finding, language, is_known=is_known, place=place)
            for each in reports
            for finding in each.findings
        ],
        "endorsements": [
            words.endorsement_sentence(endorsement, language)
            for each in reports
            for endorsement in each.endorsements
        ],
    }


def _finding(
    finding: Finding, language: Language, *, is_known: bool, place: Place
) -> dict[str, str]:
    # Without the entry of a badge, nobody is "we"; so that it is not ours would be saying too much.
    is_silent = finding.code is Code.NOT_OURS and not is_known
    return {
        "outcome": str(Outcome.UNKNOWN if is_silent else finding.outcome),
        "text": _REGISTER_NOT_HELD[place][language]
        if is_silent
        else words.explain(finding, language),
        "at": instant(finding.at, language) if finding.at else "",
        "code": str(finding.code),
        "detail": finding.detail,
    }


def _facts(badge: Summary, language: Language) -> list[tuple[str, str]]:
    """Return what the badge says, the domain of its issuer before the name it gives itself."""
    issuer = " · ".join(filter(None, (badge.issuer_domain or badge.issuer_id, badge.issuer_name)))
    how = ", ".join(level.name for level in badge.achieved_levels if level.name)
    instants = (badge.awarded or badge.valid_from, badge.valid_until)
    days = (words.date(moment, language) if moment else None for moment in instants)
    facts = zip(
        _LABELS[language], (badge.name, issuer, badge.recipient_name, how, *days), strict=True
    )
    return [(label, value) for label, value in facts if value]
