"""How far a job is: honest, in both languages, without a script, and its owner's alone."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import update

from badgeservice.extensions import db, services
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job
from badgeservice.people import accounts, email_address, members
from badgeservice.people.models import Organisation, Person, Role
from tests.conftest import Clock
from tests.web.conftest import Learner, plain

pytestmark = pytest.mark.any_database


def job_of(app: Flask, clock: Clock, owner: str | None, **values: object) -> str:
    """Make a job; return its id."""
    with app.app_context():
        job = queue.enqueue(db.session, "count", {}, owner=owner, now=clock())
        if values:
            db.session.execute(update(Job).where(Job.id == job.id).values(**values))
        db.session.commit()
        return job.id


def words(text: str) -> str:
    """Return what the main part of a page says."""
    main = re.search(r"<main.*?</main>", text, re.DOTALL)
    assert main is not None
    return plain(unescape(re.sub(r"<[^>]+>", " ", main[0])))


@pytest.fixture
def mine(app: Flask, learner: Learner) -> str:
    """The id of the person who looks."""
    with app.app_context():
        person = accounts.find(db.session, services().vault, email_address.parse(learner.email))
        assert person is not None
        return person.id


@pytest.mark.parametrize(
    ("values", "says", "asks_again"),
    [
        ({}, "En attente depuis le 23 novembre 2026 à 10 h 00.", True),
        ({"state": "running"}, "En cours.", True),
        ({"state": "running", "done": 3200, "total": 10000}, "En cours. 3 200 sur 10 000", True),
        ({"state": "running", "done": 12}, "En cours. 12 faits", True),
        ({"done": 5, "total": 9, "started_at": Clock.now}, "reprend là où il en était. 5 sur 9", True),
        (
            {"problem": "mail_not_sent", "due_at": Clock.now + timedelta(minutes=5)},
            "Nouvel essai le 23 novembre 2026 à 10 h 05.",
            True,
        ),
        ({"state": "done", "done": 9, "total": 9}, "Terminé. 9 sur 9", False),
        ({"state": "failed", "done": 4, "total": 9, "problem": "abandoned"},
         "Arrêté avant la fin. Ce qui est fait est conservé. Écrivez-nous en citant « abandoned ». 4 sur 9", False),
    ],
    ids=["waits", "begun", "counts", "no total", "put back", "again later", "done", "failed"],
)  # fmt: skip
def test_a_page_says_how_far_a_job_is(
    app: Flask,
    clock: Clock,
    learner: Learner,
    mine: str,
    values: dict[str, object],
    says: str,
    asks_again: bool,
) -> None:
    """The numbers of the row, in words; the browser asks again until nothing can change."""
    job = job_of(app, clock, mine, **values)

    answer = learner.get(f"/mon-espace/travaux/{job}")

    assert says in words(answer.text)
    assert asks_again is ("Refresh" in answer.headers)
    assert asks_again is ("?pause=1" in answer.text)


def test_whoever_reads_slowly_can_stop_the_page(
    app: Flask, clock: Clock, learner: Learner, mine: str
) -> None:
    """What moves by itself can be made to stay (WCAG 2.2, 2.2.2), and to go on."""
    job = job_of(app, clock, mine)

    answer = learner.get(f"/en/my-space/jobs/{job}?pause=1")

    assert "Refresh" not in answer.headers
    assert "Waiting since 23 November 2026 at 10:00." in words(answer.text)
    assert f'href="/en/my-space/jobs/{job}"' in answer.text


def test_a_job_of_an_organisation_is_seen_by_who_acts_for_it(
    app: Flask, clock: Clock, learner: Learner, mine: str
) -> None:
    """From the day on which they may, to the day on which they may no longer."""
    with app.app_context():
        organisation = Organisation(slug="school", name="School")
        db.session.add(organisation)
        db.session.commit()
        partner = organisation.id
    job = job_of(app, clock, partner)
    assert 404 == learner.get(f"/mon-espace/travaux/{job}").status_code
    with app.app_context():
        organisation = db.session.get_one(Organisation, partner)
        person = db.session.get_one(Person, mine)
        members.add(db.session, organisation, person, Role.SUBMIT, clock())
        db.session.commit()

    assert 200 == learner.get(f"/mon-espace/travaux/{job}").status_code


def test_nobody_elses_job_is_there(app: Flask, clock: Clock, learner: Learner) -> None:
    """Somebody else's, the operator's and none at all look the same; a visitor signs in first."""
    jobs = [job_of(app, clock, "per_other"), job_of(app, clock, None), "job_none"]

    assert [404] * 3 == [learner.get(f"/mon-espace/travaux/{job}").status_code for job in jobs]
    visitor = app.test_client().get(f"/mon-espace/travaux/{jobs[0]}")
    assert (303, "/connexion") == (visitor.status_code, visitor.headers["Location"])
