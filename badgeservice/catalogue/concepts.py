"""The framework for machines: a SKOS concept scheme, one document at each of its addresses.

Badges point to these addresses in their alignments, so the documents stand on their own: the
context is inside, every name is there in both languages, and what is provisional says so. DigComp's
competences have no addresses; they are described where they are cited.
Source: SKOS Reference (W3C, 2009), sections 3 to 8.
"""

from __future__ import annotations

from collections.abc import Iterator

from badgeservice.catalogue.framework import Competence, Domain, Framework, Level
from badgeservice.catalogue.text import LANGUAGES, Text
from badgeservice.openbadges import Document

_IN_LANGUAGES = {"@container": "@language"}
_AN_ADDRESS = {"@type": "@id"}
CONTEXT = {
    "id": "@id",
    "type": "@type",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "schema": "http://schema.org/",
    "ConceptScheme": "skos:ConceptScheme",
    "Concept": "skos:Concept",
    "Collection": "skos:Collection",
    "notation": "skos:notation",
    "prefLabel": {"@id": "skos:prefLabel", **_IN_LANGUAGES},
    "definition": {"@id": "skos:definition", **_IN_LANGUAGES},
    "editorialNote": {"@id": "skos:editorialNote", **_IN_LANGUAGES},
    "inScheme": {"@id": "skos:inScheme", **_AN_ADDRESS},
    "topConceptOf": {"@id": "skos:topConceptOf", **_AN_ADDRESS},
    "hasTopConcept": {"@id": "skos:hasTopConcept", **_AN_ADDRESS},
    "broader": {"@id": "skos:broader", **_AN_ADDRESS},
    "narrower": {"@id": "skos:narrower", **_AN_ADDRESS},
    "member": {"@id": "skos:member", **_AN_ADDRESS},
    "relatedMatch": {"@id": "skos:relatedMatch", **_AN_ADDRESS},
    "version": "schema:version",
    "hasPart": {"@id": "schema:hasPart", **_AN_ADDRESS},
    "url": {"@id": "schema:url", **_AN_ADDRESS},
}
"""Our own terms for SKOS and schema.org; it stands inside each document, so nobody must fetch it."""

_ENGLISH_NOTE = Text(
    fr="Les noms anglais sont des traductions de travail ; il n'y en a pas d'officiels.",
    en="English names are working translations; there are no official ones.",
)
_DIGCOMP_NOTE = Text(
    fr="La correspondance avec DigComp est provisoire.",
    en="The correspondence with DigComp is provisional.",
)
_LEVELS = Text(
    fr="Niveaux {crcn} du CRCN, {digcomp} de DigComp. La personne {criterion}.",
    en="CRCN levels {crcn}, DigComp levels {digcomp}. The person {criterion}.",
)
_LEVELS_TITLE = Text(fr="Niveaux", en="Levels")


def framework_address(framework: Framework, base_url: str) -> str:
    """Return the address of the whole framework."""
    return f"{base_url}/frameworks/{framework.slug}"


def scheme(framework: Framework, base_url: str) -> Document:
    """Return the document of the whole framework: its domains, competences and levels."""
    address = framework_address(framework, base_url)
    return {
        "@context": CONTEXT,
        "id": address,
        "type": "ConceptScheme",
        "version": framework.version,
        "prefLabel": framework.title.as_dict(),
        "editorialNote": _notes(framework),
        "hasTopConcept": [_domain(domain, address) for domain in framework.domains],
        "hasPart": {
            "id": f"{address}/levels",
            "type": "Collection",
            "prefLabel": _LEVELS_TITLE.as_dict(),
            "member": [_level(level, address) for level in framework.levels],
        },
    }


def domain_concept(framework: Framework, domain: Domain, base_url: str) -> Document:
    """Return the document of a domain, with its competences."""
    address = framework_address(framework, base_url)
    return _alone(framework, {**_domain(domain, address), "topConceptOf": address}, address)


def competence_concept(framework: Framework, competence: Competence, base_url: str) -> Document:
    """Return the document of a competence, with what it corresponds to in ESCO and both DigComps."""
    address = framework_address(framework, base_url)
    described = {
        **_competence(competence, address),
        "broader": f"{address}/{competence.domain}",
        "relatedMatch": [
            *_esco(competence),
            *_digcomp(framework, competence, f"{address}/{competence.code}"),
        ],
    }
    return _alone(framework, described, address)


def level_concept(framework: Framework, level: Level, base_url: str) -> Document:
    """Return the document of one of our levels."""
    address = framework_address(framework, base_url)
    return _alone(framework, _level(level, address), address)


def _alone(framework: Framework, concept: Document, address: str) -> Document:
    """Return the document of one concept: what it belongs to, of which edition, with what notes."""
    return {
        "@context": CONTEXT,
        **concept,
        "inScheme": address,
        "version": framework.version,
        "editorialNote": _notes(framework),
    }


def _domain(domain: Domain, address: str) -> Document:
    return {
        "id": f"{address}/{domain.code}",
        "type": "Concept",
        "notation": domain.code,
        "prefLabel": domain.name.as_dict(),
        "narrower": [_competence(each, address) for each in domain.competences],
    }


def _competence(competence: Competence, address: str) -> Document:
    return {
        "id": f"{address}/{competence.code}",
        "type": "Concept",
        "notation": [competence.code, competence.school_code],
        "prefLabel": competence.name.as_dict(),
    }


def _level(level: Level, address: str) -> Document:
    crcn, digcomp = (f"{first}–{last}" for first, last in (level.crcn, level.digcomp))
    return {
        "id": f"{address}/levels/{level.slug}",
        "type": "Concept",
        "notation": level.slug,
        "prefLabel": level.name.as_dict(),
        "definition": {
            language: _LEVELS[language].format(
                crcn=crcn, digcomp=digcomp, criterion=level.criterion[language]
            )
            for language in LANGUAGES
        },
    }


def _esco(competence: Competence) -> Iterator[Document]:
    for skill in competence.esco:
        yield {"id": skill.uri, "type": "Concept", "prefLabel": {"en": skill.label}}


def _digcomp(framework: Framework, competence: Competence, address: str) -> Iterator[Document]:
    """Yield the competences of DigComp, under names of ours since they have none."""
    for version in framework.digcomp:
        for code in competence.digcomp:
            yield {
                "id": f"{address}#digcomp-{version.version}-{code}",
                "type": "Concept",
                "notation": code,
                "prefLabel": {"en": version.names[code]},
                "inScheme": {
                    "id": f"{address}#digcomp-{version.version}",
                    "type": "ConceptScheme",
                    "prefLabel": {"en": f"DigComp {version.version}"},
                    "version": version.version,
                    "url": version.page,
                },
            }


def _notes(framework: Framework) -> dict[str, list[str]]:
    """Return what is provisional, by language."""
    notes = [
        note
        for note, holds in (
            (_ENGLISH_NOTE, framework.english_provisional),
            (_DIGCOMP_NOTE, framework.digcomp_provisional),
        )
        if holds
    ]
    return {language: [note[language] for note in notes] for language in LANGUAGES}
