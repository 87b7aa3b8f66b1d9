"""Text for people, in every language that we speak."""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("fr", "en")
"""French first: it is the language of the people, the other one is its translation."""


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name in each language.

    >>> Text(fr="débutant", en="beginner")["en"]
    'beginner'
    """

    fr: str
    en: str

    def __getitem__(self, language: str) -> str:
        """Return the text in `language`; raise KeyError for a language that we do not speak."""
        if language not in LANGUAGES:
            raise KeyError(language)
        text: str = getattr(self, language)
        return text

    def as_dict(self) -> dict[str, str]:
        """Return the texts by language, as documents store them."""
        return {language: self[language] for language in LANGUAGES}
