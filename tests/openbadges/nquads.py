"""A small reader of N-Quads, for test vectors only: the service never reads N-Quads."""

from __future__ import annotations

import re

from badgeservice.openbadges import rdfc

_IRI = r"<(?P<{0}_iri>[^>]*)>"
_BLANK = r"(?P<{0}_blank>_:[^\s.]+(?:\.+[^\s.]+)*)"
_LITERAL = r'"(?P<text>(?:[^"\\]|\\.)*)"(?:\^\^<(?P<datatype>[^>]*)>|@(?P<language>[\w-]+))?'
_LINE = re.compile(
    rf"\s*(?:{_IRI}|{_BLANK})\s*".format("s")
    + _IRI.format("p")
    + rf"\s*(?:{_IRI}|{_BLANK}|{_LITERAL})\s*".format("o")
    + rf"(?:{_IRI}|{_BLANK})?\s*\.\s*(?:#.*)?".format("g"),
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_CHARACTERS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def read(text: str) -> list[rdfc.Quad]:
    """Return the quads of an N-Quads document, their terms in canonical form."""
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    return [_quad(line) for line in lines]


def _quad(line: str) -> rdfc.Quad:
    match = _LINE.fullmatch(line)
    assert match, f"not a quad: {line}"
    group = match.groupdict()

    def term(position: str) -> str:
        if group[f"{position}_blank"] is not None:
            return group[f"{position}_blank"]
        if group[f"{position}_iri"] is not None:
            return rdfc.iri(_unescape(group[f"{position}_iri"]))
        return ""

    object_ = term("o")
    if group["text"] is not None:
        object_ = rdfc.literal(
            _unescape(group["text"]),
            language=group["language"],
            **({"datatype": _unescape(group["datatype"])} if group["datatype"] else {}),
        )
    return term("s"), rdfc.iri(_unescape(group["p_iri"])), object_, term("g")


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        short, long, letter = match.groups()
        if letter:
            return _CHARACTERS.get(letter, letter)
        return chr(int(short or long, 16))

    return _ESCAPE.sub(character, text)
