"""The framework for machines: SKOS that others can read, and an edition that does not drift."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from pyld import jsonld

from badgeservice.catalogue import concepts
from badgeservice.catalogue.framework import Framework
from badgeservice.openbadges import Document, strict_json

BASE = "https://badges.example"
CRCN = f"{BASE}/frameworks/crcn"
SKOS = "http://www.w3.org/2004/02/skos/core#"

# What each edition says, as the SHA-256 of its documents. Badges cite editions: a difference here
# asks for a new `version` in crcn.yaml, and a line of its own.
EDITIONS = {"2019-08-30": "fc70fa0e9d9b06e4e805535c4f91425d0eb57b83030864f9f3c54012e4ebbc2e"}


def every(framework: Framework) -> dict[str, Document]:
    """Return every document of the framework, by its address."""
    return {
        CRCN: concepts.scheme(framework, BASE),
        **{
            f"{CRCN}/{domain.code}": concepts.domain_concept(framework, domain, BASE)
            for domain in framework.domains
        },
        **{
            f"{CRCN}/{each.code}": concepts.competence_concept(framework, each, BASE)
            for each in framework.competences
        },
        **{
            f"{CRCN}/levels/{level.slug}": concepts.level_concept(framework, level, BASE)
            for level in framework.levels
        },
    }


def expanded(document: Document) -> dict[str, Any]:
    """Return a document as an independent processor understands it, fetching nothing."""

    def refuse(url: str, _: object) -> object:
        raise AssertionError(f"fetched {url}")

    [node] = jsonld.expand(document, {"documentLoader": refuse})
    return dict(node)


def test_an_edition_never_says_otherwise(framework: Framework) -> None:
    """Old badges keep its words, so another wording must have another name."""
    documents = b"\n".join(strict_json.dumps(each) for each in every(framework).values())

    assert EDITIONS[framework.version] == hashlib.sha256(documents).hexdigest()


def test_there_is_a_document_for_each_node(framework: Framework) -> None:
    """The whole, five domains, sixteen competences, three levels; each is at its own address."""
    documents = every(framework)

    assert len(documents) == 1 + 5 + 16 + 3
    for address, document in documents.items():
        assert document["id"] == address
        assert expanded(document)["@id"] == address


def test_nothing_is_lost_on_a_reader(framework: Framework) -> None:
    """Each member is a term of SKOS or schema.org: one without meaning would be dropped."""
    for document in every(framework).values():
        node = expanded(document)
        assert len(node) == len(document) - 1  # all but the context
        assert all(name.startswith(("@", SKOS, "http://schema.org/")) for name in node)


def test_a_competence_says_what_it_corresponds_to(framework: Framework) -> None:
    """Both DigComps with their own names, and ESCO by its addresses."""
    node = expanded(concepts.competence_concept(framework, framework.competence("3.4"), BASE))

    matches = {
        (match[f"{SKOS}prefLabel"][0]["@value"], match["@id"])
        for match in node[f"{SKOS}relatedMatch"]
    }
    assert matches == {
        (
            "computer programming",
            "http://data.europa.eu/esco/skill/21d2f96d-35f7-4e3f-9745-c533d2dd6e97",
        ),
        ("Programming", f"{CRCN}/3.4#digcomp-2.2-3.4"),
        ("Computational thinking and programming", f"{CRCN}/3.4#digcomp-3.0-3.4"),
    }
    assert node[f"{SKOS}broader"] == [{"@id": f"{CRCN}/3"}]
    assert {"@value": "Programmer", "@language": "fr"} in node[f"{SKOS}prefLabel"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_is_provisional_says_so(framework: Framework, language: str) -> None:
    """The flags of the data decide, for machines as for people."""
    for document in every(framework).values():
        assert len(document["editorialNote"][language]) == 2


def test_every_node_inside_has_an_address(framework: Framework) -> None:
    """Nodes without one cannot be cited, and cannot be told apart."""

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "type" in value:
                assert value["id"].startswith(("https://", "http://data.europa.eu/"))
            for name, inner in value.items():
                if name != "@context":
                    walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    for document in every(framework).values():
        walk(document)
