"""A training partner with an agreement, and lists that it uploads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from badgeservice import worker
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.evidence import agreements
from badgeservice.evidence.agreements import Terms
from badgeservice.evidence.sources.results import Corrections
from badgeservice.extensions import db, services
from badgeservice.partners.lists import sending, staging
from badgeservice.partners.lists.models import ResultList, RowState
from badgeservice.people.models import Organisation
from tests.conftest import Clock

MEMBER = "per_member"
TITLES = "nom;prénom;e-mail;activité;statut;date;score\n"
TERMS = (
    Terms(
        activity="cyber-1",
        title=Text(fr="Mon entreprise face à une cyberattaque", en="My firm under attack"),
        competences=("4.1",),
        level="beginner",
        strength=Strength.ATTENDANCE_VERIFIED,
        valid_from=date(2026, 9, 1),
    ),
    Terms(
        activity="tableur",
        title=Text(fr="Tableur", en="Spreadsheets"),
        competences=("1.3",),
        level="beginner",
        strength=Strength.ATTENDANCE_VERIFIED,
        valid_from=date(2026, 9, 1),
        threshold=Fraction(7, 10),
    ),
)


def organisation(session: Session, slug: str, now: datetime) -> Organisation:
    """Return a new partner with the usual agreement."""
    partner = Organisation(slug=slug, name=slug.upper())
    session.add(partner)
    session.flush()
    agreements.allow(session, partner, TERMS, actor="operator", now=now)
    return partner


@dataclass
class House:
    """A partner, and what it does with its lists."""

    app: Flask
    clock: Clock
    session: Session
    partner: Organisation

    def stage(self, text: str | bytes, *, activity: str = "") -> ResultList:
        """Upload a list."""
        data = text.encode() if isinstance(text, str) else text
        staged = staging.stage(
            self.session,
            services().vault,
            self.partner,
            sent_by=MEMBER,
            file_name="liste.csv",
            data=data,
            activity=activity,
            now=self.clock(),
        )
        self.session.commit()
        return staged.list

    def send(self, staged: ResultList, *, without: int = 0, corrections: str = "refuse") -> None:
        """Send a list, and let the worker take it in."""
        sending.send(
            self.session,
            staged,
            without=without,
            corrections=Corrections(corrections),
            actor=MEMBER,
            now=self.clock(),
        )
        self.session.commit()
        self.work()

    def work(self) -> None:
        """Let the worker do what waits, and look at what is there now."""
        worker.run_waiting(self.app)
        self.session.expire_all()

    def states(self, staged: ResultList) -> dict[str, int]:
        """Return how many lines are in each state."""
        counts = staging.counts(self.session, staged)
        return {str(state): counts[state] for state in RowState if counts[state]}

    def fates(self, sent: ResultList) -> dict[str | None, int]:
        """Return how many lines met each fate."""
        found = sending.fates(self.session, sent)
        return {None if fate is None else str(fate): count for fate, count in found.items()}


@pytest.fixture
def house(app: Flask, clock: Clock) -> House:
    """A partner on a fresh installation."""
    with app.app_context():
        session = db.session
        partner = organisation(session, "fim", clock())
        session.commit()
        yield House(app, clock, session, partner)
        session.rollback()


def line(
    n: int, *, activity: str = "cyber-1", status: str = "réussi", day: str = "20/11/2026"
) -> str:
    """Return a line about the person of this number."""
    return f"Nom{n};Prénom;p{n}@example.org;{activity};{status};{day};\n"
