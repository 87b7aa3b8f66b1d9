"""Every badge is asked for once, on each database, and an error is never frozen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from badgeservice.errors import FreezeInterrupted
from badgeservice.freeze import addresses
from badgeservice.freeze.asking import PAGE, Visitor
from badgeservice.issuing.models import Visibility
from tests.issuing.conftest import CHOICES, Desk, desk

__all__ = ["desk"]


def test_badges_come_in_batches_without_a_gap(app: Flask, desk: Desk) -> None:
    """In the order of the database, whatever it makes of letters; private ones do not come."""
    shown = [
        desk.badge(f"{n}@example.org", replace(CHOICES, visibility=seen)).public_id
        for n, seen in enumerate(Visibility)
        if seen is not Visibility.PRIVATE
    ]
    shown.append(desk.badge("more@example.org").public_id)
    desk.badge("hidden@example.org", replace(CHOICES, visibility=Visibility.PRIVATE))

    for batch in (1, 2, 500):
        found = [paths[0] for paths in addresses.of_badges(app, batch=batch)]
        assert sorted(f"/b/{public_id}" for public_id in shown) == sorted(found)
    assert len(shown) == addresses.count_badges(app)


@pytest.mark.any_database
def test_an_error_is_not_frozen(app: Flask) -> None:
    """It stops the freeze, and says no more of the address than where it begins."""

    def broken() -> str:
        raise RuntimeError

    app.view_functions["pages.help_page"] = broken

    with pytest.raises(FreezeInterrupted, match="an address below /aide answered 500"):
        Visitor(app).ask("/aide", PAGE)


@pytest.mark.any_database
def test_what_is_asked_in_a_row_meets_no_limit(app: Flask) -> None:
    """Sixty misses a minute are a visitor's; whoever freezes asks for more."""
    visitor = Visitor(app)

    assert {None} == {visitor.ask(f"/b/{'2' * 22}", PAGE) for _ in range(70)}
