"""Two web processes on one database, one store of counters: one service.

Here they are two applications in one process; `scripts/drill several` runs three real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from badgeservice import extensions
from badgeservice.app import create_app
from badgeservice.core import Stock
from badgeservice.extensions import services
from badgeservice.issuing import halting, states
from badgeservice.web.extensions import limiter
from badgeservice.web.limits import Budget
from tests import stores
from tests.conftest import POOL, Clock, Letters, copy_of, running
from tests.web.conftest import Furnished, Learner
from tests.web.test_limits import spent

PAGES = {"Accept": "text/html"}


@pytest.fixture
def several(
    furnished: Furnished,
    stock: Stock,
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    clock: Clock,
    letters: Letters,
) -> Iterator[tuple[Flask, Flask]]:
    """Two applications of one installation, whose limits are counted in a store."""
    with stores.running(tmp_path_factory.mktemp("store")) as store:
        settings = copy_of(furnished.settings, tmp_path, limits_url=store.address)
        other = create_app(settings, clock=clock, mailer=letters, stock=stock, pool=POOL)
        for one in running(settings, clock, letters, stock):
            yield one, other
            with other.app_context():
                extensions.db.engine.dispose()


def test_a_person_is_known_to_both(
    several: tuple[Flask, Flask], letters: Letters, furnished: Furnished
) -> None:
    """Signed in at one, offered a badge by it, and given it by the other."""
    one, other = several
    person = Learner(one.test_client(), letters, "lea@example.org")
    person.sign_in()
    person.pass_quiz()
    offer = person.offer()
    cookie = person.client.get_cookie("session")
    assert cookie is not None

    elsewhere = Learner(other.test_client(), letters, "lea@example.org")
    elsewhere.client.set_cookie("session", cookie.value)
    accepted = elsewhere.post(
        f"{offer}/recevoir", offer, name="", with_name="", signed_language="fr", visibility="link"
    )

    assert 303 == accepted.status_code
    badge = accepted.headers["Location"].rpartition("/")[2]
    assert "verdict-green" in one.test_client().get(f"/b/{badge}", headers=PAGES).text


def test_what_one_takes_back_the_other_says(
    several: tuple[Flask, Flask], furnished: Furnished, clock: Clock
) -> None:
    """Nothing of a badge is remembered that its register has changed."""
    one, other = several
    address = f"/b/{furnished.public_id}"
    assert "verdict-green" in other.test_client().get(address, headers=PAGES).text

    with one.app_context():
        session = extensions.db.session
        states.revoke(
            session,
            services().office,
            furnished.public_id,
            reason=states.Reason.ISSUED_IN_ERROR,
            actor="test",
            now=clock.now,
        )
        session.commit()

    assert "verdict-red" in other.test_client().get(address, headers=PAGES).text


def test_what_one_halts_is_halted_in_both(several: tuple[Flask, Flask], clock: Clock) -> None:
    """The halt is a row, which each looks at when it signs."""
    one, other = several
    with one.app_context():
        halting.halt(extensions.db.session, reason="drill", actor="test", now=clock.now)

    with other.app_context():
        assert halting.standing(extensions.db.session) is not None


def test_a_visitor_has_one_budget(several: tuple[Flask, Flask]) -> None:
    """Whichever is asked."""
    granted = [spent(app, Budget.ADDRESS) for _ in range(6) for app in several]

    assert [True] * 10 + [False] * 2 == granted
    assert "Shared" in type(limiter.storage).__name__
