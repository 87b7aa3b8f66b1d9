"""One shape of document, compiled: canonical N-Quads as lines with gaps for leaves.

What the general path makes of a document whose leaves are all different sentinels tells where each
leaf goes. Rendering another document of the shape is filling the gaps, and then the end of
RDFC-1.0: merge what has become equal, name the blank nodes, sort. Two nodes that turn out to have
one id need no thought of their own: what they say is a set of quads, and sets are merged.
Source: W3C Recommendation "RDF Dataset Canonicalization", sections 4.4 to 4.6.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

from badgeservice.openbadges import rdfc

_PLAIN_IRI = r'(?:https?://|did:|urn:)[^\x00-\x20\x7f\xa0\s<>"{}|\\^`\ud800-\udfff]+'
"""An address that means itself wherever one may stand: it is neither relative nor a blank node, and
no context of our own documents defines these schemes as prefixes.
"""

_REWRITTEN = '"^^<http://www.w3.org/2001/XMLSchema#double>'
"""What follows a literal whose text the general path writes in a form of its own."""

_REMEMBERED = 128
"""Nodes whose hashes are remembered: most say the same in every badge of a class."""

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
        self._begun: list[str] = []
        self._gaps: list[tuple[int, int, str]] = []
        """Which leaf continues which line, and what follows it, in the order of the lines."""
        # In order already, as far as the shape decides it: what is nearly sorted is sorted quickly.
        for number, quad in enumerate(sorted(quads)):
            if marks := self._add_line(number, quad, sentinels):
                self._marked.append((number, marks))
        filled = {leaf for _, leaf, _ in self._gaps}
        if self._addresses & self._literals or len(filled) != leaves:
            raise NotParametric("a leaf is dropped, or is an address here and a literal there")
        self._links = _picker(sorted(self._addresses))
        # As many as there are: one that holds a line break is not two.
        self._are_plain = re.compile(f"(?:{_PLAIN_IRI}\n){{{len(self._addresses)}}}").fullmatch
        self._texts = _picker(sorted(self._literals))
        self._lines_of = [
            (mark, _picker([number for number, marks in self._marked if mark in marks]))
            for mark in self._nodes
        ]

    def _add_line(self, number: int, quad: rdfc.Quad, sentinels: Sentinels) -> list[str]:
        """Add the line of a quad, and its gaps; return its marks."""
        marks, gaps = [], []
        pieces = [""]
        for term in filter(None, quad):
            if found := sentinels.in_term(term):
                if len(found) > 1:
                    raise NotParametric("two leaves are in one term")
                before, after = self._around(term, found[0], sentinels.of(found[0]))
                pieces[-1] += before
                pieces.append(f"{after} ")
                gaps.append(found[0])
                continue
            if term.startswith("_:"):
                term = self._mark(term)
                marks.append(term)
            pieces[-1] += f"{term} "
        pieces[-1] += "."
        self._begun.append(pieces[0])
        self._gaps += zip(itertools.repeat(number), gaps, pieces[1:], strict=False)
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
        if not self._are_plain("\n".join((*self._links(values), ""))):
            return None
        texts = "".join(self._texts(values))
        if rdfc.escape(texts) != texts:  # rare: it is for each character by itself
            for leaf in self._literals:
                values[leaf] = rdfc.escape(values[leaf])
        lines = self._begun.copy()
        for number, leaf, after in self._gaps:
            lines[number] = f"{lines[number]}{values[leaf]}{after}"
        labels = self._labels(lines)
        if labels is None:
            return None
        for number, marks in self._marked:
            for mark in marks:
                lines[number] = lines[number].replace(mark, labels[mark])
        return _document(merged(lines))

    def _labels(self, lines: Sequence[str]) -> dict[str, str] | None:
        """Return the canonical label of each blank node by its mark; None if two look alike."""
        node_of = {_first_degree(lines_of(lines), mark): mark for mark, lines_of in self._lines_of}
        if len(node_of) < len(self._nodes):
            return None
        return {node_of[digest]: f"_:c14n{number}" for number, digest in enumerate(sorted(node_of))}


_ENDS_LITERAL: Callable[[str], object] = re.compile(r'"(?:\^\^<[^>"]*>|@[A-Za-z0-9-]+)?').fullmatch


def merged(lines: Iterable[str]) -> Iterable[str]:
    """Return each line once: leaves that are equal can make equal quads of different ones.

    They stay in the order in which they are, which is nearly that in which they will be.
    """
    return dict.fromkeys(lines)


@functools.lru_cache(maxsize=_REMEMBERED)
def _first_degree(lines: tuple[str, ...], mark: str) -> str:
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
    return "\n".join((*sorted(lines), ""))


def _picker(indices: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Return a function that takes the values at `indices` out of a sequence, quickly."""
    if len(indices) > 1:
        return itemgetter(*indices)
    return lambda values: tuple(values[index] for index in indices)
