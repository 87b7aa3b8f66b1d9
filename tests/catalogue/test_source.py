"""Content files: plain YAML, or refused with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from badgeservice.catalogue import source
from badgeservice.errors import CatalogueError


def write(tmp_path: Path, text: str) -> Path:
    """Return the path of a file that holds `text`."""
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_only_whole_numbers_and_true_false_are_not_text(tmp_path: Path) -> None:
    """YAML would read 4.10 as 4.1, `no` as false and a date as an object."""
    path = write(tmp_path, 'a: 4.10\nb: no\nc: 2026-11-23\nd: 70\ne: true\nf: "70"\ng:\nh: 007\n')

    read = source.read(path).data

    expected = {"a": "4.10", "b": "no", "c": "2026-11-23", "d": 70, "e": True, "f": "70"}
    assert {**expected, "g": "", "h": "007"} == read


def test_a_problem_names_file_line_and_field(tmp_path: Path) -> None:
    """The person who mends a file looks for a line, not for a stack trace."""
    path = write(tmp_path, "a:\n  - b: 1\n    c: 2\n")

    sentence = source.read(path).problem(("a", 0, "c"), "is odd")

    assert f"{path}, line 3, a.0.c: is odd" == sentence


def test_a_missing_field_is_reported_where_it_should_stand(tmp_path: Path) -> None:
    """A field that is not there has no line of its own."""
    path = write(tmp_path, "x: 1\na:\n  b: 1\n")

    sentence = source.read(path).problem(("a", "c"), "missing")

    assert f"{path}, line 2, a.c: missing" == sentence


def test_every_text_is_found_with_its_field(tmp_path: Path) -> None:
    """The lint of words must see texts at any depth."""
    path = write(tmp_path, "a: x\nb: [y, {c: z}]\nd: 1\n")

    texts = list(source.read(path).texts())

    assert [(("a",), "x"), (("b", 0), "y"), (("b", 1, "c"), "z")] == texts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\na: 2\n", "line 2, a: given twice"),
        ("a: &x 1\nb: *x\n", "line 1: anchors, aliases and tags"),
        ("a: !!python/object:os.system {}\n", "line 1: anchors, aliases and tags"),
        ("[a, b]: 1\n", "line 1: a key must be a word"),
        ("a: [1\n", "line 2: "),
        ("", "empty"),
        ("[" * 40, "deeper than 32 levels"),
        ("a: 1\n---\nb: 2\n", "line 2: "),
        ("a: \x07\n", "not allowed"),
    ],
    ids=["key twice", "alias", "tag", "list as key", "open list", "empty", "deep", "two", "bell"],
)
def test_refuses_what_is_not_plain(tmp_path: Path, text: str, reason: str) -> None:
    """A file that can be read in two ways, or grows in memory, is not content."""
    path = write(tmp_path, text)

    with pytest.raises(CatalogueError, match=reason):
        source.read(path)


def test_refuses_a_file_that_is_too_large(tmp_path: Path) -> None:
    """Nobody writes a quarter of a megabyte by hand."""
    path = write(tmp_path, "a: " + "x" * source.MAX_BYTES)

    with pytest.raises(CatalogueError, match="larger than 262144 bytes"):
        source.read(path)


def test_refuses_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    """A text in another encoding would be signed with wrong letters."""
    path = tmp_path / "file.yaml"
    path.write_bytes("a: é\n".encode("latin-1"))

    with pytest.raises(CatalogueError, match="not UTF-8 at byte 3"):
        source.read(path)


def test_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The usual mistake is a wrong folder."""
    with pytest.raises(CatalogueError, match=r"gone\.yaml: cannot be read"):
        source.read(tmp_path / "gone.yaml")
