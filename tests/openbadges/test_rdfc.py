"""rdfc: RDFC-1.0 as the W3C tests it, and refused when it would explode."""

from __future__ import annotations

import json
import time

import pytest

from badgeservice.errors import TooComplex
from badgeservice.openbadges import rdfc

from . import SHARED, nquads

FOLDER = SHARED / "vectors/rdf-canon"
EVALUATIONS = sorted(path.name.split("-")[0] for path in FOLDER.glob("*-rdfc10.nq"))
MAPS = sorted(path.name.split("-")[0] for path in FOLDER.glob("*-rdfc10map.json"))


def dataset(vectors, name):
    """Return the quads that a test begins with."""
    return nquads.read((vectors / f"rdf-canon/{name}-in.nq").read_bytes().decode())


def test_vectors_are_there(vectors):
    """An empty folder would pass every test below."""
    assert len(EVALUATIONS) >= 24
    assert len(MAPS) >= 10


@pytest.mark.parametrize("name", EVALUATIONS)
def test_w3c_evaluation(vectors, name):
    """The canonical document, byte for byte."""
    expected = (vectors / f"rdf-canon/{name}-rdfc10.nq").read_bytes().decode()

    assert expected == rdfc.canonicalize(dataset(vectors, name))


@pytest.mark.parametrize("name", MAPS)
def test_w3c_map(vectors, name):
    """The canonical label of each blank node."""
    expected = json.loads((vectors / f"rdf-canon/{name}-rdfc10map.json").read_bytes())
    labels = rdfc.canonical_labels(dataset(vectors, name))

    assert expected == {node.removeprefix("_:"): label for node, label in labels.items()}


def test_repeated_quads_count_once():
    """A dataset is a set."""
    quad = ("_:a", "<urn:p>", '"x"', "")

    assert rdfc.canonicalize([quad, quad]) == '_:c14n0 <urn:p> "x" .\n'


def test_look_alike_neighbours_stay_two():
    """Two quads to two blank nodes look equal while hashing at first degree; both must count."""
    one = [("_:a", "<urn:p>", "_:b", ""), ("_:b", "<urn:q>", '"x"', "")]
    two = [*one, ("_:a", "<urn:p>", "_:c", ""), ("_:c", "<urn:q>", '"x"', "")]

    assert rdfc.canonicalize(one).count("\n") == 2
    assert rdfc.canonicalize(two).count("\n") == 4


def clique(size):
    """Every blank node points to every other one: no label can be preferred."""
    nodes = [f"_:n{i}" for i in range(size)]
    return [(a, "<urn:p>", b, "") for a in nodes for b in nodes if a != b]


def chain(length):
    """Blank nodes one after the other: recursion as deep as the chain is long."""
    return [(f"_:n{i}", "<urn:p>", f"_:n{i + 1}", "") for i in range(length)]


@pytest.mark.parametrize("quads", [clique(8), clique(9), clique(40), chain(5_000)])
def test_refuses_poison_quickly(quads):
    """D7: an unlimited implementation would be busy for minutes, or break its stack."""
    start = time.process_time()

    with pytest.raises(TooComplex):
        rdfc.canonicalize(quads)

    assert time.process_time() - start < 2


def test_refuses_chains_deeper_than_the_stack():
    """However large the budget, Python's stack is the other limit."""
    with pytest.raises(TooComplex, match="chained too deeply"):
        rdfc.canonicalize(chain(5_000), budget=10**9)


def test_budget_is_an_argument():
    """What is refused under a small budget is done under a larger one."""
    with pytest.raises(TooComplex):
        rdfc.canonicalize(clique(4), budget=100)

    assert rdfc.canonicalize(clique(4)).count("\n") == 12
