"""`badgeservice catalogue`: every problem with file, line and field, and what was edited."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from badgeservice.catalogue import framework as frameworks
from badgeservice.cli import catalogue as catalogue_command
from badgeservice.settings import Settings
from tests.conftest import ROOT, Run

SLUG = "crcn-4-1-beginner"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the badge templates, to be spoiled."""
    return Path(shutil.copytree(ROOT / "badge_templates", tmp_path / "templates"))


def edit(path: Path, *changes: tuple[str, str]) -> Path:
    """Replace texts that stand in a file; return the file."""
    text = path.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_catalogue_is_right(run: Run) -> None:
    """Thirteen classes, no problem, and the published ones are what is published here."""
    answer = run("catalogue", "check")

    assert 0 == answer.returncode, answer.stdout + answer.stderr
    assert "0 problem(s); 2 published class(es) and 11 draft(s) could be read\n" == answer.stdout


def test_every_problem_of_every_class_is_named(run: Run, folder: Path) -> None:
    """File, line and field, whatever kind of mistake it is; one run is enough to mend them all."""
    claim = edit(
        folder / "crcn-1-2-beginner" / "badge.yaml", ("  fr: >-", "  fr: >-\n    Diplôme :")
    )
    part = edit(folder / "crcn-2-2-beginner" / "badge.yaml", ("**Verification**", "Verification"))
    label = edit(
        folder / "crcn-2-4-beginner" / "badge.yaml",
        ("fr: Identité", "fr: Un intitulé qui n'en finit pas du tout"),
    )
    state = edit(folder / "crcn-4-2-beginner" / "badge.yaml", ("state: draft", "state: published"))
    rule = edit(folder / SLUG / "rule.yaml", ("quiz:", "workshop:"))

    answer = run("catalogue", "check", folder)

    assert 1 == answer.returncode
    for line in (
        f"{claim}, line 12, description.fr: « diplome »: a badge is not",
        f"{part}, line 43, criteria.en: **Verification** must stand there once",
        f"{label}, line 70, artwork: « Un intitulé qui n'en finit pas du tout » is too long",
        f"{state}, line 4, state: published, but there is no rule.yaml",
        f"{rule}, line 9, when.any.0.workshop: Unknown; one of all, any",
    ):
        assert line in answer.stdout
    # The sixth: the rule differs from what was published.
    assert "6 problem(s);" in answer.stdout, answer.stdout


def test_what_a_published_version_was_edited_in_is_named(run: Run, folder: Path) -> None:
    """Line and field of each, in both files."""
    badge = edit(
        folder / SLUG / "badge.yaml",
        ("phishing, backup", "phishing, copies"),
        ("les réflexes de base", "tous les réflexes"),
    )
    rule = edit(folder / SLUG / "rule.yaml", ("min_score: 70", "min_score: 60"))

    answer = run("catalogue", "check", folder)

    assert 1 == answer.returncode
    assert answer.stdout.splitlines()[:-1] == [
        f"{badge}, line 12, description.fr: differs from version 1, which is published: "
        "raise `version`",
        f"{rule}, line 8, when.any: differs from version 1, which is published: raise `version`",
        f"{badge}, line 71, tags.en: differs from version 1, which is published: raise `version`",
    ]


def test_without_an_installation_it_says_that_nothing_was_compared(
    run: Run, folder: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """What was not checked is never shown as good."""
    environment["BADGESERVICE_DATA_DIR"] = str(tmp_path / "nothing")
    environment["BADGESERVICE_DATABASE_URL"] = ""
    edit(folder / SLUG / "badge.yaml", ("phishing, backup", "phishing, copies"))

    answer = run("catalogue", "check", folder)

    assert 0 == answer.returncode, answer.stderr
    assert (
        f"not compared with what was published here: there is no database in {tmp_path / 'nothing'}"
        in answer.stdout
    )
    assert not (tmp_path / "nothing").exists()


def test_a_database_without_tables_was_not_compared(run: Run, environment: dict[str, str]) -> None:
    """A set-up that was refused leaves one behind."""
    environment["BADGESERVICE_DATABASE_URL"] = ""
    data = Path(environment["BADGESERVICE_DATA_DIR"])
    (data / "badgeservice.sqlite3").write_bytes(b"")
    for journal in data.glob("*.sqlite3-*"):
        journal.unlink()

    answer = run("catalogue", "check")

    assert 0 == answer.returncode, answer.stdout + answer.stderr
    assert "the database has no tables yet" in answer.stdout


def test_an_installation_that_cannot_be_opened_was_not_compared(
    run: Run, environment: dict[str, str]
) -> None:
    """The reason is said, and the problems of the files all the same."""
    (Path(environment["BADGESERVICE_DATA_DIR"]) / "personal-data-key").unlink()

    answer = run("catalogue", "check")

    assert 0 == answer.returncode, answer.stdout + answer.stderr
    assert "not compared with what was published here: " in answer.stdout
    assert "personal-data-key" in answer.stdout


class Elsewhere(Settings):
    """Settings whose frameworks stand in another folder."""

    @property
    def content_dir(self) -> Path:
        """The parent of the data folder."""
        return self.data_dir.parent / "content"


def test_a_framework_that_is_wrong_is_named_by_its_own_lines(tmp_path: Path, folder: Path) -> None:
    """Nothing can be said of a class without it, so nothing else is said."""
    content = Path(shutil.copytree(frameworks.FOLDER.parent, tmp_path / "content"))
    path = edit(content / "frameworks" / "crcn.yaml", ('code: "1.2"', 'code: "1.1"'))

    found = catalogue_command._read(Elsewhere(data_dir=tmp_path / "data"), folder)

    assert found.problems == [f"{path}, line 39, domains.0.competences.1.code: 1.1 is given twice"]
    assert found.templates == []


def test_a_folder_without_classes_is_a_problem(run: Run, tmp_path: Path) -> None:
    """A wrong setting looks like that."""
    answer = run("catalogue", "check", tmp_path)

    assert 1 == answer.returncode
    assert f"{tmp_path}: no badge class\n" in answer.stdout


def test_the_list_says_what_can_be_earned(run: Run) -> None:
    """One line for each class."""
    answer = run("catalogue", "list")

    assert 0 == answer.returncode, answer.stderr
    lines = answer.stdout.splitlines()
    assert 13 == len(lines)
    assert (
        "crcn-4-1-beginner 1 published beginner « Sécuriser l'environnement numérique — débutant »"
        in lines
    )
    assert (
        "double-textile-digital-1 1 draft milestone « Double compétence textile & numérique 1 »"
        in lines
    )


def test_setup_refuses_what_check_names(
    run: Run, folder: Path, environment: dict[str, str]
) -> None:
    """Publication is where it would be too late."""
    path = edit(folder / "crcn-4-2-beginner" / "badge.yaml", ("state: draft", "state: published"))
    environment["BADGESERVICE_BADGE_TEMPLATES_DIR"] = str(folder)

    answer = run("setup")

    assert 1 == answer.returncode
    assert f"{path}, line 4, state: published, but there is no rule.yaml" in answer.stderr


def test_a_draft_cannot_be_issued(run: Run) -> None:
    """Not even by an administrator who vouches for the skill."""
    answer = run(
        "issue", "--badge", "crcn-4-2-beginner", "--to", "a@example.org", "--strength", "4"
    )

    assert 1 == answer.returncode
    assert "crcn-4-2-beginner: no such badge class" in answer.stderr
