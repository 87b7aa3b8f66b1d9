"""Who may act for an organisation: persons who sign in by mail like everybody else.

Functions flush; the caller commits.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from badgeservice.people.models import Organisation, OrganisationMember, Person, Role


def add(
    session: Session, organisation: Organisation, person: Person, role: Role, now: datetime
) -> OrganisationMember:
    """Let a person act for an organisation; who may already keeps the day on which it began."""
    member = session.get(OrganisationMember, (organisation.id, person.id))
    if member is None:
        member = OrganisationMember(
            organisation_id=organisation.id, person_id=person.id, role=role, since=now
        )
        session.add(member)
        session.flush()
    return member


def remove(session: Session, organisation: Organisation, person: Person) -> None:
    """Let a person act for an organisation no longer, from now on."""
    session.execute(
        delete(OrganisationMember).where(
            OrganisationMember.organisation_id == organisation.id,
            OrganisationMember.person_id == person.id,
        )
    )


def organisations(session: Session, person_id: str, role: Role) -> list[Organisation]:
    """Return the organisations for which a person may act in this role, by their names."""
    return list(
        session.scalars(
            select(Organisation)
            .join(OrganisationMember, OrganisationMember.organisation_id == Organisation.id)
            .where(OrganisationMember.person_id == person_id, OrganisationMember.role == role)
            .order_by(Organisation.name, Organisation.id)
        )
    )


def of(session: Session, organisation: Organisation) -> list[OrganisationMember]:
    """Return who may act for an organisation, in the order in which they came."""
    return list(
        session.scalars(
            select(OrganisationMember)
            .where(OrganisationMember.organisation_id == organisation.id)
            .order_by(OrganisationMember.since, OrganisationMember.person_id)
        )
    )
