"""A partner's results lead somewhere on the first day: to a badge class that comes with the service."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from badgeservice import worker
from badgeservice.awarding.models import Award, AwardState
from badgeservice.evidence import agreements
from badgeservice.extensions import db, services
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.models import Badge, Intent
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.people import accounts, api_keys
from badgeservice.people.api_keys import Action
from badgeservice.people.models import Organisation
from badgeservice.verification import Verdict, recognise, verify
from tests.conftest import ROOT, Clock, Letters
from tests.partners.conftest import row
from tests.web.conftest import Learner, plain
from tests.web.test_partner import Member, join

pytestmark = pytest.mark.any_database  # each step is tried on both databases elsewhere

CLASS = "crcn-1-3-beginner"
ACTIVITY = "spreadsheet-1"
EMAIL = "lea@example.org"
LIST = f"e-mail;activité;statut;date\n{EMAIL};{ACTIVITY};réussi;20/11/2026\n"


@pytest.fixture
def fim(app: Flask, clock: Clock, tmp_path: Path) -> str:
    """The slug of a partner under the agreement that the documentation shows."""
    shown = (ROOT / "docs" / "partners.md").read_text()
    [terms] = re.findall(r"```yaml\n(.*?)```", shown, re.DOTALL)
    path = tmp_path / "fim.yaml"
    path.write_text(terms)
    with app.app_context():
        partner = Organisation(slug="fim", name="FIM")
        db.session.add(partner)
        db.session.flush()
        allowed = agreements.read(path, services().framework)
        agreements.allow(db.session, partner, allowed, actor="administrator", now=clock())
        db.session.commit()
    return "fim"


def by_list(app: Flask, clock: Clock, letters: Letters, slug: str) -> None:
    """Let a member upload and send the list, and the worker take it in."""
    member = Member(app.test_client(), letters, "le-gall@example.org")
    member.sign_in()
    with app.app_context():
        join(accounts.organisation(db.session, slug), member.email, clock)
        db.session.commit()
    place = member.upload(LIST).request.path
    assert member.send(place, "envoyer", without="0", attested="yes").status_code == 200
    worker.run_waiting(app)


def by_api(app: Flask, clock: Clock, _letters: Letters, slug: str, **changes: object) -> None:
    """Let a program send the same by its key."""
    with app.app_context():
        partner = accounts.organisation(db.session, slug)
        _, key = api_keys.make(db.session, partner, actions=Action, now=clock())
        db.session.commit()
    sent = row(person={"email": EMAIL}, activity=ACTIVITY, **changes)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "1"}
    answer = app.test_client().post("/api/v1/evidence", json={"results": [sent]}, headers=headers)
    assert answer.get_json()["counts"]["recorded"] == 1, answer.text


def awards() -> list[tuple[str, AwardState]]:
    """Every award that there is."""
    return [(award.slug, award.state) for award in db.session.scalars(select(Award))]


def page_of(learner: Learner, path: str) -> str:
    """What a page says, without what typography does to it."""
    return plain(unescape(learner.get(path).text))


@pytest.mark.parametrize("send", [by_list, by_api])
def test_a_result_leads_to_a_badge_that_verifies(
    app: Flask, clock: Clock, letters: Letters, fim: str, send: Callable[..., None]
) -> None:
    """Agreement, result, offer, and nothing signed; the person accepts, and strangers see green."""
    send(app, clock, letters, fim)

    with app.app_context():
        assert awards() == [(CLASS, AwardState.OFFERED)]
        for table in (Intent, Badge):
            assert db.session.scalar(select(func.count()).select_from(table)) == 0
    learner = Learner(app.test_client(), letters, EMAIL)
    learner.sign_in()
    offer = learner.offer()
    assert "résultat affirmé par FIM, organisme partenaire" in page_of(learner, offer)
    answer = learner.post(
        f"{offer}/recevoir",
        offer,
        with_name="no",
        signed_language="fr",
        visibility="link",
    )
    public_id = answer.headers["Location"].rpartition("/")[2]

    released = app.test_client().get(f"/b/{public_id}.json")
    with app.app_context():
        assert awards() == [(CLASS, AwardState.ACCEPTED)]
        report = verify(
            recognise(released.data),
            fetch=own_fetch(Hosting(db.session, services().office)),
            register=DatabaseRegister(db.session, services().office),
            now=clock(),
        )
    assert report.verdict is Verdict.GREEN
    assert f"/achievements/{CLASS}/1/" in released.text
    assert "FIM" in released.text


def test_attendance_alone_is_evidence_and_no_offer(
    app: Flask, clock: Clock, letters: Letters, fim: str
) -> None:
    """The class asks for work that was seen; what the partner says is kept all the same."""
    by_api(app, clock, letters, fim, strength=2)

    with app.app_context():
        assert awards() == []
    learner = Learner(app.test_client(), letters, EMAIL)
    learner.sign_in()
    assert "un résultat transmis par un organisme partenaire (au moins" in page_of(
        learner, "/mon-espace"
    )
