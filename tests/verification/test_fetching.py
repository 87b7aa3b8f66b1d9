"""One verification sees one state of the world, and asks little of it."""

from __future__ import annotations

import pytest

from badgeservice.errors import FetchFailed
from badgeservice.verification.fetching import Fetched, remembering


class World:
    """Answers every address but one, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, address: str) -> Fetched:
        """Answer with the address itself."""
        self.asked.append(address)
        if address == "https://silent.example":
            raise FetchFailed("no answer")
        return Fetched(address, 200, "text/plain", address.encode())


def test_each_address_is_asked_once():
    """A second answer could contradict the first."""
    world = World()
    fetch = remembering(world)

    answers = {fetch("https://a.example").body for _ in range(3)}

    assert answers == {b"https://a.example"}
    assert world.asked == ["https://a.example"]


def test_a_failure_is_remembered_too():
    """An address that hangs must not be waited for twice."""
    world = World()
    fetch = remembering(world)

    for _ in range(2):
        with pytest.raises(FetchFailed, match="no answer"):
            fetch("https://silent.example")

    assert world.asked == ["https://silent.example"]


def test_a_badge_cannot_make_us_ask_all_the_world():
    """The limit counts addresses, and the known ones still answer."""
    world = World()
    fetch = remembering(world, limit=2)
    fetch("https://a.example")
    fetch("https://b.example")

    with pytest.raises(FetchFailed, match="more than 2"):
        fetch("https://c.example")

    assert fetch("https://a.example").status == 200
    assert world.asked == ["https://a.example", "https://b.example"]
