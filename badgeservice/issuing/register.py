"""The register as verification sees it: what we released, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice.issuing import ob2, status_lists
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    Credential,
    Format,
    GivenEndorsement,
    ReleasedForm,
    StatusList,
)
from badgeservice.issuing.office import Office
from badgeservice.openbadges import strict_json
from badgeservice.verification.register import (
    Edition,
    RegisterEntry,
    RegisterState,
    content_digest,
)

_STATES = {
    BadgeState.ACTIVE: RegisterState.ACTIVE,
    BadgeState.SUSPENDED: RegisterState.SUSPENDED,
    BadgeState.REVOKED: RegisterState.REVOKED,
    BadgeState.WITHDRAWN: RegisterState.WITHDRAWN,
}


def entry_of(badge: Badge, editions: Iterable[Edition]) -> RegisterEntry:
    """Return what the register says of one badge."""
    return RegisterEntry(
        credential_id=badge.address,
        state=_STATES[BadgeState(badge.state)],
        editions=tuple(editions),
        since=badge.state_since,
        reason=badge.state_reason,
    )


@dataclass(frozen=True)
class Remembered:
    """What we can still say of a badge whose holder was erased; nothing of it is about a person.

    `method` is the address of the key that signed the edition that stood last.
    """

    address: str
    class_slug: str
    class_version: int
    language: str
    state: BadgeState
    awarded_at: datetime
    issued_at: datetime
    valid_until: datetime | None
    method: str
    holder_erased_at: datetime


def remembered(session: Session, badge: Badge) -> Remembered | None:
    """Return what is left to say of a badge, None while its holder is with us."""
    if badge.holder_erased_at is None:
        return None
    edition = session.get_one(Credential, (badge.public_id, badge.edition))
    form = session.get_one(ReleasedForm, (badge.public_id, badge.edition, Format.JSON))
    return Remembered(
        address=badge.address,
        class_slug=badge.class_slug,
        class_version=edition.class_version,
        language=edition.language,
        state=BadgeState(badge.state),
        awarded_at=badge.awarded_at,
        issued_at=edition.issued_at,
        valid_until=edition.valid_until,
        method=str(form.method),
        holder_erased_at=badge.holder_erased_at,
    )


class DatabaseRegister:
    """The register of this installation (verification.register.Register)."""

    def __init__(self, session: Session, office: Office) -> None:
        self._session, self._office = session, office

    def owns(self, issuer_id: str) -> bool:
        """Tell whether `issuer_id` is an issuer or an address of this installation."""
        return self._office.answers_to(issuer_id)

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return the entry of a badge or an endorsement, None when we never released it.

        The id of an assertion of Open Badges 2.0 names one edition, and finds that one only.
        """
        if ob2_id := ob2.ob2_id_of(self._office.base_url, credential_id):
            return self._assertion(ob2_id)
        if "\0" in credential_id:  # PostgreSQL cannot be asked, and nothing of ours is called that
            return None
        badge = self._session.scalar(select(Badge).where(Badge.address == credential_id))
        if badge is None:
            return self._endorsement(credential_id)
        return entry_of(badge, self._editions(badge.public_id))

    def published(self, status_list: str) -> datetime | None:
        """Return when a status list of ours was last published, None for any other address."""
        number = status_lists.number_of(self._office.base_url, status_list)
        row = self._session.get(StatusList, number) if number is not None else None
        return row.published_at if row else None

    def _assertion(self, ob2_id: str) -> RegisterEntry | None:
        found = select(Credential).where(Credential.ob2_id == ob2_id)
        credential = self._session.scalar(found)
        if credential is None:
            return None
        badge = self._session.get_one(Badge, credential.public_id)
        return entry_of(badge, self._editions(badge.public_id, credential.edition))

    def _endorsement(self, address: str) -> RegisterEntry | None:
        given = self._session.scalar(
            select(GivenEndorsement).where(GivenEndorsement.address == address)
        )
        if given is None or given.content is None:
            return None
        over = given.withdrawn_at is not None
        return RegisterEntry(
            credential_id=given.address,
            state=RegisterState.REVOKED if over else RegisterState.ACTIVE,
            editions=(
                Edition(content_digest(strict_json.load_object(given.content)), frozenset()),
            ),
            since=given.withdrawn_at or given.given_at,
        )

    def _editions(self, public_id: str, number: int | None = None) -> Iterable[Edition]:
        """Yield the editions of a badge, or the one with this number."""
        digests: dict[int, set[str]] = {}
        forms = select(ReleasedForm).where(ReleasedForm.public_id == public_id)
        for form in self._session.scalars(forms):
            digests.setdefault(form.edition, set()).add(form.digest)
        rows = select(Credential).where(Credential.public_id == public_id)
        if number is not None:
            rows = rows.where(Credential.edition == number)
        for row in self._session.scalars(rows.order_by(Credential.edition)):
            yield Edition(
                content_digest=row.content_digest,
                digests=frozenset(digests.get(row.edition, ())),
                superseded_at=row.superseded_at,
            )


class ForthcomingRegister:
    """The register as it will be when an edition that is about to be released is written down.

    The self-check before release asks what anyone will ask afterwards. Whether the badge is
    suspended at that moment is no fault of what is being signed.
    """

    def __init__(self, office: Office, ids: Collection[str], edition: Edition) -> None:
        """`ids` are all under which the edition will be known, that of the badge first."""
        self._office, self._ids = office, ids
        self._entry = RegisterEntry(next(iter(ids)), RegisterState.ACTIVE, (edition,))

    def owns(self, issuer_id: str) -> bool:
        """Tell whether `issuer_id` is our issuer, or an address of ours."""
        return self._office.answers_to(issuer_id)

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return the forthcoming entry for its own ids, None for any other."""
        return self._entry if credential_id in self._ids else None

    def published(self, status_list: str) -> datetime | None:
        """Return None: what was published is not in question before release."""
        return None
