"""For which organisation a request acts: one of those of the person who is signed in, or none.

What is another organisation's is answered like what does not exist: nobody learns who works with us.
"""

from __future__ import annotations

from badgeservice.errors import ResultListNotFound
from badgeservice.extensions import db
from badgeservice.people import members
from badgeservice.people.models import Organisation, Role
from badgeservice.web import identity


def organisations() -> list[Organisation]:
    """Return the organisations for which the person who is signed in may send results."""
    person = identity.person()
    return [] if person is None else members.organisations(db.session, person.id, Role.SUBMIT)


def organisation(slug: str) -> Organisation:
    """Return one of them; raise ResultListNotFound for any other."""
    for each in organisations():
        if each.slug == slug:
            return each
    raise ResultListNotFound("the person acts for no organisation of this name")
