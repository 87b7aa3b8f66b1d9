"""Who asks: the key in the header of a request, and nowhere else.

A key in an address stays in logs, histories and proxies: it is revoked as soon as it is seen there.
"""

from __future__ import annotations

from urllib.parse import unquote_plus

from flask import Flask, Request, request

from badgeservice.errors import ApiKeyForbids, ApiKeyRefused, RequestUnreadable
from badgeservice.extensions import db, services
from badgeservice.people import api_keys
from badgeservice.people.api_keys import Action, Revoked
from badgeservice.people.models import ApiKey
from badgeservice.storage import chain
from badgeservice.web import limits
from badgeservice.web.limits import Budget

SCHEME = "partnerKey"
"""The name under which the OpenAPI document describes keys."""

_SERVICE = "service"


def init_app(app: Flask) -> None:
    """Look for keys in every address, whoever is asked there."""
    app.before_request(_refuse_keys_in_addresses)


def require(asking: Request, action: Action) -> ApiKey:
    """Return the key that a request shows and that may do `action`.

    Each refused one is counted for the visitor. Raises ApiKeyRefused (401) without an active key,
    ApiKeyForbids (403) for one that is not for this.
    """
    scheme, _, text = asking.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise ApiKeyRefused("no key in the header Authorization")
        key = api_keys.authenticate(db.session, text.strip(), now := services().clock())
    except ApiKeyRefused:
        limits.spend(Budget.REFUSED_KEY)
        raise
    if action not in key.actions:
        raise ApiKeyForbids(f"this key is not for {action}")
    if key.last_used_on != now.date():
        api_keys.note_use(db.session, key, now)
        db.session.commit()
    return key


def _refuse_keys_in_addresses() -> None:
    """Revoke every key of ours that stands in the address of this request, and refuse it."""
    address = unquote_plus(f"{request.path}?{request.query_string.decode('latin-1')}")
    if api_keys.PREFIX not in address:
        return
    now = services().clock()
    for key in api_keys.found_in(db.session, address):
        if key.revoked_at is None:
            api_keys.revoke(db.session, key, reason=Revoked.IN_ADDRESS, now=now)
            chain.append(
                db.session,
                actor=_SERVICE,
                action="revoke-api-key",
                subject=key.id,
                details={"reason": str(Revoked.IN_ADDRESS)},
                now=now,
            )
            db.session.commit()
    raise RequestUnreadable(
        "An API key stands in the address, where logs keep it: it is revoked. Send the next one in "
        "the header Authorization.",
        code="api_key_in_address",
    )
