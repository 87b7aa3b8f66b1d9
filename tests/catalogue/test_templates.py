"""Badge classes as folders: read whole, or refused with file, line and field."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from badgeservice.catalogue import framework as frameworks
from badgeservice.catalogue import templates
from badgeservice.catalogue.framework import Framework
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.templates import Face, Kind, State, Template
from badgeservice.catalogue.text import LANGUAGES
from badgeservice.errors import CatalogueError
from tests.catalogue.conftest import SHIPPED, SLUG


def spoil(folder: Path, file: str, before: str, after: str) -> None:
    """Replace the first `before` in a file of the first badge class."""
    path = folder / SLUG / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_reads_the_first_badge_class(template: Template) -> None:
    """What the service issues from its first day."""
    assert template.slug == SLUG
    assert template.state is State.PUBLISHED
    assert template.kind is Kind.SKILL
    assert template.level == template.framework.level("beginner")
    assert template.domain == template.framework.domain("4")
    assert template.skill.fr == "Sécuriser l'environnement numérique"
    assert template.rule is not None
    assert template.rule["validity"] == "P24M"
    assert template.rule["when"] == {
        "any": [
            {
                "quiz": {
                    "module": "workplace-security-reflexes",
                    "min_score": 70,
                    "critical": True,
                    "within": "P24M",
                }
            },
            {"manual": {"min_strength": 3}},
        ]
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_criteria_say_what_the_rule_says(template: Template, language: str) -> None:
    """A person reads the criteria, the machine follows the rule: they must not drift apart."""
    assert template.rule is not None
    online, manual = (next(iter(route.items())) for route in template.rule["when"]["any"])
    criteria = re.sub(r"\s+", " ", template.criteria[language])

    percent = {"fr": f"{online[1]['min_score']} %", "en": f"{online[1]['min_score']}%"}
    period = {"fr": "24 mois", "en": "24 months"}
    strength = {
        "fr": f"{Strength(manual[1]['min_strength']).marks} sur 5",
        "en": f"{Strength(manual[1]['min_strength']).marks} out of 5",
    }
    critical = {"fr": "question éliminatoire", "en": "critical question"}
    validity = {"fr": "2 ans", "en": "2 years"}
    for words in (percent, period, strength, critical, validity):
        assert words[language] in criteria
    assert (online[0], online[1]["within"]) == ("quiz", "P24M")
    assert (manual[0], template.rule["validity"]) == ("manual", "P24M")
    # A workshop is no way to this badge yet, so the text must not promise it.
    assert not re.search("atelier|workshop", criteria)


def test_aligns_with_our_page_esco_and_both_digcomps(template: Template) -> None:
    """Every address is one that exists; DigComp's competences have no page of their own."""
    found = [(alignment.framework.en, alignment.url) for alignment in template.alignments]

    assert found == [
        ("French Digital Competence Framework (CRCN)", "/frameworks/crcn/4.1"),
        ("ESCO 1.2.0", "http://data.europa.eu/esco/skill/df329d70-87b0-466b-a214-3431f36e2a5e"),
        ("DigComp 2.2", "https://joint-research-centre.ec.europa.eu/digcomp_en"),
        ("DigComp 3.0", "https://joint-research-centre.ec.europa.eu/digcomp_en"),
    ]
    description = template.alignments[2].description
    assert description is not None
    assert description.fr == "Niveaux 1–2 sur 8. Correspondance provisoire."


def test_a_reviewed_correspondence_is_no_longer_called_provisional(
    tmp_path: Path, folder: Path
) -> None:
    """The flag in the data decides what people read."""
    data = Path(shutil.copytree(frameworks.FOLDER, tmp_path / "frameworks"))
    crcn = data / "crcn.yaml"
    crcn.write_text(crcn.read_text().replace("digcomp: true", "digcomp: false"))

    description = templates.load(folder / SLUG, frameworks.load(data)).alignments[3].description

    assert description is not None
    assert description.en == "Levels 1–2 of 8."


def test_a_class_may_align_with_more(folder: Path, framework: Framework) -> None:
    """Double-competence badges add the skills of a trade."""
    spoil(
        folder,
        "badge.yaml",
        "artwork:",
        "alignments:\n"
        "  - framework: {fr: ESCO 1.2.0, en: ESCO 1.2.0}\n"
        "    name: {fr: cyber security, en: cyber security}\n"
        "    url: http://data.europa.eu/esco/skill/8088750d-8388-4170-a76f-48354c469c44\n"
        "artwork:",
    )

    added = templates.load(folder / SLUG, framework).alignments[-1]

    assert added.name.fr == "cyber security"
    assert added.code is None


def test_a_badge_of_several_skills_goes_by_its_own_name(folder: Path, framework: Framework) -> None:
    """No single competence can stand for a double-competence badge."""
    spoil(folder, "badge.yaml", '["4.1"]', '["1.2", "4.1"]')
    spoil(folder, "badge.yaml", "CRCN 4.1", "CRCN 1.2 et 4.1")
    spoil(folder, "badge.yaml", "Framework) 4.1", "Framework) 1.2 and 4.1")

    loaded = templates.load(folder / SLUG, framework)

    assert loaded.skill == loaded.name
    assert loaded.domain == framework.domain("1")
    assert loaded.face.code == "1.2"


PARTICIPATION = """\
slug: participation-example
version: 1
state: draft
kind: participation
achievement_type: Badge
competences: ["4.1"]
minimum_strength: 2
name: {fr: "Atelier : face à une cyberattaque", en: "Workshop: facing a cyberattack"}
description: {fr: "A suivi l'atelier en entier.", en: "Attended the whole workshop."}
criteria:
  fr: |
    **La personne titulaire de ce badge** a suivi un atelier. **Pour l'obtenir**, elle était là.
    **Vérification** : liste de présence. **Validité** : sans limite. **Référence** : CRCN 4.1.
  en: |
    **The holder of this badge** attended a workshop. **To earn it**, they were there.
    **Verification**: attendance list. **Validity**: no limit. **Reference**: CRCN 4.1.
tags: {fr: [atelier], en: [workshop]}
artwork: {template: participation, label: {fr: Atelier, en: Workshop}}
"""


def write(folder: Path, slug: str, text: str) -> Path:
    """Write a class; return its folder."""
    (folder / slug).mkdir()
    (folder / slug / "badge.yaml").write_text(text, encoding="utf-8")
    return folder / slug


def test_a_participation_has_a_theme_and_no_level(folder: Path, framework: Framework) -> None:
    """Whoever was there has shown nothing yet; the alignments say that it is a theme."""
    loaded = templates.load(write(folder, "participation-example", PARTICIPATION), framework)

    assert loaded.kind is Kind.PARTICIPATION
    assert loaded.level is None
    assert loaded.minimum_strength is Strength.ATTENDANCE_VERIFIED
    assert loaded.face == Face("4", framework.domain("4").colour, "padlock")
    assert [each.description and each.description.en for each in loaded.alignments] == [
        "Theme covered, without a level.",
        None,
        "Theme covered, without a level. Provisional correspondence.",
        "Theme covered, without a level. Provisional correspondence.",
    ]


def test_a_participation_in_several_domains_has_the_colour_of_none(
    folder: Path, framework: Framework
) -> None:
    """Ink, and a pictogram of its own."""
    text = PARTICIPATION.replace('["4.1"]', '["4.1", "1.1"]').replace("CRCN 4.1", "CRCN 1.1, 4.1")

    loaded = templates.load(write(folder, "participation-example", text), framework)

    assert loaded.domain is None
    assert loaded.face == Face("1 · 4", framework.across.colour, "links")


def test_what_two_competences_share_is_said_once(folder: Path, framework: Framework) -> None:
    """1.2 and 1.3 both correspond to 1.3 of DigComp: the same alignment twice says nothing more."""
    text = PARTICIPATION.replace('["4.1"]', '["1.2", "1.3"]').replace("CRCN 4.1", "CRCN 1.2, 1.3")

    loaded = templates.load(write(folder, "participation-example", text), framework)

    assert [each.framework.en for each in loaded.alignments if "DigComp" in each.framework.en] == [
        "DigComp 2.2",
        "DigComp 3.0",
    ]


DOUBLE = "double-textile-digital-1"
KIND_MISTAKES = {
    "a level without a skill": (
        "minimum_strength: 2", "minimum_strength: 2\nlevel: beginner", r"line 8, level: A badge of "
        "kind participation does not have it",
    ),
    "no minimum": ("minimum_strength: 2\n", "", "minimum_strength: Missing: a badge of kind"),
    "unknown strength": ("minimum_strength: 2", "minimum_strength: 5", "line 7, minimum_strength"),
    "no competence": ('competences: ["4.1"]\n', "", "competences: Missing"),
    "unknown kind": ("kind: participation", "kind: presence", r"line 4, kind: .*'presence'"),
    "members of nothing": (
        "minimum_strength: 2", "minimum_strength: 2\nmembers: [crcn-4-1-beginner]", "line 8, members",
    ),
    "the shape of a level": (
        "template: participation", "template: beginner", "the shape beginner would show another kind",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "reason"), KIND_MISTAKES.values(), ids=KIND_MISTAKES.keys()
)
def test_refuses_what_does_not_fit_the_kind(
    folder: Path, framework: Framework, before: str, after: str, reason: str
) -> None:
    """A field of another kind would say what nobody meant."""
    assert before in PARTICIPATION
    path = write(folder, "participation-example", PARTICIPATION.replace(before, after))

    with pytest.raises(CatalogueError, match=reason):
        templates.load(path, framework)


MEMBER_MISTAKES = {
    "unknown": (
        "crcn-4-2-beginner",
        "crcn-4-9-beginner",
        r"line 12, options\.1: there is no class",
    ),
    "itself": ("- crcn-4-2-beginner", f"- {DOUBLE}", rf"line 12, options\.1: {DOUBLE} is no badge"),
    "twice": ("- crcn-4-2-beginner", "- crcn-1-3-intermediate", "members: A badge is named twice"),
    "only one": (
        "options:\n  - crcn-4-1-beginner\n  - crcn-4-2-beginner\n  - crcn-5-2-intermediate\n",
        "",
        "members: A milestone needs two badges or more",
    ),
}


@pytest.mark.parametrize(
    ("before", "after", "reason"), MEMBER_MISTAKES.values(), ids=MEMBER_MISTAKES.keys()
)
def test_refuses_a_milestone_of_nothing(
    folder: Path, framework: Framework, before: str, after: str, reason: str
) -> None:
    """Its members are badges for skills that stand beside it."""
    path = folder / DOUBLE / "badge.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")

    with pytest.raises(CatalogueError, match=reason):
        templates.load(folder / DOUBLE, framework)


def test_a_member_that_is_wrong_is_named_from_both_sides(
    folder: Path, framework: Framework
) -> None:
    """Its own line says what to mend; the milestone's says why it cannot be read either."""
    path = folder / "crcn-4-2-beginner" / "badge.yaml"
    path.write_text(path.read_text().replace('["4.2"]', '["4.9"]'), encoding="utf-8")

    _, problems = templates.survey(folder, framework)

    assert problems == [
        f"{path}, line 6, competences.0: the framework has no 4.9",
        f"{folder / DOUBLE / 'badge.yaml'}, line 12, options.1: crcn-4-2-beginner is not right",
    ]


MISTAKES = {
    "unknown field": ("badge.yaml", "level:", "levle:", r"line 7, levle: Unknown field"),
    "missing field": (
        "badge.yaml",
        "level: beginner\n",
        "",
        r"line 2, level: Missing: a badge of kind skill has it",
    ),
    "no French": ("badge.yaml", "fr: Sécurité", "fr: ' '", r"artwork\.label\.fr"),
    "version is a word": ("badge.yaml", "version: 1", "version: one", r"version: .*'one'"),
    "version nought": ("badge.yaml", "version: 1", "version: 0", r"line 3, version"),
    "state": ("badge.yaml", "state: published", "state: ready", r"line 4, state: .*'ready'"),
    "type": ("badge.yaml", "Competency", "Certification", r"achievement_type: .*'Certification'"),
    "competence": ("badge.yaml", '["4.1"]', '["4.9"]', r"line 6, competences\.0: .* no 4\.9"),
    "no competence": ("badge.yaml", '["4.1"]', "[]", r"line 6, competences: "),
    "level": ("badge.yaml", "level: beginner", "level: expert", r"line 7, level: expert is not"),
    "shape of another level": (
        "badge.yaml",
        "template: beginner",
        "template: advanced",
        r"artwork\.template: the shape advanced would show another level",
    ),
    "no drawing": ("badge.yaml", "template: beginner", "template: star", r"no drawing star\.svg"),
    "folder outside": ("badge.yaml", "template: beginner", "template: ../x", r"artwork\.template"),
    "slug": ("badge.yaml", f"slug: {SLUG}", "slug: other", r"line 2, slug: other stands in"),
    "rule of another": ("rule.yaml", f"rule: {SLUG}", "rule: x", r"rule\.yaml, line 4, rule: x"),
    "badge of another": ("rule.yaml", f"badge: {SLUG}", "badge: x", r"rule\.yaml, line 6, badge"),
    "validity": ("rule.yaml", "validity: P24M", "validity: P2Y", r"validity: Months such as P24M"),
    "no validity": ("rule.yaml", "validity: P24M\n", "", r"validity: Missing data"),
    "empty rule": ("rule.yaml", "when:\n  any:", "when: {}\nx:\n  any:", r"line 7, when"),
    "twice": ("badge.yaml", "level:", "level: beginner\nlevel:", r"line 8, level: given twice"),
}


@pytest.mark.parametrize(
    ("file", "before", "after", "reason"), MISTAKES.values(), ids=MISTAKES.keys()
)
def test_refuses_a_class_with_a_mistake(
    folder: Path, framework: Framework, file: str, before: str, after: str, reason: str
) -> None:
    """Every refusal says where to look."""
    spoil(folder, file, before, after)

    with pytest.raises(CatalogueError, match=reason):
        templates.load(folder / SLUG, framework)


CLAIMS = {
    "name": ('fr: "Sécuriser', 'fr: "Certification — sécuriser', r"line 9, name\.fr: « certif"),
    "description": ("réflexes de base", "réflexes du diplôme", r"description\.fr: « diplome »"),
    "criteria": ("2 years", "2 years (RNCP)", r"criteria\.en: « rncp »"),
    "tag": ("phishing", "certified", r"tags\.en\.3: « certified »"),
    "label": ("fr: Sécurité", "fr: Certifié", r"artwork\.label\.fr: « certifie »"),
}


@pytest.mark.parametrize(("before", "after", "reason"), CLAIMS.values(), ids=CLAIMS.keys())
def test_refuses_a_text_that_claims_what_a_badge_is_not(
    folder: Path, framework: Framework, before: str, after: str, reason: str
) -> None:
    """A badge recognises a skill; it is not a registered certification."""
    spoil(folder, "badge.yaml", before, after)

    with pytest.raises(CatalogueError, match=reason):
        templates.load(folder / SLUG, framework)


def test_refuses_a_hostile_drawing_with_its_file(folder: Path, framework: Framework) -> None:
    """Drawings are content too."""
    drawing = folder / "artwork" / "beginner.svg"
    drawing.write_text(drawing.read_text().replace("<title", "<script/><title", 1))

    with pytest.raises(CatalogueError, match=r"beginner\.svg: .*not allowed: script"):
        templates.load(folder / SLUG, framework)


def test_names_a_drawing_that_is_not_there(folder: Path, framework: Framework) -> None:
    """The pictogram is named by the framework, so its absence is nobody's typing mistake."""
    (folder / "artwork" / "pictograms" / "padlock.svg").unlink()

    with pytest.raises(CatalogueError, match=r"padlock\.svg: cannot be read"):
        templates.load(folder / SLUG, framework)


def test_tells_all_mistakes_of_all_classes_at_once(folder: Path) -> None:
    """Mending one mistake per run wastes a day."""
    shutil.copytree(folder / SLUG, folder / "copy")
    spoil(folder, "badge.yaml", "level: beginner", "level: expert")
    spoil(folder, "badge.yaml", '["4.1"]', '["4.9"]')

    with pytest.raises(CatalogueError) as refused:
        templates.load_all(folder)

    problems = refused.value.message.splitlines()
    assert [bool(re.search(word, " ".join(problems))) for word in ("copy", "4.9", "expert")] == [
        True,
        True,
        True,
    ]


def test_tells_the_mistakes_of_both_files_at_once(folder: Path, framework: Framework) -> None:
    """A rule is not left unread because the badge beside it is wrong, nor a text because of it."""
    spoil(folder, "badge.yaml", "version: 1", "version: one")
    spoil(folder, "rule.yaml", "validity: P24M", "validity: P2Y")

    _, shapes = templates.survey(folder, framework)
    spoil(folder, "badge.yaml", "version: one", "version: 1")
    spoil(folder, "badge.yaml", "**Verification**", "Verification")
    _, texts = templates.survey(folder, framework)

    assert [problem.partition(f"{SLUG}/")[2].split(": ")[0] for problem in shapes] == [
        "badge.yaml, line 3, version",
        "rule.yaml, line 12, validity",
        "",  # the milestone that cites this class
    ]
    assert [problem.partition(f"{SLUG}/")[2].split(": ")[0] for problem in texts] == [
        "rule.yaml, line 12, validity",
        "badge.yaml, line 44, criteria.en",
    ]


def test_refuses_a_folder_without_a_class(tmp_path: Path) -> None:
    """A service that starts with nothing to earn has a wrong setting."""
    with pytest.raises(CatalogueError, match="no badge class"):
        templates.load_all(tmp_path)


def test_a_class_is_added_as_the_readme_says(folder: Path) -> None:
    """README: copy a folder, rename it, change the slug in both files."""
    slug = "crcn-4-3-beginner"
    shutil.copytree(folder / SLUG, folder / slug)
    for file in ("badge.yaml", "rule.yaml"):
        path = folder / slug / file
        path.write_text(path.read_text(encoding="utf-8").replace(SLUG, slug), encoding="utf-8")

    loaded = templates.load_all(folder)

    assert slug in [template.slug for template in loaded]


def test_the_readme_names_every_field_and_every_drawing(template: Template) -> None:
    """Words that drift from the loader mislead whoever adds a class."""
    readme = (SHIPPED / "README.md").read_text(encoding="utf-8")

    fields = {
        *templates._BadgeSchema().fields,
        *templates._RuleSchema().fields,
        *(path.name for path in (SHIPPED / "artwork").glob("*.svg")),
    }
    assert {name for name in fields if f"`{name}`" not in readme} == set()
