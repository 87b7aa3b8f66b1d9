"""Modules are checked whole; what is wrong is named; what is sound is served."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from badgeservice.catalogue import framework
from badgeservice.errors import ModuleNotFound, ModuleRefused
from badgeservice.learning import content, markdown, shapes
from badgeservice.learning.content import Library, Module
from badgeservice.learning.quiz import Tolerance

NAME = "workplace-security-reflexes"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of modules that holds a copy of the first one."""
    shutil.copytree(content.FOLDER / NAME, tmp_path / NAME)
    return tmp_path


def edit(folder: Path, file: str, old: str, new: str, *, module: str = NAME) -> None:
    """Replace `old`, which must stand in the file, by `new`, once."""
    path = folder / module / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def errors(folder: Path) -> list[str]:
    """What is wrong with the modules of `folder`, without warnings."""
    return [str(each) for each in content.load(folder).problems if not each.is_warning]


def test_the_first_module_is_sound(library: Library) -> None:
    """It has no error, and only the warnings that its small pool deserves."""
    assert [
        "only one question each about o2, o5; two are better",
        "10 questions for a draw of 10; 20 make two tries differ",
    ] == [each.sentence.partition("questions: ")[2] for each in library.problems]
    assert all(each.is_warning for each in library.problems)


def test_the_first_module_keeps_its_founding_policy(module: Module) -> None:
    """70 %, ten questions, three delays, one critical question, evidence of 4.1 for beginners."""
    assert Fraction(7, 10) == module.quiz.pass_mark
    assert 10 == module.quiz.draw
    assert (timedelta(0), timedelta(minutes=10), timedelta(hours=24)) == module.quiz.delays
    assert ["cyb-05"] == [each.id for each in module.quiz.questions if each.is_critical]
    assert ("4.1",) == module.competence_codes
    assert "beginner" == module.level


def test_an_identity_is_the_digest_of_what_is_said(module: Module) -> None:
    """Whoever has the canonical text can compute it again with any tool."""
    assert hashlib.sha256(module.canonical.encode()).hexdigest() == module.digest


def test_a_module_is_read_again_from_its_canonical_text(module: Module) -> None:
    """An attempt of last year is explained with the questions of last year."""
    assert module == content.from_canonical(module.canonical)


def test_a_canonical_text_of_other_rules_is_refused(module: Module) -> None:
    """It is named as such, instead of failing somewhere later."""
    without_wrong_choice = module.canonical.replace('"passage":"passwords"', '"passage":"gone"')

    with pytest.raises(ModuleRefused, match=r"question cyb-01, passage: received 'gone', allowed:"):
        content.from_canonical(without_wrong_choice)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sheet.fr.md", "Lundi", "Mardi"),
        ("sheet.en.md", "Monday", "Tuesday"),
        ("quiz.yaml", "The work mailbox", "The office mailbox"),
        ("quiz.yaml", "La messagerie professionnelle", "La messagerie"),
        ("module.yaml", "version: 1.0.0", "version: 1.0.1"),
        ("media/parcel-text-message.svg", "07", "06"),
    ],
)
def test_any_change_changes_the_identity(
    folder: Path, module: Module, file: str, old: str, new: str
) -> None:
    """In either language, in the pictures too: evidence cites exactly what was asked."""
    edit(folder, file, old, new)

    changed = content.load(folder).module(NAME)

    assert module.digest != changed.digest


def test_the_order_of_keys_does_not_change_the_identity(folder: Path, module: Module) -> None:
    """Tidying a file up is not a new content."""
    edit(folder, "module.yaml", "duration: PT20M\nprerequisites: []\n", "")
    edit(folder, "module.yaml", "id: work", "prerequisites: []\nduration: PT20M\nid: work")

    assert module.digest == content.load(folder).module(NAME).digest


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        # the shape of a field
        (
            "quiz.yaml",
            "    type: single",
            "    type: unique",
            "question cyb-01: allowed: matching, ",
        ),
        ("quiz.yaml", "light-typo]", "capital]", "question cyb-09: Must be one of: "),
        (
            "quiz.yaml",
            "    critical: true",
            "    critical: yes",
            "question cyb-05: Must be true or",
        ),
        (
            "quiz.yaml",
            "    critical: true",
            "    crucial: true",
            "cyb-05: Unknown field, allowed: ",
        ),
        ("quiz.yaml", "value: 1,", "value: un,", "question cyb-07: Not a number such as 3"),
        ("quiz.yaml", "tolerance: 0", "tolerance: -1", "question cyb-07: Must be greater than or"),
        ("quiz.yaml", "PT10M", "10 minutes", "Not a duration such as PT10M or PT24H."),
        (
            "quiz.yaml",
            "pass_mark: 70",
            "pass_mark: 170",
            "pass_mark: Must be greater than or equal",
        ),
        ("quiz.yaml", "balance: objective", "balance: none", "Must be equal to objective."),
        (
            "module.yaml",
            "level: beginner",
            "level: expert",
            "Must be one of: beginner, intermediate",
        ),
        ("module.yaml", "version: 1.0.0", "version: 1.0", "A version such as 1.0.0. (here: '1.0')"),
        ("module.yaml", "2027-11-23", "soon", "review_before: Not a valid date. (here: 'soon')"),
        ("module.yaml", "role: main", "role: chief", "Must be one of: main, related."),
        ("quiz.yaml", "questions:\n", "questions:\n  - not one\n", "questions.0: Not a question."),
        # a rule between fields
        ("quiz.yaml", "id: cyb-02", "id: cyb-01", "question cyb-01, id: given twice"),
        ("quiz.yaml", "id: cyb-04a", "id: cyb-04", "question cyb-04, id: given twice"),
        (
            "quiz.yaml",
            "objective: o2",
            "objective: o9",
            "cyb-03, objective: received 'o9', allowed:",
        ),
        ("quiz.yaml", "objective: o2", "objective: o1", "objectives: no question is about o2"),
        ("quiz.yaml", "passage: reacting", "passage: retour", "question cyb-08, passage: received"),
        ("quiz.yaml", "        correct: true\n", "", "cyb-01, choices: 0 are correct, exactly one"),
        ("quiz.yaml", "draw: 10 ", "draw: 11 ", "draw: no 11 of the 10 questions cover every"),
        ("quiz.yaml", "draw: 10 ", "draw: 4 ", "draw: no 4 of the 10 questions cover every"),
        ("quiz.yaml", "P@ssw0rd2026", "Cherbourg50!", "choices.fr: 'Cherbourg50!' is given twice"),
        ("quiz.yaml", 'fr: "La mise à jour"', 'fr: "La sauvegarde"', "'La sauvegarde' is given"),
        ("quiz.yaml", "une ligne", "un hameçonnage", "hint.fr: gives the answer away: hameçonnage"),
        (
            "quiz.yaml",
            "file: parcel",
            "file: colis",
            "question cyb-04, image.file: received 'colis",
        ),
        ("module.yaml", "id: work", "id: home-work", "id: must be the folder's name, workplace"),
        ("module.yaml", "role: main", "role: related", "competences: none has the role main"),
        ("module.yaml", "- id: o2", "- id: o1", "objectives: o1 is given twice"),
        # the sheets
        ("sheet.fr.md", "## Se questionner", "# Se questionner", "line 1: a heading is of level 2"),
        ("sheet.fr.md", "objective=o4", "objective=o6", "sheet.fr.md, #backups: no objective o6"),
        ("sheet.en.md", "#backups", "#saving", "do not have the same parts and passages in each"),
        ("sheet.en.md", "type=deepen", "type=remember", "sheet.en.md: the parts are question, "),
        ("sheet.en.md", "Monday", "![A mailbox](box.svg) Monday", "no file media/box.svg"),
    ],
)
def test_says_what_is_wrong_and_what_is_allowed(
    folder: Path, file: str, old: str, new: str, problem: str
) -> None:
    """File, question, field, what was found, what is allowed: the author needs no programmer."""
    edit(folder, file, old, new)

    found = errors(folder)

    assert any(problem in each for each in found), found
    assert all(str(folder / NAME) in each for each in found)


def test_names_the_line(folder: Path) -> None:
    """In a file of 300 lines, "feedback is missing" is not enough."""
    edit(folder, "quiz.yaml", "    objective: o2\n", "")

    (problem,) = errors(folder)

    assert "quiz.yaml, line 5" in problem
    assert problem.endswith(
        "questions.2.objective: question cyb-03: Missing data for required field."
    )


def test_demands_feedback_on_every_choice(folder: Path) -> None:
    """Whoever chooses wrongly is told why, in their language."""
    path = folder / NAME / "quiz.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index('          fr: "Une suite de touches')
    path.write_text(text[:start] + text[text.index('          en: "A run of keys') :], "utf-8")

    (problem,) = errors(folder)

    assert "questions.0.choices.3.feedback.fr: question cyb-01: Missing data" in problem


def test_demands_a_wrong_choice_among_several(folder: Path) -> None:
    """If everything were right, ticking everything would be."""
    path = folder / NAME / "quiz.yaml"
    text = path.read_text(encoding="utf-8")
    end = '7:42 a.m."}\n'
    path.write_text(text.replace(end, end + "            correct: true\n"), "utf-8")

    (problem,) = errors(folder)

    assert "question cyb-04a, choices: at least one must be correct and at least one not" in problem


def test_demands_words_for_a_picture(folder: Path) -> None:
    """Whoever cannot see it must be able to answer."""
    edit(folder, "quiz.yaml", 'en: "Screenshot of a text message in French. Sender', 'en: "SMS" #')

    (problem,) = errors(folder)

    assert "question cyb-04, image.alternative.en: 3 characters, at least 40" in problem


def test_a_picture_is_described_or_an_ornament(folder: Path) -> None:
    """Never both, never neither: the author has to decide."""
    edit(folder, "quiz.yaml", "      file: parcel", "      decorative: true\n      file: parcel")

    (problem,) = errors(folder)

    assert "question cyb-04: Either an alternative or decorative: true." in problem


def test_warns_when_the_longest_choice_is_right(folder: Path) -> None:
    """People who cannot answer learn to choose the longest."""
    edit(folder, "quiz.yaml", 'en: "I forward it to 33700, then', f'en: "{"so " * 30} then')
    edit(folder, "quiz.yaml", 'en: "The work mailbox', f'en: "{"so " * 30}')

    library = content.load(folder)

    assert NAME in library.modules
    assert any(
        "the longest choice is the right one (en): cyb-01, cyb-03, cyb-04b" in each.sentence
        for each in library.problems
        if each.is_warning
    )
    assert all(str(each).startswith("warning: ") for each in library.problems)


def test_speaks_of_the_levels_and_competences_of_the_framework(module: Module) -> None:
    """Evidence of a level or a competence that no badge class knows would be worth nothing."""
    known = framework.load()

    assert tuple(level.slug for level in known.levels) == shapes.LEVELS
    assert {each.code for each in module.competences} <= {each.code for each in known.competences}


def test_a_picture_may_be_an_ornament(folder: Path) -> None:
    """Then it has no alternative, and a screen reader passes it by."""
    path = folder / NAME / "quiz.yaml"
    text = path.read_text("utf-8")
    start = text.index("      alternative:")
    path.write_text(
        text[:start] + "      decorative: true\n" + text[text.index("    questions:\n") :]
    )

    (stimulus,) = {q.stimulus for q in content.load(folder).module(NAME).quiz.questions} - {None}

    assert stimulus is not None
    assert stimulus.image is not None
    assert stimulus.image.alternative is None


@pytest.mark.parametrize("file", ["module.yaml", "quiz.yaml", "sheet.fr.md", "sheet.en.md"])
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    """A module has all its files in both languages, or it is not served."""
    (folder / NAME / file).unlink()

    (problem,) = errors(folder)

    assert file in problem


def test_a_file_that_is_not_text_is_named(folder: Path) -> None:
    """An editor that saves in another encoding is a common slip."""
    (folder / NAME / "sheet.fr.md").write_bytes("Découvrir".encode("latin-1"))

    (problem,) = errors(folder)

    assert "utf-8" in problem


def test_refuses_media_of_other_types(folder: Path) -> None:
    """Only pictures that pages show."""
    (folder / NAME / "media" / "run.js").write_text("alert(1)")

    (problem,) = errors(folder)

    assert problem.endswith("media/run.js: allowed: .svg, .png")


def test_a_broken_module_leaves_the_others_alone(folder: Path) -> None:
    """The rest of the site works."""
    copy_as(folder, "broken")
    edit(folder, "quiz.yaml", "draw: 10 ", "draw: 0 ", module="broken")

    library = content.load(folder)

    assert [NAME] == list(library.modules)
    assert {"broken"} == {each.module for each in library.problems if not each.is_warning}
    with pytest.raises(ModuleNotFound, match="no module broken"):
        library.module("broken")


def copy_as(folder: Path, name: str, **fields: str) -> None:
    """Copy the first module under another name, with other fields in `module.yaml`."""
    shutil.copytree(folder / NAME, folder / name)
    edit(folder, "module.yaml", f"id: {NAME}", f"id: {name}", module=name)
    for field, value in fields.items():
        old = next(
            line
            for line in (folder / name / "module.yaml").read_text("utf-8").splitlines()
            if line.startswith(f"{field}:")
        )
        edit(folder, "module.yaml", old, f"{field}: {value}", module=name)


def test_prerequisites_exist_and_are_not_above(folder: Path) -> None:
    """Nobody is sent from a first module to a harder one, nor to one that is not there."""
    copy_as(folder, "above", level="advanced")
    copy_as(folder, "after-above", prerequisites="[above]")
    copy_as(folder, "after-nothing", prerequisites="[nothing]")
    copy_as(folder, "after-after-nothing", prerequisites="[after-nothing]")
    copy_as(folder, "after-first", prerequisites=f"[{NAME}]", level="intermediate")

    library = content.load(folder)

    assert {"above", "after-first", NAME} == set(library.modules)
    assert {
        "after-above/module.yaml, prerequisites: above is advanced, above beginner",
        "after-nothing/module.yaml, prerequisites: no module nothing",
        "after-after-nothing/module.yaml, prerequisites: no module after-nothing",
    } == {each.sentence for each in library.problems if not each.is_warning}


def test_a_module_is_due_for_review_at_its_date(library: Library) -> None:
    """Facts about security age; somebody has to look at them once a year."""
    assert () == library.overdue(date(2027, 11, 22))
    assert (f"{NAME}: to be reviewed before 2027-11-23",) == tuple(
        each.sentence for each in library.overdue(date(2027, 11, 23))
    )


def test_serves_the_pictures_of_a_module_and_nothing_else(library: Library) -> None:
    """A name from outside is compared with the known ones, never joined to a path."""
    path, media_type = library.media_file(NAME, "parcel-text-message.svg")

    assert path.is_file()
    assert "image/svg+xml" == media_type
    for name in ("../module.yaml", "quiz.yaml", "", "/etc/passwd"):
        with pytest.raises(ModuleNotFound):
            library.media_file(NAME, name)


@pytest.mark.parametrize(
    "names",
    [shapes.TYPES, Tolerance, markdown.SEQUENCES, ("feedback", "hint", "critical", "also_written")],
    ids=["types", "tolerances", "parts", "fields"],
)
def test_the_guide_for_authors_names_them_all(names: Iterable[str]) -> None:
    """What can be written is found there, not in the code."""
    guide = (content.FOLDER / "README.md").read_text(encoding="utf-8")

    assert [] == [name for name in names if f"`{name}" not in guide and f"type={name}" not in guide]
