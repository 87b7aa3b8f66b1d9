"""Who may act for an organisation."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from badgeservice.people import accounts, members
from badgeservice.people.models import Organisation, Role
from badgeservice.storage.vault import Vault


def test_a_person_acts_for_the_organisations_that_let_them(
    session: Session, vault: Vault, now: datetime
) -> None:
    """From the day on which it began, until they are taken out, and for no other."""
    fim, iut = Organisation(slug="fim", name="FIM"), Organisation(slug="iut", name="IUT")
    session.add_all([fim, iut])
    session.flush()
    person = accounts.find_or_create(
        session, vault, email="le-gall@example.org", language="fr", controller=iut, now=now
    )

    members.add(session, fim, person, Role.SUBMIT, now)
    again = members.add(session, fim, person, Role.SUBMIT, now + timedelta(days=1))

    assert again.since == now
    assert members.organisations(session, person.id, Role.SUBMIT) == [fim]
    assert [each.person_id for each in members.of(session, fim)] == [person.id]
    assert members.of(session, iut) == []

    members.remove(session, fim, person)

    assert members.organisations(session, person.id, Role.SUBMIT) == []


def test_whoever_is_erased_acts_for_nobody(session: Session, vault: Vault, now: datetime) -> None:
    """The row goes with the person."""
    fim = Organisation(slug="fim", name="FIM")
    session.add(fim)
    session.flush()
    person = accounts.find_or_create(
        session, vault, email="le-gall@example.org", language="fr", controller=fim, now=now
    )
    members.add(session, fim, person, Role.SUBMIT, now)

    accounts.forget(session, person.id)

    assert members.of(session, fim) == []
