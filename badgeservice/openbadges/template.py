"""One shape of document, compiled: canonical N-Quads as lines with a gap for each leaf.

What the general path makes of a document whose leaves are all different sentinels tells where each
leaf goes. Rendering another document of the shape is filling the gaps, and then the end of
RDFC-1.0: merge what has become equal, name the blank nodes, sort. Two nodes that turn out to have
one id need no thought of their own: what they say is a set of quads, and sets are merged.
Source: W3C Recommendation "RDF Dataset Canonicalization", sections 4.4 to 4.6.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

from badgeservice.openbadges import rdfc

PLAIN_IRI = re.compile(
    r'(?:https?://|did:|urn:)[^\x00-\x20\x7f\xa0\s<>"{}|\\^`\ud800-\udfff]+'
).fullmatch
"""Says whether an address means itself wherever one may stand: it is neither relative nor a blank
node, and no context of our own documents defines these schemes as prefixes.
"""

_REWRITTEN = '"^^<http://www.w3.org/2001/XMLSchema#double>'
"""What follows a literal whose text the general path writes in a form of its own."""

_MARK = re.compile("\0[0-9]+\0")
"""A blank node in a line, until it has its label: no canonical term holds control characters."""


class Sentinels:
    """The texts that stand in the place of leaves: absolute addresses that nobody can guess.

    `secret` is plain letters and digits. Whoever knew it could write a leaf's place into a document.
    """

    def __init__(self, secret: str) -> None:
        self._before = f"urn:x-{secret}:"
        self._any = re.compile(f"{re.escape(self._before)}([0-9]+):")

    def of(self, leaf: int) -> str:
        """Return what stands in the place of a leaf."""
        return f"{self._before}{leaf}:"

    def in_term(self, term: str) -> list[int]:
        """Return the leaves whose sentinels stand in `term`."""
        return [int(number) for number in self._any.findall(term)]


class NotParametric(Exception):  # no error: its reader takes the general path
    """What a shape says depends on its leaves in a way that gaps cannot express."""


class Template:
    """The compiled form of a shape with `leaves` leaves; it is never changed, so threads share it.

    `quads` is what the general path makes of the shape with a sentinel in the place of each leaf.
    Raises `NotParametric`.
    """

    def __init__(self, quads: Iterable[rdfc.Quad], leaves: int, sentinels: Sentinels) -> None:
        self._leaves = leaves
        self._addresses: set[int] = set()
        self._literals: set[int] = set()
        self._nodes: list[str] = []
        self._marked: list[tuple[int, list[str]]] = []
        self._pieces = [""]  # text and gaps, taking turns
        gaps: list[int] = []
        # In order already, as far as the shape decides it: what is nearly sorted is sorted quickly.
        for number, quad in enumerate(sorted(quads)):
            if number:
                self._pieces[-1] += "\n"
            if marks := self._add_line(quad, gaps, sentinels):
                self._marked.append((number, marks))
        if self._addresses & self._literals or len(set(gaps)) != leaves:
            raise NotParametric("a leaf is dropped, or is an address here and a literal there")
        self._fill = _picker(gaps)
        self._texts = _picker(sorted(self._literals))
        self._lines_of = [
            (mark, [number for number, marks in self._marked if mark in marks])
            for mark in self._nodes
        ]

    def _add_line(self, quad: rdfc.Quad, gaps: list[int], sentinels: Sentinels) -> list[str]:
        """Add the line of a quad to the pieces, and its leaves to `gaps`; return its marks."""
        marks = []
        for term in filter(None, quad):
            if found := sentinels.in_term(term):
                if len(found) > 1:
                    raise NotParametric("two leaves are in one term")
                before, after = self._around(term, found[0], sentinels.of(found[0]))
                self._pieces[-1] += before
                self._pieces += ["", f"{after} "]
                gaps.append(found[0])
                continue
            if term.startswith("_:"):
                term = self._mark(term)
                marks.append(term)
            self._pieces[-1] += f"{term} "
        self._pieces[-1] += "."
        return list(dict.fromkeys(marks))

    def _mark(self, node: str) -> str:
        """Return the mark of a blank node, whose name was made up by the general path."""
        mark = f"\0{node.removeprefix('_:b')}\0"
        if mark not in self._nodes:
            self._nodes.append(mark)
        return mark

    def _around(self, term: str, leaf: int, sentinel: str) -> tuple[str, str]:
        """Return what stands before and after a leaf in a term that is the leaf and nothing more."""
        if term == rdfc.iri(sentinel):
            self._addresses.add(leaf)
            return "<", ">"
        before, _, after = term.partition(sentinel)
        if before != '"' or after == _REWRITTEN or not _ENDS_LITERAL(after):
            raise NotParametric("a leaf is a part of a larger term")
        self._literals.add(leaf)
        return before, after

    def render(self, leaves: Sequence[str]) -> str | None:
        """Return the canonical N-Quads of the document of this shape with these `leaves`.

        None when only the general path knows: an address is not plain, or blank nodes look alike.
        """
        values = list(leaves)
        for leaf in self._addresses:
            if not PLAIN_IRI(values[leaf]):
                return None
        texts = "".join(self._texts(values))
        if rdfc.escape(texts) != texts:  # rare: it is for each character by itself
            for leaf in self._literals:
                values[leaf] = rdfc.escape(values[leaf])
        pieces = self._pieces.copy()
        pieces[1::2] = self._fill(values)
        lines = "".join(pieces).split("\n")
        labels = self._labels(lines)
        if labels is None:
            return None
        for number, marks in self._marked:
            for mark in marks:
                lines[number] = lines[number].replace(mark, labels[mark])
        return _document(merged(lines))

    def _labels(self, lines: Sequence[str]) -> dict[str, str] | None:
        """Return the canonical label of each blank node by its mark; None if two look alike."""
        node_of = {
            _first_degree([lines[number] for number in numbers], mark): mark
            for mark, numbers in self._lines_of
        }
        if len(node_of) < len(self._nodes):
            return None
        return {node_of[digest]: f"_:c14n{number}" for number, digest in enumerate(sorted(node_of))}


_ENDS_LITERAL: Callable[[str], object] = re.compile(r'"(?:\^\^<[^>"]*>|@[A-Za-z0-9-]+)?').fullmatch


def merged(lines: Iterable[str]) -> Iterable[str]:
    """Return each line once: leaves that are equal can make equal quads of different ones."""
    return set(lines)


def _first_degree(lines: Sequence[str], mark: str) -> str:
    """Hash First Degree Quads (4.6): the node itself as `_:a`, every other blank node as `_:z`.

    Equal quads are merged while every node still has its own mark: afterwards, quads about two
    different nodes look equal, and must both stay.
    """
    anonymous = _anonymous("\n".join(merged(lines)), mark).split("\n")
    return hashlib.sha256(_document(anonymous).encode()).hexdigest()


def _anonymous(lines: str, mark: str) -> str:
    lines = lines.replace(mark, "_:a")
    return _MARK.sub("_:z", lines) if "\0" in lines else lines


def _document(lines: Iterable[str]) -> str:
    return "\n".join(sorted(lines)) + "\n"


def _picker(indices: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Return a function that takes the values at `indices` out of a sequence, quickly."""
    if len(indices) > 1:
        return itemgetter(*indices)
    return lambda values: tuple(values[index] for index in indices)
