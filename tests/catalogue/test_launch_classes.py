"""The thirteen classes with which the service starts: what they say, and which are published."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image

from badgeservice.awarding import rules
from badgeservice.awarding.rules import AnyOf, Condition, Manual, Partner, Quiz
from badgeservice.catalogue import artwork, classes, criteria, templates
from badgeservice.catalogue.framework import Framework
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.templates import Kind, State, Template
from badgeservice.catalogue.text import LANGUAGES
from badgeservice.learning import content
from tests.catalogue.conftest import SHIPPED, NamedIssuer
from tests.catalogue.test_framework import contrast_with_white

LAUNCH = {
    "crcn-1-2-beginner": "beginner",
    "crcn-1-3-advanced": "advanced",
    "crcn-1-3-beginner": "beginner",
    "crcn-1-3-intermediate": "intermediate",
    "crcn-2-2-beginner": "beginner",
    "crcn-2-2-intermediate": "intermediate",
    "crcn-2-4-beginner": "beginner",
    "crcn-4-1-beginner": "beginner",
    "crcn-4-1-intermediate": "intermediate",
    "crcn-4-2-beginner": "beginner",
    "crcn-5-2-beginner": "beginner",
    "crcn-5-2-intermediate": "intermediate",
    "double-textile-digital-1": None,
}
PUBLISHED = {
    "crcn-1-3-beginner": "940b6ba386e6d329036f0d05a693712effd8297f454e4cd3feae7a4489765903",
    "crcn-4-1-beginner": "e456c76111a4163a59a2d22276c185f2746e67d3b8df2979c605506c23b4d61f",
}
"""The digest of the document of each published class."""
PARTNER = {"fr": "organisme partenaire", "en": "training partner"}
_ADMINISTRATOR = {"fr": "un administrateur a enregistré", "en": "an administrator recorded"}
_QUIZ = {
    "fr": ("{months} mois", "{score} %", "éliminatoire"),
    "en": ("{months} months", "{score}%", "critical"),
}


@dataclass(frozen=True)
class Demonstration:
    """The issuer under whose name the digest above was taken."""

    name: Mapping[str, str]
    demo: bool


@pytest.fixture(scope="module")
def shipped(framework: Framework) -> dict[str, Template]:
    """Every class, by slug."""
    return {each.slug: each for each in templates.load_all(SHIPPED, framework)}


def test_there_are_thirteen_at_their_levels(shipped: dict[str, Template]) -> None:
    """Few classes are recognised better than many."""
    assert {slug: each.level and each.level.slug for slug, each in shipped.items()} == LAUNCH


def test_only_what_can_be_earned_is_published(shipped: dict[str, Template]) -> None:
    """The others wait for their evidence; meanwhile none of them pretends to have a rule."""
    published = [slug for slug, each in shipped.items() if each.state is State.PUBLISHED]

    assert published == list(PUBLISHED)
    assert [slug for slug, each in shipped.items() if each.rule is not None] == published


@pytest.mark.parametrize(("slug", "digest"), PUBLISHED.items())
def test_a_published_class_is_what_it_was(
    shipped: dict[str, Template], slug: str, digest: str
) -> None:
    """Badges cite version 1 of it, so its document is the same to the last letter."""
    name = "Cotentin Digital"
    issuer = Demonstration(name={"fr": name, "en": name}, demo=True)
    template = shipped[slug]

    document = classes.document_of(template, classes.draw(template, issuer))

    assert classes.digest(document) == digest


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slug", PUBLISHED)
def test_published_criteria_say_what_the_rule_asks_for(
    shipped: dict[str, Template], slug: str, language: str
) -> None:
    """Each way to the badge stands there as a point of its own, with its measure; none is added."""
    template = shipped[slug]
    assert template.rule is not None
    rule = rules.parse(template.rule)
    assert isinstance(rule.when, AnyOf)
    text = " ".join(template.criteria[language].split())  # type: ignore[literal-required]
    _, start, end, *_ = criteria.PARTS[language]
    ways = text.partition(f"**{start}**")[2].partition(f"**{end}**")[0].split(" - ")[1:]

    assert len(ways) == len(rule.when.of)
    for way, predicate in zip(ways, rule.when.of, strict=True):
        assert [] == [each for each in said(predicate, language) if each not in way], predicate
        assert is_partners(predicate) == (PARTNER[language] in way)


def test_a_validity_is_that_of_its_domain(shipped: dict[str, Template]) -> None:
    """What ages fast is renewed often: security every two years, spreadsheets every five."""
    years = {"1": 5, "2": 3, "4": 2, "5": 3}

    for each in shipped.values():
        if each.kind is Kind.SKILL:
            assert each.domain is not None
            span = years[each.domain.code]
            assert f"**Validité** : {span} ans." in each.criteria.fr
            assert f"**Validity**: {span} years." in each.criteria.en


def test_stronger_levels_ask_for_people(shipped: dict[str, Template]) -> None:
    """Above beginner, an online assessment is not enough, and the text says so."""
    for each in shipped.values():
        is_above = each.level is not None and each.level.slug != "beginner"
        french, english = (" ".join(each.criteria[code].split()) for code in LANGUAGES)
        assert is_above == ("elle ne suffit pas" in french)
        assert is_above == ("it is not enough" in english)


def test_the_milestone_claims_what_each_holder_has(shipped: dict[str, Template]) -> None:
    """Two of three badges are enough, so none of the three may be among its competences."""
    milestone = shipped["double-textile-digital-1"]

    assert milestone.kind is Kind.MILESTONE
    assert milestone.domain is None
    assert milestone.face.code == "1 · 4 · 5"
    assert [member.slug for member in milestone.members if member.is_required] == [
        "crcn-1-3-intermediate"
    ]
    assert [competence.code for competence in milestone.competences] == ["1.3"]
    assert {alignment.code for alignment in milestone.alignments} == {"1.3", None}
    assert "use production planning software" in [each.name.en for each in milestone.alignments]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_image_says_in_words_what_it_shows(
    shipped: dict[str, Template], issuer: NamedIssuer, language: str
) -> None:
    """The alternative is one sentence with name, level and issuer, and no two are the same."""
    said = set()

    for each in shipped.values():
        alt = classes.draw(each, issuer)[language].alt
        assert each.skill[language] in alt
        assert each.level is None or each.level.name[language] in alt
        assert alt.endswith("Cotentin Digital.")
        said.add(alt)

    assert len(said) == len(shipped)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_can_be_read_in_a_list(
    shipped: dict[str, Template], issuer: NamedIssuer, language: str
) -> None:
    """At 96 pixels, a label of 48 pixels of 600 is 8 pixels high: the least that we accept."""
    for each in shipped.values():
        drawn = classes.draw(each, issuer)[language].badge
        place = drawn.partition('id="label"')[2].partition(">")[0]
        assert int(place.partition('font-size="')[2].partition('"')[0]) >= 48, each.slug


def test_no_outline_is_cut_off_by_the_edge(
    shipped: dict[str, Template], issuer: NamedIssuer
) -> None:
    """Each shape ends inside its square; one that did not would look like another."""
    shapes = {each.drawings.badge: each for each in shipped.values()}

    for each in shapes.values():
        png = artwork.render(classes.draw(each, issuer)["fr"].badge)
        alpha = Image.open(io.BytesIO(png)).getchannel("A")
        strips = [(0, 0, 600, 1), (0, 599, 600, 600), (0, 0, 1, 600), (599, 0, 600, 600)]
        assert [] == [strip for strip in strips if alpha.crop(strip).getextrema()[1] > 128]
    assert len(shapes) == 4


def test_white_can_be_read_on_the_colour_of_several_domains(
    shipped: dict[str, Template], framework: Framework
) -> None:
    """Ink is none of the five, and darker than any text needs."""
    colour = shipped["double-textile-digital-1"].face.colour

    assert contrast_with_white(colour) >= 5.35
    assert colour not in {domain.colour for domain in framework.domains}


def test_a_draft_can_be_published_once_it_has_a_rule(
    shipped: dict[str, Template], folder: Path, framework: Framework
) -> None:
    """What stands in the way is said with file, line and field."""
    path = folder / "crcn-4-2-beginner" / "badge.yaml"
    path.write_text(path.read_text().replace("state: draft", "state: published"))

    loaded, problems = templates.survey(folder, framework)

    assert len(loaded) == len(shipped) - 1
    assert problems == [
        f"{path}, line 4, state: published, but there is no rule.yaml beside it: nobody could "
        "earn it"
    ]
    rule = (folder / "crcn-4-1-beginner" / "rule.yaml").read_text()
    path.with_name("rule.yaml").write_text(rule.replace("4-1", "4-2"))
    assert replace(shipped["crcn-4-2-beginner"], state=State.PUBLISHED).name in [
        each.name for each in templates.load_all(folder, framework)
    ]


def is_partners(predicate: Condition) -> bool:
    """Tell whether a training partner answers for it."""
    return isinstance(predicate, Partner)


def said(predicate: Condition, language: str) -> list[str]:
    """Return what a text must say of a predicate: whose word it is, and every measure."""
    match predicate:
        case Quiz(slug, score, True, within):
            title = content.load().modules[slug].title[language]  # type: ignore[literal-required]
            measures = {"months": str(within)[1:-1], "score": score * 100}
            return [" ".join(title.split()), *(each.format(**measures) for each in _QUIZ[language])]
        case Partner(strength) | Manual(strength):
            words = {"fr": "{} sur {}", "en": "{} out of {}"}[language]
            enough = [
                words.format(each.marks, len(Strength)) for each in Strength if each >= strength
            ]
            return [(PARTNER if is_partners(predicate) else _ADMINISTRATOR)[language], *enough]
    raise AssertionError(f"no words are known for {predicate}")
