"""A badge never claims to be a certification, a diploma or a register entry."""

from __future__ import annotations

import doctest

import pytest

from badgeservice.catalogue import strength, text, validity, wording


@pytest.mark.parametrize(
    "claim",
    [
        "Certification professionnelle",
        "un CERTIFICAT de compétences",
        "This badge certifies that",
        "diplôme d'État",
        "DIPLOMES",
        "a diploma",
        "inscrit au RNCP",
        "RS5875",
        "RS 5875",
        "au répertoire spécifique",
        "le titre\nprofessionnel",
        "Certi\u00adfication",
        "certi\u200bfied",
        "diplo\u0302me",
        "titre d’État",
    ],
)
def test_finds_a_claim_however_it_is_written(claim: str) -> None:
    """Case, accents, line breaks and invisible characters must not hide a claim."""
    assert wording.claims(claim)


@pytest.mark.parametrize(
    "text",
    [
        "Un certain niveau, attesté par une preuve.",
        "Réponse certaine à la question",
        "Il y a des dons et des mots",
        "diplomatie",
        "version 5875",
        "le titre du document",
    ],
)
def test_leaves_ordinary_words_alone(text: str) -> None:
    """A lint that cries wolf is switched off."""
    assert wording.claims(text) == []


@pytest.mark.parametrize("module", [wording, strength, text, validity])
def test_examples_in_the_docstrings_are_true(module: object) -> None:
    """An example that is wrong is worse than none."""
    results = doctest.testmod(module)  # type: ignore[arg-type]

    assert results.failed == 0
