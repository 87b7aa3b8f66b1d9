"""An issuing office at work: a real installation, and someone who has earned a badge."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award
from badgeservice.catalogue import classes
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.evidence.sources import manual
from badgeservice.extensions import db, services
from badgeservice.issuing import issue, key_chain
from badgeservice.issuing.build import Choices
from badgeservice.issuing.keyring import Keyring
from badgeservice.issuing.models import Badge, Visibility
from badgeservice.issuing.office import Office
from badgeservice.issuing.signer import Signer
from badgeservice.openbadges.keys import SIGNING_KINDS
from badgeservice.people import accounts
from badgeservice.people.models import Person
from tests.conftest import Clock

BADGE = "crcn-4-1-beginner"
CHOICES = Choices(language="fr", name=None, visibility=Visibility.LINK)


@dataclass
class Desk:
    """A desk in the office: what a test needs to issue badges."""

    session: Session
    office: Office
    clock: Clock

    def person(self, email: str = "anais@example.org") -> Person:
        """Return the person with this address."""
        return accounts.find_or_create(
            self.session,
            self.office.vault,
            email=email,
            language="fr",
            controller=accounts.organisation(self.session, self.office.issuer.slug),
            now=self.clock(),
        )

    def offer(self, email: str = "anais@example.org") -> Award:
        """Return an offer to the person with this address, made on somebody's word."""
        person = self.person(email)
        badge_class = self.vouch(person)
        award = offers.award_for(
            self.session,
            self.office.vault,
            person_id=person.id,
            badge_class=badge_class,
            now=self.clock(),
        )
        self.session.commit()
        return award

    def vouch(self, person: Person) -> BadgeClassVersion:
        """Record somebody's word for a person's skill, and decide nothing; return the class."""
        badge_class = classes.current(self.session, BADGE)
        manual.record_manual(
            self.session,
            self.office.vault,
            person_id=person.id,
            badge_class=badge_class,
            strength=Strength.WORK_REVIEWED,
            agent="facilitator",
            organisation=self.office.issuer.slug,
            statement="seen at the workshop",
            occurred_at=self.clock(),
            now=self.clock(),
        )
        return badge_class

    def accept(self, award: Award, choices: Choices = CHOICES) -> Badge:
        """Accept an offer as its holder."""
        return issue.accept_and_issue(
            self.session,
            self.office,
            award_id=award.id,
            person_id=award.person_id,
            choices=choices,
            actor=award.person_id,
            now=self.clock(),
        )

    def badge(self, email: str = "anais@example.org", choices: Choices = CHOICES) -> Badge:
        """Return a badge, issued to the person with this address."""
        return self.accept(self.offer(email), choices)


@pytest.fixture
def desk(app: Flask, clock: Clock) -> Iterator[Desk]:
    """A desk in the office of the application under test."""
    with app.app_context():
        yield Desk(db.session, services().office, clock)


@pytest.fixture
def another_desk(app: Flask, clock: Clock) -> Callable[[], Desk]:
    """Open a desk with a database connection of its own, for another thread of work."""
    sessions = []

    def open_desk() -> Desk:
        with app.app_context():
            session = Session(db.engine)
            sessions.append(session)
            return Desk(session, services().office, clock)

    return open_desk


@pytest.fixture
def rotated(tmp_path: Path) -> Callable[[Desk], Desk]:
    """Give an office new keys of every kind; the former ones sign no more."""

    def rotate(desk: Desk) -> Desk:
        office = desk.office
        keys_dir = tmp_path / "new-keys"
        # The keys of the installation are shared with other tests.
        shutil.copytree(office.keyring.keys_dir, keys_dir)
        passphrase = services().settings.key_passphrase
        keyring = Keyring(keys_dir, office.issuer.slug, passphrase=passphrase)
        for kind in SIGNING_KINDS:
            keyring.rotate(kind, now=desk.clock())
        key_chain.tell(desk.session, office.issuer, keyring, actor="operator", now=desk.clock())
        desk.session.commit()
        signer = Signer(office.issuer, keyring=keyring, log=office.log)
        desk.office = replace(office, keyring=keyring, signer=signer)
        return desk

    return rotate
