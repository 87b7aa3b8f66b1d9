"""The competence framework is complete and says what is provisional."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from badgeservice.catalogue import framework as frameworks
from badgeservice.catalogue.framework import Framework
from badgeservice.catalogue.strength import Strength
from badgeservice.errors import CatalogueError

OFFICIAL = {
    "1.1": "Mener une recherche et une veille d'information",
    "1.2": "Gérer des données",
    "1.3": "Traiter des données",
    "2.1": "Interagir",
    "2.2": "Partager et publier",
    "2.3": "Collaborer",
    "2.4": "S'insérer dans le monde numérique",
    "3.1": "Développer des documents textuels",
    "3.2": "Développer des documents multimédia",
    "3.3": "Adapter les documents à leur finalité",
    "3.4": "Programmer",
    "4.1": "Sécuriser l'environnement numérique",
    "4.2": "Protéger les données personnelles et la vie privée",
    "4.3": "Protéger la santé, le bien-être et l'environnement",
    "5.1": "Résoudre des problèmes techniques",
    "5.2": "Évoluer dans un environnement numérique",
}


def test_has_the_sixteen_competences_in_their_official_words(framework: Framework) -> None:
    """The French names are those of the decree; a badge cites them."""
    names = {competence.code: competence.name.fr for competence in framework.competences}

    assert names == OFFICIAL


def test_covers_every_competence_of_both_digcomps(framework: Framework) -> None:
    """The 21 competences of DigComp all have their place."""
    covered = {code for competence in framework.competences for code in competence.digcomp}

    for version in framework.digcomp:
        assert set(version.names) == covered
    assert [version.version for version in framework.digcomp] == ["2.2", "3.0"]


def test_says_that_english_names_and_digcomp_codes_are_provisional(framework: Framework) -> None:
    """There is no official English list; pages must be able to say so."""
    assert framework.english_provisional
    assert framework.digcomp_provisional


def test_every_competence_has_an_esco_concept(framework: Framework) -> None:
    """ESCO is what an employer's software understands."""
    addresses = [skill.uri for item in framework.competences for skill in item.esco]

    assert all(address.startswith("http://data.europa.eu/esco/skill/") for address in addresses)
    assert {competence.code for competence in framework.competences if not competence.esco} == set()
    assert "http://data.europa.eu/esco/skill/df329d70-87b0-466b-a214-3431f36e2a5e" in addresses


def test_levels_demand_stronger_evidence_as_they_rise(framework: Framework) -> None:
    """An unsupervised quiz is enough for a beginner only."""
    demanded = {level.slug: level.minimum_strength for level in framework.levels}

    assert demanded == {
        "beginner": Strength.ONLINE_QUIZ,
        "intermediate": Strength.WORK_REVIEWED,
        "advanced": Strength.OBSERVED_AT_WORK,
    }
    assert [level.crcn for level in framework.levels] == [(1, 2), (3, 4), (5, 6)]


def test_looks_up_by_code(framework: Framework) -> None:
    """Rooms above ask by the code that a class cites."""
    assert framework.domain(framework.competence("4.1").domain).name.fr == "Protection et sécurité"
    with pytest.raises(KeyError):
        framework.competence("4.9")


def contrast_with_white(colour: str) -> float:
    """Return the contrast ratio of WCAG 2.2 between `colour` and white."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def test_white_words_can_be_read_on_every_domain_colour(framework: Framework) -> None:
    """WCAG asks for 4.5; the palette was searched for 5.35."""
    worst = min(contrast_with_white(domain.colour) for domain in framework.domains)

    assert worst >= 5.35
    assert len({domain.colour for domain in framework.domains}) == 5


@pytest.mark.parametrize(
    ("file", "before", "after", "reason"),
    [
        ("crcn.yaml", 'code: "1.2"', 'code: "1.1"', r"1\.1 is given twice"),
        ("crcn.yaml", 'code: "1.2"', 'code: "2.9"', r"2\.9 is not of 1"),
        ("crcn.yaml", 'digcomp: ["4.1"]', 'digcomp: ["4.7"]', r"DigComp 2\.2 has no 4\.7"),
        ("crcn.yaml", "#063060", "blue", r"colour: A colour such as #063060\. \(here: 'blue'\)"),
        ("crcn.yaml", "provisional:", "provisionnal:", "provisionnal: Unknown field"),
        ("levels.yaml", "crcn: [3, 4]", "crcn: [2, 4]", r"levels\.1\.crcn: levels must rise"),
        ("levels.yaml", "slug: advanced", "slug: beginner", "beginner is given twice"),
        ("levels.yaml", "minimum_strength: 4", "minimum_strength: 5", "minimum_strength"),
        ("levels.yaml", "en: beginner", "en: ''", r"levels\.0\.name\.en"),
        ("digcomp.yaml", "https://", "ftp://", "page"),
    ],
)
def test_refuses_a_framework_with_a_mistake(
    tmp_path: Path, file: str, before: str, after: str, reason: str
) -> None:
    """Wrong data would be copied into badges for ever, so it is refused whole."""
    folder = Path(shutil.copytree(frameworks.FOLDER, tmp_path / "frameworks"))
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")

    with pytest.raises(CatalogueError, match=reason) as refused:
        frameworks.load(folder)

    assert f"{file}, line " in refused.value.message
