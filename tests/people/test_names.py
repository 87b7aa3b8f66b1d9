"""Names of people from everywhere, and things that only look like names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeservice.errors import InvalidName
from badgeservice.people import names


@pytest.mark.parametrize(
    "name",
    [
        "Anaïs Lemoigne",
        "Jean-François d'Ornano",
        "Nguyễn Thị Minh Khai",
        "Øystein Åge Sæther",
        "Ελένη Παπαδοπούλου",
        "Дарья Кузнецова",
        "מרים כהן",
        "محمد بن عبد الله",
        "علی‌رضا رضایی",
        "प्रिया शर्मा",
        "ශ්‍රී ලංකා",
        "สมชาย ใจดี",
        "བསྟན་འཛིན་རྒྱ་མཚོ",
        "王小明",
        "山田 太郎",
        "김민준",
        "X Æ A-12",
        "𐐜 𐐔𐐯𐑅",
        "李",
    ],
)
def test_accepts_every_script(name: str) -> None:
    """A name is right when its bearer says so; it comes out in NFC, otherwise unchanged."""
    assert names.normalise(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("  Anaïs \u00a0 Lemoigne ", "Anaïs Lemoigne"),
        ("Anai\u0308s", "Anaïs"),
    ],
)
def test_brings_a_name_into_one_form(typed: str, expected: str) -> None:
    """The same name typed on two devices is the same text, and the same signed bytes."""
    assert names.normalise(typed) == expected


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "name_missing"),
        ("   ", "name_missing"),
        ("\u200d\u200c", "name_missing"),
        ("12345", "name_missing"),
        ("a" * 101, "name_too_long"),
        ("a" * 5000, "name_too_long"),
        ("Anaïs\nLemoigne", "name_characters"),
        ("Anaïs\x00", "name_characters"),
        ("Anaïs\x1b[31m", "name_characters"),
        ("\u202eengiomeL", "name_characters"),
        ("Ana\u200bïs", "name_characters"),
        ("Ana\u00adïs", "name_characters"),
        ("Anaïs\u2028", "name_characters"),
        ("Anaïs\ue000", "name_characters"),
        ("Anaïs\ud800", "name_characters"),
        ("Anaïs\ufffe", "name_characters"),
        ("Anaïs\U0001ffff", "name_characters"),
        ("A" + "\u0315" * 9, "name_characters"),
        ("Anaïs\U000e0041", "name_characters"),
    ],
)
def test_refuses_with_a_code_that_says_what_is_wrong(typed: str, code: str) -> None:
    """Nothing invisible, nothing that turns the line around, no tower over the verdict."""
    with pytest.raises(InvalidName) as refusal:
        names.normalise(typed)

    assert refusal.value.code == code


def test_a_hundred_letters_are_a_name() -> None:
    """The limit itself is allowed."""
    assert names.normalise("é" * 100) == "é" * 100


@given(st.text(max_size=120))
def test_accepted_once_accepted_ever(text: str) -> None:
    """What has been normalised is accepted again, unchanged: correcting a name never loops."""
    try:
        name = names.normalise(text)
    except InvalidName:
        return
    assert names.normalise(name) == name
