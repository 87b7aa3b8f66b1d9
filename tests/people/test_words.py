"""Every refusal of this room has words, in both languages, that agree with the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from badgeservice.errors import InvalidName, MailNotSent, RecipientRefused, SignInRefused
from badgeservice.people import names, sign_in, words
from badgeservice.people.words import SENTENCES

ROOM = Path(words.__file__).parent


def test_every_code_has_words_and_no_words_are_left_over() -> None:
    """A code without a sentence would show an error page to someone who made a typing mistake."""
    codes = {
        code
        for module in ROOM.glob("*.py")
        for code in re.findall(r'code="(\w+)"', module.read_text())
    }
    codes |= {"sign_in_refused", "too_many_sign_in_requests"}
    codes |= {"mail_not_sent", "mail_deferred", "recipient_refused"}

    assert codes == set(SENTENCES)


@pytest.mark.parametrize("code", SENTENCES)
def test_sentences_keep_the_voice(code: str) -> None:
    """Two languages, never an exclamation mark, never a word that blames."""
    assert set(SENTENCES[code]) == {"fr", "en"}
    for sentence in SENTENCES[code].values():
        assert sentence.endswith(".")
        assert "!" not in sentence
        assert not re.search(r"échec|erreur|invalide|invalid|error|fail", sentence, re.IGNORECASE)


def test_sentences_name_the_limits_that_hold() -> None:
    """The numbers in the words are the numbers in the code."""
    minutes = str(sign_in.LIFETIME.seconds // 60)

    for language in ("fr", "en"):
        assert f" {minutes} minutes" in SENTENCES["sign_in_refused"][language]
        assert f" {names.MAX_LENGTH} " in SENTENCES["name_too_long"][language]


@pytest.mark.parametrize(
    "error",
    [
        InvalidName("…", code="name_missing"),
        SignInRefused("…"),
        MailNotSent("…"),
        RecipientRefused("…"),
    ],
    ids=lambda error: error.code,
)
def test_explains_by_code(error: SignInRefused) -> None:
    """The sentence is that of the code, not of the class."""
    assert words.explain(error, "fr") == SENTENCES[error.code]["fr"]
