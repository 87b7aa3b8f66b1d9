"""The scale of evidence, in the words that employers read."""

from __future__ import annotations

import pytest

from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import LANGUAGES, Text


def test_the_scale_has_five_strengths_from_nought_to_four() -> None:
    """The number stands in signed badges (`#strength-3`), so it never moves."""
    assert [(int(strength), strength.name) for strength in Strength] == [
        (0, "DECLARED"),
        (1, "ONLINE_QUIZ"),
        (2, "ATTENDANCE_VERIFIED"),
        (3, "WORK_REVIEWED"),
        (4, "OBSERVED_AT_WORK"),
    ]


def test_every_strength_has_words_in_every_language() -> None:
    """A mark without a word says nothing."""
    words = {strength.words[language] for strength in Strength for language in LANGUAGES}

    assert len(words) == len(Strength) * len(LANGUAGES)
    assert Strength.ONLINE_QUIZ.words["fr"] == "quiz en ligne, non surveillé"


def test_a_text_has_no_language_that_we_do_not_speak() -> None:
    """Asking for another one is a mistake of ours, not an empty text."""
    with pytest.raises(KeyError):
        Text(fr="a", en="b")["as_dict"]
