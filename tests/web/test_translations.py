"""The English catalogue says everything that the French source says, and is compiled."""

from __future__ import annotations

import io
import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from tests.conftest import ROOT

FOLDER = ROOT / "badgeservice" / "web" / "translations" / "en" / "LC_MESSAGES"
HOW_TO = "pybabel extract -F babel.cfg -o messages.pot . && pybabel update … && pybabel compile …"


@pytest.fixture(scope="module")
def source() -> set[object]:
    """Every message of the pages and views, as the source has it."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = extract_from_dir(str(ROOT), methods, options)
    return {message for _file, _line, message, _comments, _context in found}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    """The English catalogue."""
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="en")


def test_every_message_is_translated(source, catalogue):
    """A page half in French is a page that an English reader cannot trust."""
    translated = {message.id for message in catalogue if message.id and message.string}

    assert set() == source - translated, HOW_TO


def test_no_translation_has_lost_its_message(source, catalogue):
    """What nobody shows any more is deleted."""
    known = {message.id for message in catalogue if message.id}

    assert set() == known - source
    assert not catalogue.obsolete


def test_nothing_is_fuzzy(catalogue):
    """A guess of a tool is not a translation."""
    assert [] == [message.id for message in catalogue if message.id and message.fuzzy]


def test_placeholders_are_the_same(catalogue):
    """A missing `%(day)s` is a verdict without its date; a wrong one is an error page."""
    for message in catalogue:
        if isinstance(message.id, str) and message.id:
            pattern = r"%\([a-z]+\)s|</?strong>"
            expected = sorted(re.findall(pattern, message.id))
            assert expected == sorted(re.findall(pattern, str(message.string))), message.id


def test_the_compiled_catalogue_is_fresh(catalogue):
    """The service reads the compiled file."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    with (FOLDER / "messages.mo").open("rb") as file:
        kept = read_mo(file)

    expected = {str(message.id): message.string for message in read_mo(compiled) if message.id}
    assert expected == {str(message.id): message.string for message in kept if message.id}, HOW_TO


def test_english_texts_hold_no_french_quotes(catalogue):
    """« » in an English sentence is a translation that was begun and left."""
    assert [] == [m.id for m in catalogue if m.id and re.search("[«»]", str(m.string))]
