"""The mails say what happened, what to do, and nothing that a stranger wrote."""

from __future__ import annotations

from datetime import datetime

import pytest

from badgeservice.mail import Message
from badgeservice.people import letters

LINK = "https://badges.example/connexion/a-token"


def letter(language: str, now: datetime) -> Message:
    """The mail of these tests."""
    return letters.sign_in(
        to="lea@example.org",
        language=language,
        service="Cotentin Digital",
        link=LINK,
        code="ABCDE-12345",
        minutes=20,
        now=now,
    )


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_link_stands_alone_on_its_line(language: str, now: datetime) -> None:
    """Mail programs make an address clickable up to the next space."""
    assert LINK in letter(language, now).text.splitlines()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_code_is_in_the_text_and_not_in_the_subject(language: str, now: datetime) -> None:
    """A locked telephone shows the subject to whoever is near."""
    message = letter(language, now)

    assert "    ABCDE-12345" in message.text.splitlines()
    assert "ABCDE" not in message.subject


@pytest.mark.parametrize(
    ("language", "greeting", "subject"),
    [
        ("fr", "Bonjour,", "Votre lien pour vous connecter à Cotentin Digital"),
        ("en", "Hello,", "Your link to sign in to Cotentin Digital"),
    ],
)
def test_speaks_the_readers_language(
    language: str, greeting: str, subject: str, now: datetime
) -> None:
    """Subject, words and language tag agree."""
    message = letter(language, now)

    assert (message.text.splitlines()[0], message.subject) == (greeting, subject)
    assert message.language == language


@pytest.mark.parametrize("language", ["fr", "en"])
def test_keeps_the_voice(language: str, now: datetime) -> None:
    """Calm, complete, readable on any screen: lines of at most 100 characters."""
    message = letter(language, now)

    assert "!" not in message.text
    assert "20 minutes" in message.text
    assert max(map(len, message.text.splitlines())) <= 100
