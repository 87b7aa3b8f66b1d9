"""One table of budgets, which pages and programs spend from together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.exceptions import TooManyRequests

from badgeservice.openbadges import strict_json
from badgeservice.web import limits
from badgeservice.web.limits import LIMITS, Budget
from tests.verification.school import School


def spent(app, budget: Budget, visitor: str = "192.0.2.1") -> bool:
    """Whether one use was granted to a visitor."""
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": visitor}):
        try:
            limits.spend(budget)
        except TooManyRequests:
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


def test_attack_the_addresses_of_one_line_are_one_visitor(app):
    """A /64 is what a line is given: its addresses spend one budget, those of another have theirs."""
    granted = [spent(app, Budget.ADDRESS, visitor=f"2001:db8:0:1::{n:x}") for n in range(11)]

    assert [True] * 10 + [False] == granted
    assert spent(app, Budget.ADDRESS, visitor="2001:db8:0:2::1")


def test_an_ipv4_address_that_comes_as_ipv6_is_itself(app):
    """Behind a socket of both kinds the same visitor is written in two ways."""
    while spent(app, Budget.ADDRESS, visitor="::ffff:192.0.2.1"):
        pass

    assert not spent(app, Budget.ADDRESS, visitor="192.0.2.1")
    assert spent(app, Budget.ADDRESS, visitor="::ffff:192.0.2.2")


@pytest.mark.parametrize("address", ["fe80::1%eth0", "::", "no: address"])
def test_whatever_stands_for_an_address_is_counted(app, address):
    """Nobody is refused for how they are reached, and nobody is let in uncounted."""
    granted = [spent(app, Budget.ADDRESS, visitor=address) for _ in range(11)]

    assert [True] * 10 + [False] == granted


def test_budgets_are_apart(app):
    """Who has asked for all their addresses may still bring files."""
    while spent(app, Budget.ADDRESS):
        pass

    assert spent(app, Budget.CONTENT)


def test_attack_many_at_once_spend_no_other_budget_and_no_more(app):
    """Threads that come for different things at the same instant are each counted for theirs."""
    with ThreadPoolExecutor(8) as together:
        tries = [Budget.ADDRESS, Budget.CONTENT] * 40
        granted = list(together.map(lambda budget: (budget, spent(app, budget)), tries))

    assert 10 == granted.count((Budget.ADDRESS, True))
    assert 30 == granted.count((Budget.CONTENT, True))


def test_whoever_has_spent_all_hears_when_to_come_back(app):
    """Not the length of the window, but what is left of it."""
    for _ in range(10):
        spent(app, Budget.ADDRESS)

    request = app.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    with request, pytest.raises(TooManyRequests) as refused:
        limits.spend(Budget.ADDRESS)

    assert 1 <= refused.value.retry_after <= 60


def test_attack_many_visitors_cannot_guess_whose_one_badge_is(app):
    """Each has a budget of their own, and the badge has one for all of them."""
    school = School()
    mail = {
        "type": "IdentityObject",
        "hashed": False,
        "identityHash": "ada@example.org",
        "identityType": "emailAddress",
    }
    subject = school.credential()["credentialSubject"] | {"identifier": [mail]}
    badge = strict_json.dumps(school.issue(credentialSubject=subject))
    reports = [
        school.verify(data, recipient="eve@example.org")
        for data in (badge, b" " + badge, b"\n" + badge)
    ]

    granted = [answered(app, reports[n % 3], visitor=f"192.0.2.{n}") for n in range(21)]

    assert [True] * 20 + [False] == granted
    # What gives nothing away costs nothing.
    assert answered(app, school.verify(badge))
    assert answered(app, school.verify(school.issue(), recipient="eve@example.org"))
    another = school.issue(id=f"{school.base}/b/2", credentialSubject=subject)
    assert answered(app, school.verify(another, recipient="eve@example.org"))


def answered(app, report, visitor: str = "192.0.2.1") -> bool:
    """Whether a visitor may hear whose badge it is."""
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": visitor}):
        try:
            limits.spend_on_answer(report)
        except TooManyRequests:
            return False
    return True


def test_every_budget_has_a_limit():
    """A budget without a limit would be none."""
    assert set(Budget) == set(LIMITS)
