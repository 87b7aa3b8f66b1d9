"""How far a job is, by API: the numbers of its row, for the organisation that asked for it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from badgeservice.jobs import queue
from badgeservice.jobs.models import Job
from badgeservice.people.api_keys import Action
from tests.partners.conftest import Program, Reception, program_of

pytestmark = pytest.mark.any_database


def job_of(reception: Reception, owner: str | None) -> str:
    """Make a job that is at work; return its id."""
    job = queue.enqueue(reception.session, "count", {}, owner=owner, now=reception.clock())
    reception.session.execute(
        update(Job)
        .where(Job.id == job.id)
        .values(state="running", done=3200, total=10000, started_at=reception.clock())
    )
    reception.session.commit()
    return job.id


def test_a_partner_reads_how_far_its_job_is(program: Program, reception: Reception) -> None:
    """What stands in the row, and nothing about who works on what."""
    job = job_of(reception, reception.fim.id)

    answer = program.get(f"/api/v1/jobs/{job}")

    assert 200 == answer.status_code
    assert {
        "job": job,
        "kind": "count",
        "state": "running",
        "done": 3200,
        "total": 10000,
        "problem": None,
        "created_at": "2026-11-23T09:00:00+00:00",
        "started_at": "2026-11-23T09:00:00+00:00",
        "finished_at": None,
    } == answer.json


def test_nobody_elses_job_is_there(program: Program, reception: Reception) -> None:
    """Another partner's, the operator's, none at all: not found, in the same words."""
    jobs = [job_of(reception, "org_other"), job_of(reception, None), "job_none"]

    answers = [program.get(f"/api/v1/jobs/{job}") for job in jobs]

    assert {(404, "job_not_found")} == {
        (answer.status_code, answer.json["code"]) for answer in answers
    }


def test_a_key_that_may_only_send_reads_nothing(
    app: Flask, program: Program, reception: Reception
) -> None:
    """And without a key there is no asking."""
    job = job_of(reception, reception.fim.id)
    sender = program_of(app, reception, reception.fim, actions=[Action.SEND])

    assert 403 == sender.get(f"/api/v1/jobs/{job}").status_code
    assert 401 == app.test_client().get(f"/api/v1/jobs/{job}").status_code
