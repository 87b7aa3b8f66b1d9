"""Who is signed in, by the session cookie: a person's id and the epoch of their sessions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import g, redirect, session, url_for
from werkzeug.wrappers import Response

from badgeservice.extensions import db, services
from badgeservice.people import accounts
from badgeservice.people.models import Person

_PERSON, _EPOCH, _AFTER = "person", "epoch", "after"

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def enter(person: Person) -> None:
    """Begin a session for `person`. Nothing of the former session stays (session fixation)."""
    after = session.get(_AFTER)
    session.clear()
    session[_PERSON], session[_EPOCH] = person.id, person.session_epoch
    if after:
        session[_AFTER] = after
    g.person = person


def leave() -> None:
    """End every session of the person, here and elsewhere.

    Clearing the cookie ends it in this browser only: a copy, made on a machine that many use, would
    go on for a month. Whoever uses two devices signs in once more on the other.
    """
    if (leaving := person()) is not None:
        accounts.sign_out_everywhere(db.session, leaving, services().clock())
        db.session.commit()
    forget()


def forget() -> None:
    """End the session of this browser, whoever it was about."""
    session.clear()
    g.person = None


def person() -> Person | None:
    """Return who is signed in, None for a visitor or when the session has been ended elsewhere."""
    if "person" not in g:
        g.person = None
        if _PERSON in session:
            g.person = accounts.signed_in(db.session, session[_PERSON], session[_EPOCH])
    found: Person | None = g.person
    return found


def required() -> Person:
    """Return who is signed in. Only for views behind `only_signed_in`."""
    found = person()
    assert found is not None
    return found


def only_signed_in(
    view: Callable[Arguments, Answer],
) -> Callable[Arguments, Answer | Response]:
    """Return `view`, preceded by signing in for a visitor."""

    @functools.wraps(view)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer | Response:
        if person() is None:
            return redirect(url_for("sign_in.ask"), 303)
        return view(*args, **kwargs)

    return guarded


def remember_quiz(module_id: str, mode: str) -> None:
    """Note which quiz a visitor asked for, to open it once they are signed in.

    What is noted is a module and a mode, never an address: there is no open redirect to abuse.
    """
    session[_AFTER] = [module_id, mode]


def remembered_quiz() -> tuple[str, str] | None:
    """Return and forget the quiz that was asked for before signing in."""
    noted = session.pop(_AFTER, None)
    return (noted[0], noted[1]) if noted else None
