"""One table of budgets, which pages and programs spend from together."""

from __future__ import annotations

import pytest
from flask_limiter import RateLimitExceeded

from badgeservice.web import limits
from badgeservice.web.limits import LIMITS, Budget


def spent(app, budget: Budget, visitor: str = "192.0.2.1") -> bool:
    """Whether one use was granted to a visitor."""
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": visitor}):
        try:
            limits.spend(budget)
        except RateLimitExceeded:
            return False
    return True


@pytest.mark.parametrize(
    ("budget", "uses"),
    [(Budget.ADDRESS, 10), (Budget.CONTENT, 30), (Budget.RECIPIENT, 5), (Budget.BATCH, 3)],
)
def test_a_budget_ends(app, budget, uses):
    """So many in a minute, and not one more; another visitor has a budget of their own."""
    granted = [spent(app, budget) for _ in range(uses + 1)]

    assert [True] * uses + [False] == granted
    assert spent(app, budget, visitor="192.0.2.2")


def test_budgets_are_apart(app):
    """Who has asked for all their addresses may still bring files."""
    while spent(app, Budget.ADDRESS):
        pass

    assert spent(app, Budget.CONTENT)


def test_every_budget_has_a_limit():
    """A budget without a limit would be none."""
    assert set(Budget) == set(LIMITS)
