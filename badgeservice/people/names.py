"""Names of persons as they type them: any human script, nothing that deceives the eye."""

from __future__ import annotations

import unicodedata
from itertools import groupby

from badgeservice.errors import InvalidName

MAX_LENGTH = 100
# Real scripts stack few marks on a letter; a tower of them paints over the verdict next to a name.
MAX_MARKS_IN_A_ROW = 8
# Persian and the scripts of India spell with them; all other invisible characters are refused.
_JOINERS = frozenset("\u200c\u200d")
# Control, format (among them those that turn the direction of reading), surrogate, private use,
# line and paragraph separators.
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def normalise(text: str) -> str:
    """Return a name in Unicode's NFC, with single spaces.

    Raises InvalidName with one of the codes name_missing, name_too_long (over MAX_LENGTH
    characters), name_characters. The sentence never repeats the name.

    >>> normalise("  Anaïs   Lemoigne ")
    'Anaïs Lemoigne'
    """
    if len(text) > 10 * MAX_LENGTH:
        # Before any work on it: normalization is not free.
        raise InvalidName("the name is too long", code="name_too_long")
    if any(_is_refused(c) for c in text):
        raise InvalidName("the name holds a control or invisible character", code="name_characters")
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(_is_letter(c) for c in name):
        raise InvalidName("no name was given", code="name_missing")
    if len(name) > MAX_LENGTH:
        raise InvalidName("the name is too long", code="name_too_long")
    if _longest_run_of_marks(name) > MAX_MARKS_IN_A_ROW:
        raise InvalidName("the name stacks too many marks on a letter", code="name_characters")
    return name


def _is_refused(character: str) -> bool:
    category = unicodedata.category(character)
    return (category in _REFUSED and character not in _JOINERS) or _is_noncharacter(character)


def _is_letter(character: str) -> bool:
    """Return whether this is a letter, or one of a script younger than Python's tables (Cn)."""
    category = unicodedata.category(character)
    return category[0] == "L" or category == "Cn"


def _is_noncharacter(character: str) -> bool:
    """Return whether Unicode promises never to assign this code point (§23.7)."""
    point = ord(character)
    return 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE


def _longest_run_of_marks(name: str) -> int:
    is_mark = (unicodedata.category(c)[0] == "M" for c in name)
    return max((len(list(run)) for mark, run in groupby(is_mark) if mark), default=0)
