"""Words that must never describe a badge.

In France a *certification* is what the national registers (RNCP, répertoire spécifique) list, and a
diploma is what a ministry gives. A badge recognises a skill and is neither; a class whose text
claims more would mislead employers and engage its issuer.
"""

from __future__ import annotations

import re
import unicodedata

_CLAIM = re.compile(
    r"\b(?:certif\w*|diplom(?:e\w*|as?)|rncp|rs ?\d{3,6}|repertoires? (?:national|specifique)s?"
    r"|titres? (?:professionnels?|d'etat)|professional titles?)\b"
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")


def claims(text: str) -> list[str]:
    """Return the words of `text` that claim a certification, diploma or register entry.

    Case, accents, kinds of apostrophe and invisible characters make no difference.

    >>> claims("Ce badge est un diplôme, et certifie un niveau.")
    ['diplome', 'certifie']
    >>> claims("Un certain niveau, vérifié.")
    []
    """
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKD", text)).replace("’", "'")
    plain = "".join(letter for letter in visible if not unicodedata.combining(letter)).casefold()
    return _CLAIM.findall(" ".join(plain.split()))
