"""After the theft of a key: every badge in force that it signed is signed anew, group by group.

A group is two commits (`editions.replace`), so that this can be stopped at any moment and run
again: what was done is not done twice, and what was planned is taken up. Several may work at once,
each on groups of its own; where they meet on a badge, one of them replaces it and the other sees
that it was replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.errors import BadgeserviceError, IssuingHalted, IssuingRefused
from badgeservice.issuing import editions
from badgeservice.issuing.build import Place
from badgeservice.issuing.editions import IN_FORCE, Newer, Reason
from badgeservice.issuing.models import Badge, Credential, ReleasedForm
from badgeservice.issuing.office import Office
from badgeservice.openbadges import Document, timestamps, v3

GROUP = 100
"""Badges that are signed anew in one transaction: few enough to be done again after a crash, and
to be held in memory with their images (8 MB)."""


@dataclass(frozen=True)
class Reissued:
    """A badge that was signed anew, or `problem`: why it could not be."""

    public_id: str
    problem: str = ""


def reissue(
    session: Session,
    office: Office,
    *,
    method: str,
    actor: str,
    clock: Callable[[], datetime],
    group: int = GROUP,
) -> Iterator[list[Reissued]]:
    """Sign anew every badge in force that the key at `method` signed; yield each group when done.

    What cannot be signed anew is named with its problem, and keeps nobody else waiting. Badges that
    have expired are left as they are. Raises IssuingRefused while the signer still uses the key, and
    IssuingHalted.
    """
    for public_ids in groups(session, office, method, now=clock(), group=group):
        yield reissue_group(session, office, public_ids, method=method, actor=actor, now=clock())


def refuse_unless_over(office: Office, method: str) -> None:
    """Raise IssuingRefused while the signer uses the key: it would sign the new editions too."""
    if method in office.signer.methods:
        raise IssuingRefused(f"{method} still signs; rotate it first")


def count(session: Session, method: str, *, now: datetime) -> int:
    """Return how many badges in force the key at `method` signed."""
    return session.scalar(select(func.count()).select_from(_signed_by(method, now).subquery())) or 0


def groups(
    session: Session, office: Office, method: str, *, now: datetime, group: int = GROUP
) -> Iterator[list[str]]:
    """Yield the public ids of what the key at `method` signed, so many at a time, each once. Commits.

    Raises IssuingRefused while the signer still uses the key.
    """
    refuse_unless_over(office, method)
    last = ""
    while True:
        page = _signed_by(method, now).where(Badge.public_id > last).limit(group)
        public_ids = list(session.scalars(page))
        session.commit()  # whoever works on the group begins a transaction of their own
        if not public_ids:
            return
        last = public_ids[-1]
        yield public_ids


def reissue_group(
    session: Session,
    office: Office,
    public_ids: Sequence[str],
    *,
    method: str,
    actor: str,
    now: datetime,
) -> list[Reissued]:
    """Sign badges anew together; where one of them stands in the way, one by one.

    Those that the key no longer signs are done: somebody else was quicker.
    """
    still = _signed_by(method, now).where(Badge.public_id.in_(public_ids))
    rows = session.execute(still.add_columns(Badge.edition))
    present = {row.public_id: row.edition for row in rows}
    problem = ""
    try:
        if present:
            _sign_anew(session, office, present, actor=actor, now=now)
    except IssuingHalted:  # nothing is wrong with any of them
        session.rollback()
        raise
    except BadgeserviceError as error:
        session.rollback()
        problem = error.message
    if not problem:
        return [Reissued(public_id) for public_id in public_ids]
    if len(public_ids) > 1:
        return [
            done
            for public_id in public_ids
            for done in reissue_group(
                session, office, [public_id], method=method, actor=actor, now=now
            )
        ]
    is_done = session.scalar(still) is None
    return [Reissued(public_ids[0], "" if is_done else problem)]


def _signed_by(method: str, now: datetime) -> Select[str]:
    """Select the public ids of the badges in force whose present edition a key signed, in order."""
    signed = select(ReleasedForm.format).where(
        ReleasedForm.public_id == Badge.public_id,
        ReleasedForm.edition == Badge.edition,
        ReleasedForm.method == method,
    )
    return (
        select(Badge.public_id)
        .join(
            Credential,
            (Credential.public_id == Badge.public_id) & (Credential.edition == Badge.edition),
        )
        .where(
            signed.exists(),
            Badge.state.in_(IN_FORCE),
            or_(Credential.valid_until.is_(None), Credential.valid_until > now),
        )
        .order_by(Badge.public_id)
    )


def _sign_anew(
    session: Session, office: Office, present: Mapping[str, int], *, actor: str, now: datetime
) -> None:
    """Replace badges by editions that say the same, signed with the keys of today."""

    def build_again(badge: Badge, former: Document, place: Place) -> Newer:
        edition = editions.current(session, badge)
        unsigned = {key: value for key, value in former.items() if key != "proof"}
        unsigned |= {
            "validFrom": timestamps.write(now),
            "credentialStatus": v3.status_entry(place.status_list, place.status_index),
        }
        version = session.get_one(BadgeClassVersion, (badge.class_slug, edition.class_version))
        return Newer(unsigned, version, edition.language, edition.ob2_id is not None)

    editions.replace(
        session, office, present, build_again, Reason.KEY_COMPROMISED, actor=actor, now=now
    )
