"""A canary: someone who lives through everything, and must be found nowhere afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice.app import create_app
from badgeservice.catalogue import classes
from badgeservice.catalogue.strength import Strength
from badgeservice.erasure import erase as erasing
from badgeservice.erasure.erase import Erasure
from badgeservice.erasure.ledger import Choice
from badgeservice.evidence.sources import manual
from badgeservice.evidence.sources.results import Corrections, Fate
from badgeservice.extensions import Services, db, services
from badgeservice.issuing import editions, shelf
from badgeservice.issuing.models import Badge, Format
from badgeservice.mail import DevelopmentMailbox, Message
from badgeservice.partners import invitations, submissions
from badgeservice.partners.intake import Sender
from badgeservice.partners.lists import sending, staging
from badgeservice.people import accounts, email_address, members
from badgeservice.people.models import Organisation, Person, Role
from badgeservice.settings import Settings
from badgeservice.web.extensions import limiter
from tests.conftest import Clock, copy_of
from tests.databases import Database
from tests.issuing.conftest import CHOICES
from tests.partners.agreed import WORKSHOP, partner, result
from tests.web.conftest import BADGE, Learner

ADDRESS = "zz-canary@example.org"
NAME = "Zénobie Canaritémoin"
NEW_NAME = "Zénobie Canaritémoin-Après"


@dataclass
class Mailbox:
    """The mailbox of development, as the tests' learners read it."""

    settings: Settings

    @property
    def sent(self) -> list[Message]:
        """The mails that are kept, the newest last."""
        return list(
            reversed(DevelopmentMailbox(self.settings.data_dir / "mailbox.jsonl").messages())
        )


@dataclass
class House:
    """An installation in which the canary lives, with the copies that it took along."""

    app: Flask
    session: Session
    here: Services
    clock: Clock
    learner: Learner
    person_id: str
    public_id: str
    copies: dict[Format, bytes]
    blind_index: bytes

    def erase(self, choice: Choice) -> Erasure:
        """Erase the canary."""
        return erasing.erase(
            self.session,
            self.here.office,
            self.here.erasures,
            self.here.mailer,
            person_id=self.person_id,
            choice=choice,
            actor=self.person_id,
            now=self.clock(),
        )

    def badge(self) -> Badge:
        """Return the register row of the canary's badge."""
        return self.session.scalars(select(Badge).execution_options(populate_existing=True)).one()


@pytest.fixture
def house(installed: Settings, database: Database, tmp_path: Path, clock: Clock) -> Iterator[House]:
    """The house after everything: mail, practice, quiz, word of others, badge, correction.

    A training partner has reported a result of the canary, and the canary may report for it.
    """
    settings = copy_of(installed, tmp_path)
    app = create_app(settings, clock=clock)
    app.testing = True
    limiter.reset()
    learner = Learner(app.test_client(), Mailbox(settings), ADDRESS)  # type: ignore[arg-type]
    learner.sign_in()
    public_id = learner.earn(name=NAME, visibility="public")
    with app.app_context():
        here, session = services(), db.session
        office = here.office
        person = accounts.find(session, here.vault, email_address.parse(ADDRESS))
        assert person is not None
        accounts.rename(session, here.vault, person, NAME)
        manual.record_manual(
            session,
            here.vault,
            person_id=person.id,
            badge_class=classes.current(session, BADGE),
            strength=Strength.WORK_REVIEWED,
            agent="facilitator",
            organisation=office.issuer.slug,
            statement=f"{NAME} seen at the workshop",
            occurred_at=clock(),
            now=clock(),
        )
        _list(session, here, _report(session, here, person, clock()), person, clock())
        session.commit()
        clock.advance(minutes=1)
        badge = editions.correct(
            session,
            office,
            public_id,
            choices=replace(CHOICES, name=NEW_NAME, ob2=True),
            actor=person.id,
            now=clock(),
        )
        copies = {
            form: shelf.take(session, here.vault, badge, form)
            for form in shelf.kept(session, badge)
        }
        clock.advance(minutes=1)
        yield House(
            app, session, here, clock, learner, person.id, public_id, copies,
            session.get_one(Person, person.id).email_index,
        )  # fmt: skip
        session.close()
        db.engine.dispose()
    if settings.database_url:
        database.drop(settings.database_url)


def _report(session: Session, here: Services, person: Person, now: datetime) -> Organisation:
    """Let a partner send a good and a bad row about the canary, who is one of its members."""
    fim = partner(session, now)
    members.add(session, fim, person, Role.SUBMIT, now)
    controller = accounts.organisation(session, here.office.issuer.slug)
    answer = submissions.submit(
        session,
        here.vault,
        Sender(fim, "key_1", controller),
        [
            result(reference="zz-canary/1", email=ADDRESS, name=NAME),
            result(reference="zz-canary/2", email=f"{ADDRESS}@", name=NAME),
        ],
        key="zz-canary",
        body=NAME.encode(),
        corrections=Corrections.REFUSE,
        now=now,
    )
    assert [row.fate for row in answer.rows] == [Fate.RECORDED, Fate.REFUSED]
    invitations.add(session, fim, "batch", person.id, is_offered=False, now=now)
    return fim


def _list(
    session: Session, here: Services, fim: Organisation, person: Person, now: datetime
) -> None:
    """Let two lists name the canary: one waits, of the other its line was left out."""
    for activity, status in (("", "présent"), (WORKSHOP, "?")):
        data = f"nom;e-mail;statut;date;activité\n{NAME};{ADDRESS};{status};2026-11-20;{WORKSHOP}\n"
        data += f"Autre;autre@example.org;présent;2026-11-20;{WORKSHOP}\n"
        listed = staging.stage(
            session,
            here.vault,
            fim,
            sent_by=person.id,
            file_name=f"{NAME}.csv",
            data=data.encode(),
            activity=activity,
            now=now,
        ).list
    sending.send(
        session, listed, without=1, corrections=Corrections.REFUSE, actor=person.id, now=now
    )
