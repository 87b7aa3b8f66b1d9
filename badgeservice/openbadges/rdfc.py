"""RDF Dataset Canonicalization (RDFC-1.0) under a budget of work.

A dataset is a sequence of quads; a quad is (subject, predicate, object, graph), each term already
in canonical N-Quads (`iri`, `literal`; blank nodes begin with `_:`; the default graph is "").
Canonicalizing is exponential on hostile datasets: a badge of 5 kB, made of real vocabulary only,
keeps an unlimited implementation busy for minutes. Here every step is counted, and a dataset that
asks for more than its budget is refused.
Source: W3C Recommendation "RDF Dataset Canonicalization", section 4; the names are its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import permutations

from badgeservice.errors import TooComplex

Quad = tuple[str, str, str, str]
LabelMap = Callable[[dict[str, str]], dict[str, str]]
"""From each blank node's canonical label to the one that is written in its place."""

DIGEST = "sha256"
"""The hash function of RDFC-1.0, unless a signature's own standard asks for another."""

DEFAULT_BUDGET = 50_000
"""Steps: about a quarter of a second at most. Ordinary badges take a few hundred at most."""

_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"

_ESCAPES = {chr(code): f"\\u{code:04X}" for code in [*range(0x20), 0x7F]} | {
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f]')


def iri(value: str) -> str:
    """Return the term for an IRI."""
    return f"<{value}>"


def escape(value: str) -> str:
    """Return `value` as it stands between the quotation marks of a literal."""
    if value.isprintable() and '"' not in value and "\\" not in value:
        return value  # most are: this is ten times as fast on long ones
    return _ESCAPED.sub(_escaped, value)


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES[match.group()]


def literal(value: str, *, datatype: str = _XSD_STRING, language: str | None = None) -> str:
    r"""Return the term for a literal, escaped as the canonical form of N-Quads wants.

    >>> print(literal("a\\tb", language="fr"))
    "a\\tb"@fr
    """
    text = escape(value)
    if language is not None:
        return f'"{text}"@{language}'
    return f'"{text}"' if datatype == _XSD_STRING else f'"{text}"^^<{datatype}>'


def canonicalize(
    quads: Iterable[Quad],
    *,
    budget: int = DEFAULT_BUDGET,
    digest: str = DIGEST,
    label_map: LabelMap | None = None,
) -> str:
    """Return the canonical N-Quads document of a dataset: sorted lines, each ending in a newline.

    `budget` is the number of steps after which the dataset is refused. `digest` is a name of
    `hashlib`. `label_map` gets what `canonical_labels` returns, and returns the labels that
    are written instead. Raises `TooComplex`.
    """
    dataset = list(dict.fromkeys(quads))
    canonical = canonical_labels(dataset, budget=budget, digest=digest)
    if label_map is not None:
        canonical = label_map(canonical)
    labels = {node: f"_:{label}" for node, label in canonical.items()}
    return "".join(
        sorted(
            _line(labels.get(s, s), p, labels.get(o, o), labels.get(g, g)) for s, p, o, g in dataset
        )
    )


def canonical_labels(
    quads: Iterable[Quad], *, budget: int = DEFAULT_BUDGET, digest: str = DIGEST
) -> dict[str, str]:
    """Return the canonical label (`c14n0`…) of each blank node (`_:…`), in the order of issue.

    Raises `TooComplex`.
    """
    try:
        return _Labelling(dict.fromkeys(quads), budget, digest).labels()
    except RecursionError:
        raise TooComplex("blank nodes are chained too deeply to canonicalize") from None


class _Issuer:
    """Issues identifiers with a prefix and a counter, in the order in which they are asked for."""

    def __init__(self, prefix: str, issued: dict[str, str] | None = None) -> None:
        self.prefix = prefix
        self.issued = issued if issued is not None else {}

    def issue(self, node: str) -> str:
        return self.issued.setdefault(node, f"{self.prefix}{len(self.issued)}")

    def copy(self) -> _Issuer:
        return _Issuer(self.prefix, dict(self.issued))


class _Labelling:
    """The canonicalization state of one dataset."""

    def __init__(self, quads: Iterable[Quad], budget: int, digest: str) -> None:
        self.budget = budget
        self.digest = digest
        self.canonical = _Issuer("c14n")
        self.quads_of: dict[str, list[Quad]] = {}
        for quad in quads:
            for node in dict.fromkeys(_blank_nodes(quad)):
                self.quads_of.setdefault(node, []).append(quad)
        self.first_degree = {node: self.hash_first_degree(node) for node in self.quads_of}

    def labels(self) -> dict[str, str]:
        """Label the nodes that are unlike all others first, then those that look alike."""
        nodes_by_hash: dict[str, list[str]] = {}
        for node, digest in self.first_degree.items():
            nodes_by_hash.setdefault(digest, []).append(node)
        look_alikes = []
        for digest in sorted(nodes_by_hash):
            nodes = nodes_by_hash[digest]
            if len(nodes) == 1:
                self.canonical.issue(nodes[0])
            else:
                look_alikes.append(nodes)
        for nodes in look_alikes:
            results = []
            for node in nodes:
                if node not in self.canonical.issued:
                    issuer = _Issuer("b")
                    issuer.issue(node)
                    results.append(self.hash_n_degree(node, issuer))
            for _, issuer in sorted(results, key=lambda result: result[0]):
                for node in issuer.issued:
                    self.canonical.issue(node)
        return self.canonical.issued

    def spend(self, steps: int) -> None:
        self.budget -= steps
        if self.budget < 0:
            raise TooComplex("too many blank nodes look alike: the work budget is spent")

    def hash(self, text: str) -> str:
        return hashlib.new(self.digest, text.encode()).hexdigest()

    def hash_first_degree(self, node: str) -> str:
        """Hash Related Quads (4.6): the node's quads, the node as `_:a`, every other as `_:z`."""

        def anonymous(term: str) -> str:
            if not term.startswith("_:"):
                return term
            return "_:a" if term == node else "_:z"

        lines = (
            _line(anonymous(s), p, anonymous(o), anonymous(g)) for s, p, o, g in self.quads_of[node]
        )
        return self.hash("".join(sorted(lines)))

    def hash_related(self, related: str, quad: Quad, issuer: _Issuer, position: str) -> str:
        """Hash Related Blank Node (4.7)."""
        predicate = quad[1] if position != "g" else ""
        label = self.canonical.issued.get(related) or issuer.issued.get(related)
        return self.hash(
            position + predicate + (f"_:{label}" if label else self.first_degree[related])
        )

    def hash_n_degree(self, node: str, issuer: _Issuer) -> tuple[str, _Issuer]:
        """Hash N-Degree Quads (4.8): the step that explodes."""
        related_by_hash: dict[str, list[str]] = {}
        for quad in self.quads_of[node]:
            self.spend(1)
            for related, position in ((quad[0], "s"), (quad[2], "o"), (quad[3], "g")):
                if related.startswith("_:") and related != node:
                    digest = self.hash_related(related, quad, issuer, position)
                    related_by_hash.setdefault(digest, []).append(related)
        data = []
        for digest in sorted(related_by_hash):
            chosen_path = ""
            chosen_issuer = issuer
            for permutation in permutations(related_by_hash[digest]):
                self.spend(len(permutation))
                result = self.walk(permutation, issuer.copy(), chosen_path)
                if result is not None:
                    chosen_path, chosen_issuer = result
            data.append(digest + chosen_path)
            issuer = chosen_issuer
        return self.hash("".join(data)), issuer

    def walk(
        self, permutation: tuple[str, ...], issuer: _Issuer, chosen_path: str
    ) -> tuple[str, _Issuer] | None:
        """Return the path through a permutation, or None once it cannot be the least one."""

        def is_worse(path: str) -> bool:
            return bool(chosen_path) and len(path) >= len(chosen_path) and path > chosen_path

        path = ""
        to_visit = []
        for related in permutation:
            label = self.canonical.issued.get(related)
            if label is None:
                if related not in issuer.issued:
                    to_visit.append(related)
                label = issuer.issue(related)
            path += f"_:{label}"
            if is_worse(path):
                return None
        for related in to_visit:
            digest, visited = self.hash_n_degree(related, issuer)
            path += f"_:{issuer.issue(related)}<{digest}>"
            issuer = visited
            if is_worse(path):
                return None
        return (path, issuer) if not chosen_path or path < chosen_path else None


def _blank_nodes(quad: Quad) -> Iterator[str]:
    return (term for term in (quad[0], quad[2], quad[3]) if term.startswith("_:"))


def _line(subject: str, predicate: str, object_: str, graph: str) -> str:
    return f"{subject} {predicate} {object_} {graph}{' ' if graph else ''}.\n"
