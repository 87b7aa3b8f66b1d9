"""What the audit chain knows of the keys, and where the registry of keys says something else.

The registry is a file beside the private keys. Whoever can write there could add a key, take one
out, or move a date; the chain, which nobody can change without being seen, tells what was done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice.issuing.issuer import Issuer
from badgeservice.issuing.key_registry import RegisteredKey
from badgeservice.issuing.keyring import Keyring
from badgeservice.openbadges import timestamps
from badgeservice.storage import chain
from badgeservice.storage.chain import AuditEvent

ACTION = "key"


def tell(
    session: Session, issuer: Issuer, keyring: Keyring, *, actor: str, now: datetime
) -> list[str]:
    """Append what the chain does not know yet of any key; return the kids, in order.

    The last event of a key is all that is known of it. The caller commits.
    """
    known = _known(session)
    told = []
    for kid, entry in keyring.entries.items():
        subject, facts = issuer.method(kid), _facts(entry)
        if known.get(subject) != facts:
            chain.append(
                session, actor=actor, action=ACTION, subject=subject, details=facts, now=now
            )
            told.append(kid)
    return told


def differences(session: Session, issuer: Issuer, keyring: Keyring) -> Iterator[tuple[str, str]]:
    """Yield each key of which registry and chain do not say the same, with what is wrong."""
    known = _known(session)
    for kid, entry in keyring.entries.items():
        facts, told = _facts(entry), known.pop(issuer.method(kid), None)
        if told is None:
            yield kid, "in the registry, and not in the chain; nobody here made it"
            continue
        for name in facts:
            if told.get(name) != facts[name]:
                yield kid, f"{name}: {facts[name]} in the registry, {told.get(name)} in the chain"
    for subject in known:
        yield subject, "in the chain, and no longer in the registry; restore the registry"


def _known(session: Session) -> dict[str, dict[str, Any]]:
    events = select(AuditEvent.subject, AuditEvent.details).where(AuditEvent.action == ACTION)
    rows = session.execute(events.order_by(AuditEvent.sequence)).all()
    return {row.subject: row.details for row in rows}


def _facts(entry: RegisteredKey) -> dict[str, str | None]:
    def instant(moment: datetime | None) -> str | None:
        return None if moment is None else timestamps.write(moment)

    return {
        "public_key": hashlib.sha256(entry.public_key.to_pem().encode()).hexdigest(),
        "created": instant(entry.created),
        "retired": instant(entry.retired),
        "compromised": instant(entry.compromised),
        "reported": instant(entry.reported),
    }
