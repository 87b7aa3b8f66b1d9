"""A newer edition of a badge: corrected at its holder's wish, or signed anew with another key.

The address, the QR code and the credential's id stay; `awardedDate` stays; `validFrom` is new. The
edition has a place of its own in a status list, and the bit of the one before is set, so that other
people's verifiers refuse the old file while ours says that it was replaced.

1. An intent reserves the place. Commit. 2. Build, sign and check, as for a first edition. 3. Mark
the edition before as superseded, destroy its bytes, publish its status list, append to the audit
chain, commit. Many badges take these steps together, so that a list is published once for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.awarding.models import Award
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.errors import (
    BadgeserviceError,
    ConflictingChange,
    HolderErased,
    IssuingHalted,
    IssuingRefused,
)
from badgeservice.issuing import (
    build,
    endorsements,
    grounds,
    release,
    shelf,
    short_codes,
    states,
    status_lists,
)
from badgeservice.issuing.build import Choices, Place
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    Credential,
    CredentialBytes,
    Format,
    Intent,
    ReleasedForm,
)
from badgeservice.issuing.office import Office
from badgeservice.openbadges import Document, strict_json, timestamps, v3
from badgeservice.storage import chain, locks
from badgeservice.storage.locks import Turn
from badgeservice.verification.words import Language


class Reason(StrEnum):
    """Why a newer edition took the place of one."""

    CORRECTED = "corrected"
    KEY_COMPROMISED = "key_compromised"


@dataclass(frozen=True)
class Newer:
    """What a newer edition says: its document without proof, its class version and language.

    `ob2` tells whether it is a badge of Open Badges 2.0 as well.
    """

    unsigned: Document
    version: BadgeClassVersion
    language: str
    ob2: bool


_Build = Callable[[Badge, Document, Place], Newer]
"""Makes the newer edition of a badge from what stands there now and the place it will have."""

_IN_FORCE = (BadgeState.ACTIVE, BadgeState.SUSPENDED)

BATCH = 50
"""Badges that are signed anew in one transaction: few enough to be done again after a crash."""


def current(session: Session, badge: Badge) -> Credential:
    """Return the edition that stands at the address of a badge."""
    return session.get_one(Credential, (badge.public_id, badge.edition))


def language(session: Session, badge: Badge) -> Language:
    """Return the language in which the present edition is written."""
    return "en" if current(session, badge).language == "en" else "fr"


def has_ob2(session: Session, badge: Badge) -> bool:
    """Tell whether the present edition is a badge of Open Badges 2.0 as well."""
    return current(session, badge).ob2_id is not None


def method(session: Session, badge: Badge) -> str:
    """Return the address of the key that signed the present edition."""
    form = session.get_one(ReleasedForm, (badge.public_id, badge.edition, Format.JSON))
    return str(form.method)


def correct(
    session: Session,
    office: Office,
    public_id: str,
    *,
    choices: Choices,
    actor: str,
    now: datetime,
) -> Badge:
    """Replace a badge by an edition with other choices of its holder, and return it.

    Raises CredentialNotFound; IssuingRefused when the badge is over or what is asked cannot be
    signed; HolderErased when there is nothing left to build it from; ConflictingChange when it was
    being replaced by someone else.
    """

    def build_corrected(badge: Badge, former: Document, place: Place) -> Newer:
        return corrected(session, office, badge, former, choices, place, now=now)

    badge = states.get(session, public_id)
    _replace(session, office, [badge], build_corrected, Reason.CORRECTED, actor=actor, now=now)
    badge.visibility = choices.visibility
    short_codes.give(session, badge)
    session.commit()
    return badge


def corrected(
    session: Session,
    office: Office,
    badge: Badge,
    former: Document,
    choices: Choices,
    place: Place,
    *,
    now: datetime,
) -> Newer:
    """Return what a correction of `former` with other choices says; nothing is stored.

    Raises HolderErased when there is nothing left to build it from.
    """
    award = session.get(Award, badge.award_id)
    if award is None:
        raise HolderErased("the data of this holder has been erased")
    version = grounds.class_version(session, award)
    unsigned = build.credential(
        office,
        version,
        grounds.of_award(session, office.vault, award, language=choices.language),
        choices,
        place,
        subject_id=former["credentialSubject"]["id"],
        endorsements=endorsements.standing(
            session, office, version, language=choices.language, now=now
        ),
        now=now,
    )
    # Whatever is decided about a badge's time later, a correction does not change it.
    unsigned.pop("validUntil", None)
    unsigned |= {name: former[name] for name in ("validUntil",) if name in former}
    return Newer(unsigned, version, choices.language, choices.ob2)


@dataclass(frozen=True)
class Resigned:
    """A badge that was signed anew, or `problem`: why it could not be."""

    public_id: str
    problem: str = ""


def supersede(
    session: Session,
    office: Office,
    *,
    method: str,
    actor: str,
    clock: Callable[[], datetime],
    batch: int = BATCH,
) -> Iterator[Resigned]:
    """Sign anew every badge in force that the key at `method` signed; yield each as it is done.

    A batch is a commit, so it can be stopped and run again: what was done is not done twice. What
    cannot be signed anew is yielded with its problem, and keeps nobody else waiting. Badges that
    have expired are left as they are. Raises IssuingRefused while the signer still uses the key;
    IssuingHalted.
    """
    if method in office.signer.methods:
        raise IssuingRefused(f"{method} still signs; rotate it first")
    waiting = list(session.scalars(_signed_by(method, clock())))
    while waiting:
        some, waiting = waiting[:batch], waiting[batch:]
        try:
            _sign_anew(session, office, some, actor=actor, now=clock())
        except IssuingHalted:  # nothing is wrong with any of them
            session.rollback()
            raise
        except BadgeserviceError as error:
            session.rollback()
            if len(some) == 1:
                yield Resigned(some[0], error.message)
            else:  # find out which of them it is
                for one in some:
                    yield from _one_by_one(session, office, one, actor=actor, now=clock())
        else:
            yield from map(Resigned, some)


def count_signed_by(session: Session, method: str, now: datetime) -> int:
    """Return how many badges in force the key at `method` signed."""
    return session.scalar(select(func.count()).select_from(_signed_by(method, now).subquery())) or 0


def _signed_by(method: str, now: datetime) -> Select[str]:
    return (
        select(Badge.public_id)
        .join(
            Credential,
            (Credential.public_id == Badge.public_id) & (Credential.edition == Badge.edition),
        )
        .join(
            ReleasedForm,
            (ReleasedForm.public_id == Badge.public_id) & (ReleasedForm.edition == Badge.edition),
        )
        .where(
            ReleasedForm.method == method,
            Badge.state.in_(_IN_FORCE),
            or_(Credential.valid_until.is_(None), Credential.valid_until > now),
        )
        .distinct()
        .order_by(Badge.public_id)
    )


def _one_by_one(
    session: Session, office: Office, public_id: str, *, actor: str, now: datetime
) -> Iterator[Resigned]:
    try:
        _sign_anew(session, office, [public_id], actor=actor, now=now)
    except BadgeserviceError as error:
        session.rollback()
        yield Resigned(public_id, error.message)
    else:
        yield Resigned(public_id)


def _sign_anew(
    session: Session, office: Office, public_ids: Sequence[str], *, actor: str, now: datetime
) -> None:
    """Replace badges by editions that say the same, signed with the keys of today."""

    def build_again(badge: Badge, former: Document, place: Place) -> Newer:
        edition = current(session, badge)
        unsigned = {key: value for key, value in former.items() if key != "proof"}
        unsigned |= {
            "validFrom": timestamps.write(now),
            "credentialStatus": v3.status_entry(place.status_list, place.status_index),
        }
        version = session.get_one(BadgeClassVersion, (badge.class_slug, edition.class_version))
        return Newer(unsigned, version, edition.language, edition.ob2_id is not None)

    badges = [states.get(session, public_id) for public_id in public_ids]
    _replace(session, office, badges, build_again, Reason.KEY_COMPROMISED, actor=actor, now=now)


def _replace(
    session: Session,
    office: Office,
    badges: Sequence[Badge],
    build_newer: _Build,
    reason: Reason,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Release what `build_newer` makes of each badge, and retire the editions before. Commits."""
    planned = [_plan(session, office, badge, build_newer, now=now) for badge in badges]
    session.commit()
    events = []
    try:
        replaced = [current(session, badge) for badge in badges]
        for badge, (intent, holder_id, newer) in zip(badges, planned, strict=True):
            _, made = release.release(
                session,
                office,
                badge=badge,
                intent=intent,
                unsigned=newer.unsigned,
                version=newer.version,
                language=newer.language,
                holder_id=holder_id,
                with_ob2=newer.ob2,
                now=now,
            )
            digests = {str(form.format): form.digest for form in made}
            events.append({"edition": intent.edition, "reason": str(reason), **digests})
        published = _retire(session, office, replaced, reason, now=now)
    except IntegrityError:
        session.rollback()
        names = ", ".join(badge.public_id for badge in badges)
        raise ConflictingChange(f"{names}: being replaced by someone else") from None
    for badge, details in zip(badges, events, strict=True):
        chain.append(
            session,
            actor=actor,
            action="replace",
            subject=badge.public_id,
            details=details | {"status_lists": published},
            now=now,
        )
    session.commit()


def _plan(
    session: Session, office: Office, badge: Badge, build_newer: _Build, *, now: datetime
) -> tuple[Intent, str, Newer]:
    """Return the intent, the holder and the content of the next edition, or refuse it."""
    edition = current(session, badge)
    if badge.state not in _IN_FORCE:
        raise IssuingRefused(f"{badge.public_id} is {badge.state}, and is not signed anew")
    if edition.valid_until and edition.valid_until <= now:
        raise IssuingRefused(f"{badge.public_id} has expired, and is not signed anew")
    holder_id = shelf.holder(session, badge)
    if holder_id is None:
        raise HolderErased("the data of this holder has been erased")
    former = strict_json.loads(shelf.take(session, office.vault, badge, Format.JSON))
    intent = release.plan(
        session,
        office,
        award_id=badge.award_id,
        edition=edition.edition + 1,
        public_id=badge.public_id,
        now=now,
    )
    newer = build_newer(badge, former, release.place(office, intent))
    if newer.ob2:
        release.plan_ob2(session, office, intent)
    if problems := v3.lint(newer.unsigned):
        raise IssuingRefused("; ".join(str(problem) for problem in problems))
    return intent, holder_id, newer


def _retire(
    session: Session,
    office: Office,
    replaced: Sequence[Credential],
    reason: Reason,
    *,
    now: datetime,
) -> dict[str, int]:
    """Mark editions as superseded, forget their bytes, and publish the bits that say so.

    Returns the new version of each list that was published, by its number.
    """
    locks.serialise(session, Turn.STATUS_LISTS)
    ended: dict[int, list[int]] = {}
    for edition in replaced:
        edition.superseded_at, edition.superseded_reason = now, reason
        session.execute(
            delete(CredentialBytes).where(
                CredentialBytes.public_id == edition.public_id,
                CredentialBytes.edition == edition.edition,
            )
        )
        intent = session.get_one(Intent, (edition.public_id, edition.edition))
        ended.setdefault(intent.status_list, []).append(intent.status_index)
    return {
        str(number): status_lists.publish(session, office, number, ended=indices, now=now)
        for number, indices in sorted(ended.items())
    }
