"""Signing in by mail: a link, and a code for those who read the mail on another device.

Neither is kept, only digests. Both serve once, for a short while, and using one closes the other.
Known and unknown addresses take the same walk and get the same answer, so that nobody learns here
who has an account. Opening the link changes nothing: mail scanners open links. The page behind it
asks for a tap, and that POST calls `redeem_token`.

These functions end their own transactions. A try that is spent must stay spent when the caller
rolls back, and no transaction may stay open while a mail server thinks.

Sources: OWASP Forgot Password Cheat Sheet; NIST SP 800-63B §3.1.3.2 (out-of-band secrets).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from badgeservice import typed_codes
from badgeservice.errors import (
    ConflictingChange,
    InvalidEmail,
    MailNotSent,
    SignInRefused,
    TooManySignInRequests,
)
from badgeservice.mail import Mailer
from badgeservice.people import accounts, email_address, letters
from badgeservice.people.models import Organisation, Person, PersonState, SignInRequest
from badgeservice.storage.vault import Vault

LIFETIME = timedelta(minutes=20)
MAX_TRIES = 5
MAX_REQUESTS = 5
REQUESTS_WINDOW = timedelta(hours=1)
# Ten characters are 50 bits, against 5 tries a request and 5 requests an hour.
CODE_LENGTH = 10
_TOKEN_BYTES = 32


def request(
    session: Session,
    vault: Vault,
    mailer: Mailer,
    *,
    email: str,
    language: str,
    controller: Organisation,
    link: Callable[[str], str],
    now: datetime,
) -> None:
    """Send a link and a code to `email`, with or without an account there.

    `link` makes the address of the confirmation page from a token. An unknown address becomes an
    unconfirmed person of `controller`, whom `retention.purge_unconfirmed` removes again.
    Raises InvalidEmail; TooManySignInRequests beyond MAX_REQUESTS in REQUESTS_WINDOW; MailNotSent,
    and then the request does not count.
    """
    person = _person(session, vault, email=email, language=language, controller=controller, now=now)
    token, code = secrets.token_urlsafe(_TOKEN_BYTES), typed_codes.draw(CODE_LENGTH)
    request_id = f"sir_{secrets.token_hex(16)}"
    # First the row, which takes SQLite's write lock (or that of the person, in PostgreSQL), then
    # the count: two requests at once cannot both be the last one allowed.
    session.refresh(person, with_for_update=True)
    session.add(
        SignInRequest(
            id=request_id,
            person_id=person.id,
            token_digest=_token_digest(token),
            code_digest=_code_digest(vault, request_id, code),
            created_at=now,
            expires_at=now + LIFETIME,
            used_at=None,
            attempts=0,
        )
    )
    session.flush()
    recent = session.scalars(
        select(func.count())
        .select_from(SignInRequest)
        .where(
            SignInRequest.person_id == person.id,
            SignInRequest.created_at > now - REQUESTS_WINDOW,
        )
    ).one()
    if recent > MAX_REQUESTS:
        session.rollback()
        raise TooManySignInRequests("this address has had enough links for an hour")
    letter = letters.sign_in(
        to=accounts.email_of(session, vault, person),
        language=language,
        service=controller.name,
        link=link(token),
        code=typed_codes.spaced(code),
        minutes=LIFETIME // timedelta(minutes=1),
        now=now,
    )
    session.commit()
    try:
        mailer.send(letter)
    except MailNotSent:
        session.delete(session.get_one(SignInRequest, request_id))
        session.commit()
        raise


def redeem_token(session: Session, token: str, now: datetime) -> Person:
    """Return the person whose link holds `token`, and close it. Raises SignInRefused."""
    request_id = session.scalar(
        select(SignInRequest.id).where(SignInRequest.token_digest == _token_digest(token))
    )
    if request_id is None:
        raise SignInRefused("no open request has this token")
    return _use(session, request_id, now)


def redeem_code(session: Session, vault: Vault, *, email: str, code: str, now: datetime) -> Person:
    """Return the person with this address who was sent this code, and close it.

    Small letters, spaces, hyphens and look-alikes (O, I, L) are read as they were meant. A wrong
    code costs a try of each open request. Raises SignInRefused, whatever the reason.
    """
    try:
        person = accounts.find(session, vault, email_address.parse(email))
    except InvalidEmail:
        person = None
    if person is None:
        raise SignInRefused("no open request has this code")
    # The try is spent before the code is looked at, in one statement and for good: guesses made at
    # the same time cannot share one.
    open_requests = session.execute(
        update(SignInRequest)
        .where(
            SignInRequest.person_id == person.id,
            SignInRequest.used_at.is_(None),
            SignInRequest.expires_at > now,
            SignInRequest.attempts < MAX_TRIES,
        )
        .values(attempts=SignInRequest.attempts + 1)
        .returning(SignInRequest.id, SignInRequest.code_digest)
        .execution_options(synchronize_session=False)
    ).all()
    session.commit()
    typed = typed_codes.as_meant(code)
    for request_id, digest in open_requests:
        if hmac.compare_digest(digest, _code_digest(vault, request_id, typed)):
            return _use(session, request_id, now)
    raise SignInRefused("no open request has this code")


def _person(
    session: Session,
    vault: Vault,
    *,
    email: str,
    language: str,
    controller: Organisation,
    now: datetime,
) -> Person:
    def find_or_create() -> Person:
        return accounts.find_or_create(
            session,
            vault,
            email=email,
            language=language,
            controller=controller,
            now=now,
            state=PersonState.UNCONFIRMED,
        )

    try:
        return find_or_create()
    except ConflictingChange:
        # A double tap on the button: the other one made the person, and this one finds them.
        session.rollback()
        return find_or_create()


def _use(session: Session, request_id: str, now: datetime) -> Person:
    """Close an open request and return its person; of two who try, one succeeds."""
    person_id = session.scalar(
        update(SignInRequest)
        .where(
            SignInRequest.id == request_id,
            SignInRequest.used_at.is_(None),
            SignInRequest.expires_at > now,
        )
        .values(used_at=now)
        .returning(SignInRequest.person_id)
        .execution_options(synchronize_session=False)
    )
    if person_id is None:
        session.rollback()
        raise SignInRefused("this request is used or too old")
    person = session.get_one(Person, person_id)
    person.state = PersonState.CONFIRMED
    session.commit()
    return person


def _token_digest(token: str) -> bytes:
    """Return the digest kept of a token. 256 random bits need neither salt nor key."""
    return hashlib.sha256(token.encode("ascii", "replace")).digest()


def _code_digest(vault: Vault, request_id: str, code: str) -> bytes:
    """Return the keyed digest kept of a code: a stolen database cannot be searched for it."""
    return vault.blind_index("sign_in_request.code", f"{request_id}:{code}")
