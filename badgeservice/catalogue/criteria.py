"""The criteria of a badge: one order of parts, the same in every class and in both languages.

Employers read them, so they look for the same thing in the same place: what the holder can do, how
the badge is earned, how that was verified, for how long it holds, and what it refers to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from badgeservice.catalogue import validity as validities
from badgeservice.catalogue.framework import Competence, Level

PARTS = {
    "fr": (
        "La personne titulaire de ce badge",
        "Pour l'obtenir",
        "Vérification",
        "Validité",
        "Référence",
    ),
    "en": ("The holder of this badge", "To earn it", "Verification", "Validity", "Reference"),
}
"""The headings, in bold, in their order."""

OUTCOMES = range(3, 6)
"""How many things that others can see a badge for a skill may be made of."""

_UNLIMITED = {"fr": "sans limite", "en": "no limit"}
_LEVELS = {"fr": "niveaux {}–{}", "en": "levels {}–{}"}


def problems(
    text: str,
    language: str,
    *,
    competences: Sequence[Competence],
    level: Level | None,
    validity: str | None,
) -> Iterator[str]:
    """Yield what `text`, Markdown in `language`, lacks or says otherwise than the class.

    `level` is None for a badge that is not for a skill; `validity` (such as `P24M`) is None while
    there is no rule.
    """
    headings = [f"**{part}**" for part in PARTS[language]]
    missing = [heading for heading in headings if text.count(heading) != 1]
    for heading in missing:
        yield f"{heading} must stand there once"
    if missing:
        return
    places = [text.index(heading) for heading in headings]
    if places != sorted(places):
        yield f"the parts must stand in this order: {', '.join(headings)}"
        return
    able, _, _, holds, refers = (
        text[start:end] for start, end in zip(places, [*places[1:], len(text)], strict=True)
    )
    if level is not None:
        yield from _skill_problems(able, refers, language, level)
    for competence in competences:
        if not re.search(rf"(?<![\d.]){re.escape(competence.code)}(?![\d])", refers):
            yield f"{headings[-1]} does not name {competence.code}"
    if validity is not None and _period(validity, language) not in _plain(holds):
        yield f"{headings[-2]} does not say “{_period(validity, language)}”, as the rule does"


def _skill_problems(able: str, refers: str, language: str, level: Level) -> Iterator[str]:
    """Yield what the part about the skill lacks, or the reference to its levels."""
    if level.criterion[language] not in _plain(able):
        yield f"the level is not said in its own words: “{level.criterion[language]}”"
    count = len(re.findall(r"^- ", able, re.M))
    if count not in OUTCOMES:
        yield f"{count} outcomes; there must be {OUTCOMES[0]} to {OUTCOMES[-1]}, as a list"
    levels = _LEVELS[language].format(*level.crcn)
    if levels not in _plain(refers):
        yield f"**{PARTS[language][-1]}** does not say “{levels}”"


def _period(validity: str, language: str) -> str:
    """Return a validity as the text must say it: "2 ans", "18 months"."""
    months = validities.months(validity)
    if months is None:
        return _UNLIMITED[language]
    if months % 12:
        return {"fr": f"{months} mois", "en": f"{months} month{'s' if months > 1 else ''}"}[
            language
        ]
    years = months // 12
    plural = "s" if years > 1 else ""
    return {"fr": f"{years} an{plural}", "en": f"{years} year{plural}"}[language]


def _plain(text: str) -> str:
    """Return `text` as one line, so that it does not matter where its author broke it."""
    return " ".join(text.split())
