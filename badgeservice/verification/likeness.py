"""Names and domains that a person would take for one another, and characters that hide.

Two texts are alike when their skeletons are equal: compatibility forms and case folded, accents and
everything but letters and digits left out, and each character replaced by the one that stands for
all that look like it. Which look alike is Unicode's own data, as `confusable_homoglyphs` carries it;
to these come the digits that people read as letters.
What is alike is suspicious and not proven: two schools may honestly have one name.
Sources: Unicode Technical Standard 39, section 4 (skeleton); Unicode Standard Annex 15 (NFKC, NFD).
"""

from __future__ import annotations

import json
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from badgeservice.verification import reading

_READ_AS_LETTERS = str.maketrans({"3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "i": "l"})
"""After the skeleton of Unicode, which has 0 and O, 1 and l alike: the digits of cheap disguises."""

_SHORTEST_NAME = 3
_SHORTEST_WORD = 5
"""Below these many characters, what is alike is chance."""

_SECOND_LEVELS = {"ac", "asso", "co", "com", "edu", "gouv", "gov", "net", "org"}
"""Under a country's domain, these are no names of anybody."""

_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = set("\u200c\u200d")
_INVISIBLE = set("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u3164\ufeff\uffa0")
_NO_JOINERS = ("LATIN", "GREEK", "CYRILLIC", "DIGIT", "SPACE")
_ALIKE_SCRIPTS = {"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE"}


def shown(text: str) -> str:
    r"""Return `text` without characters that hide, or that turn the writing around.

    Scripts that need joiners keep them.

    >>> shown("Acad\u202eémie\u200b")
    'Académie'
    """
    return "".join(
        character
        for before, character in zip([" ", *text], text, strict=False)
        if not _hides(character, before)
    )


def disguises(text: str) -> tuple[str, ...]:
    r"""Return what in a name is there to deceive: characters that hide, words of mixed scripts.

    >>> disguises("Lyc\u0435\u0301e")
    ('mixed scripts',)
    """
    found = [
        f"U+{ord(character):04X}"
        for before, character in zip([" ", *text], text, strict=False)
        if _hides(character, before)
    ]
    if any(len(_unique_scripts(word) & _ALIKE_SCRIPTS) > 1 for word in text.split()):
        found.append("mixed scripts")
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=32_768)
def skeleton(text: str) -> str:
    r"""Return what is left of a text when all that looks alike is written alike; not for show.

    >>> skeleton("École d'Exemple") == skeleton("\u0415cole d’exemp1e")
    True
    """
    folded = _replaced(unicodedata.normalize("NFKC", shown(text))).casefold()
    bare = "".join(
        character
        for character in unicodedata.normalize("NFD", folded)
        if unicodedata.category(character) != "Mn"
    )
    alike = _replaced(bare).casefold().replace("vv", "w").translate(_READ_AS_LETTERS)
    return "".join(filter(str.isalnum, alike))


def of_known(name: str, identifier: str) -> frozenset[str]:
    """Return the keys of somebody known: their name, and the name of their domain."""
    keys = {f"name {skeleton(name)}"} if len(skeleton(name)) >= _SHORTEST_NAME else set()
    if labels := _labels(identifier):
        label = skeleton(labels[0])
        if len(label) >= _SHORTEST_NAME:
            keys.add(f"domain {label}")
        keys.add(f"site {'.'.join(map(skeleton, labels))}")
    return frozenset(keys)


def of_stranger(name: str | None, identifier: str | None) -> frozenset[str]:
    """Return the keys of those that somebody could be taken for, by name or by domain.

    A domain is taken for another if its name is, or contains it between hyphens, or if all of the
    other stands inside it as `other.example` does in `other.example.evil.example`.
    """
    keys = {f"name {skeleton(name)}"} if name else set()
    labels = _labels(identifier or "")
    if not labels:
        return frozenset(keys)
    words = _decoded(labels[0]).split("-")
    runs = {
        skeleton("".join(words[start:end]))
        for start in range(len(words))
        for end in range(start + 1, len(words) + 1)
    }
    keys |= {f"domain {run}" for run in runs if len(run) >= _SHORTEST_WORD}
    keys.add(f"domain {skeleton(_decoded(labels[0]))}")
    every = [skeleton(_decoded(label)) for label in _host(identifier or "").split(".")]
    keys |= {
        f"site {'.'.join(every[start:end])}"
        for start in range(len(every))
        for end in range(start + 2, len(every) + 1)
    }
    return frozenset(keys)


def is_same_site(one: str, other: str) -> bool:
    """Tell whether two identifiers are under one registered domain.

    >>> is_same_site("did:web:a.school.example", "https://school.example/issuer")
    True
    """
    return _labels(one) == _labels(other) != []


def is_within(identifier: str, site: str) -> bool:
    """Tell whether `identifier` is at the host for all of which `site` answers, or below it.

    >>> is_within("did:web:a.school.example:b", "https://school.example")
    True
    >>> is_within("did:web:platform.example:b", "did:web:platform.example:a")
    False
    """
    host, whole = _host(identifier), _host(site)
    has_path = (
        site.count(":") > 2 if site.startswith("did:web:") else urlsplit(site).path not in ("", "/")
    )
    return bool(whole) and not has_path and (host == whole or host.endswith(f".{whole}"))


def _hides(character: str, before: str) -> bool:
    if character in _JOINERS:
        return unicodedata.name(before, "SPACE").startswith(_NO_JOINERS)
    return (
        character in _BIDI
        or character in _INVISIBLE
        or "\u2060" <= character <= "\u206f"
        or "\ufff9" <= character <= "\ufffb"
        or "\U000e0000" <= character <= "\U000e007f"
    )


def _unique_scripts(word: str) -> set[str]:
    """Return the scripts of a word, what all of them share aside."""
    from confusable_homoglyphs import categories

    scripts: set[str] = categories.unique_aliases(word)
    return scripts


def _replaced(text: str) -> str:
    alike = _prototypes()
    return "".join(alike.get(character, character) for character in text)


@cache
def _prototypes() -> dict[str, str]:
    """Return, for each character that looks like another, the text that stands for all of them.

    The data name for one that stands for several all of these, and for each of these the one.
    They are read as a file: the library would keep them in memory, with the name of each character.
    """
    from confusable_homoglyphs import utils

    data = Path(utils.path("confusables.json")).read_text("utf-8")
    confusables: dict[str, list[str]] = json.loads(data, object_hook=_without_names)
    return {
        character: max(
            (character, *alike), key=lambda text: (len(confusables.get(text, ())), -len(text), text)
        )
        for character, alike in confusables.items()
        if len(character) == 1
    }


def _without_names(entry: dict[str, object]) -> object:
    """Return the character of an entry {"c": character, "n": its name}; the table itself as it is."""
    return entry["c"] if entry.keys() == {"c", "n"} else entry


def _host(identifier: str) -> str:
    return (reading.domain(identifier) or "").partition(":")[0].lower().rstrip(".")


def _labels(identifier: str) -> list[str]:
    """Return the labels of the registered domain of an identifier, none if no domain answers."""
    labels = _host(identifier).split(".")
    if len(labels) < 2 or labels[-1].isdigit():  # without a name, or numbers alone
        return []
    is_deeper = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS
    return labels[-3:] if is_deeper else labels[-2:]


def _decoded(label: str) -> str:
    """Return a label of a domain as browsers write it, which may hide its script in `xn--`."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode().decode("punycode")
    except UnicodeError:
        return label
