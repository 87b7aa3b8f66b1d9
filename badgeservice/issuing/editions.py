"""A newer edition of a badge: corrected at its holder's wish, or signed anew with another key.

The address, the QR code and the credential's id stay; `awardedDate` stays; `validFrom` is new. The
edition has a place of its own in a status list, and the bit of the one before is set, so that other
people's verifiers refuse the old file while ours says that it was replaced.

1. An intent reserves the place. Commit. 2. Build, sign and check, as for a first edition. 3. Mark
the edition before as superseded, destroy its bytes, publish its status list, append to the audit
chain, commit. Many badges take these steps together, so that each thing is done once for all: two
commits, one flush of the signer's log, one publication of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from badgeservice.awarding.models import Award
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.errors import (
    ConflictingChange,
    HolderErased,
    IssuingRefused,
)
from badgeservice.issuing import (
    build,
    endorsements,
    grounds,
    release,
    shelf,
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
from badgeservice.issuing.release import Draft, Wanted
from badgeservice.openbadges import Document, strict_json, v3
from badgeservice.storage import chain, locks
from badgeservice.storage.locks import Turn
from badgeservice.storage.vault import HolderKey
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


Build = Callable[[Badge, Document, Place], Newer]
"""Makes the newer edition of a badge from what stands there now and the place it will have."""

IN_FORCE = (BadgeState.ACTIVE, BadgeState.SUSPENDED)
"""The states in which a badge may get a newer edition."""


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

    Who may see its page is not part of an edition, and stays as it is when this ends: its holder may
    hide the badge while it is being signed. Of the choices, `visibility` is not read.

    Raises CredentialNotFound; IssuingRefused when the badge is over or what is asked cannot be
    signed; HolderErased when there is nothing left to build it from; ConflictingChange when it was
    being replaced by someone else.
    """

    def build_corrected(badge: Badge, former: Document, place: Place) -> Newer:
        return corrected(session, office, badge, former, choices, place, now=now)

    badge = states.get(session, public_id)
    _refuse_what_cannot_be_signed(session, office, badge, build_corrected, now=now)
    replace(
        session,
        office,
        {public_id: badge.edition},
        build_corrected,
        Reason.CORRECTED,
        with_ob2=choices.ob2,
        actor=actor,
        now=now,
    )
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
    unsigned |= {name: former[name] for name in ("awardedDate", "validUntil") if name in former}
    return Newer(unsigned, version, choices.language, choices.ob2)


def _refuse_what_cannot_be_signed(
    session: Session, office: Office, badge: Badge, build_newer: Build, *, now: datetime
) -> None:
    """Raise IssuingRefused, HolderErased or CredentialNotFound before anything is planned."""
    _refuse_what_is_over(badge, current(session, badge), now)
    if shelf.holder(session, badge) is None:
        raise HolderErased("the data of this holder has been erased")
    former = strict_json.loads(shelf.take(session, office.vault, badge, Format.JSON))
    somewhere = Place(badge.address, status_lists.address(office.base_url, 1), 0)
    if problems := v3.lint(build_newer(badge, former, somewhere).unsigned):
        raise IssuingRefused("; ".join(str(problem) for problem in problems))


def _refuse_what_is_over(badge: Badge, edition: Credential, now: datetime) -> None:
    if badge.state not in IN_FORCE:
        raise IssuingRefused(f"{badge.public_id} is {badge.state}, and is not signed anew")
    if edition.valid_until and edition.valid_until <= now:
        raise IssuingRefused(f"{badge.public_id} has expired, and is not signed anew")


def replace(
    session: Session,
    office: Office,
    present: Mapping[str, int],
    build_newer: Build,
    reason: Reason,
    *,
    with_ob2: bool | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Release what `build_newer` makes of each badge, and retire the editions before. Commits.

    `present` are the badges, by public id, with the edition of each that is to be replaced.
    `with_ob2` says whether they are to be badges of Open Badges 2.0 as well, None: as they are.
    Raises IssuingRefused or HolderErased for a badge that can have no newer edition, IssuingHalted,
    and ConflictingChange when one was being replaced by someone else. All are replaced or none.
    """
    _plan(session, office, present, with_ob2=with_ob2, now=now)
    session.commit()
    standing = _standing(session, present)
    drafts = [
        _draft(session, office, each, build_newer, with_ob2=with_ob2, now=now) for each in standing
    ]
    made = release.make(session, office, drafts, now=now)
    try:
        # The turn comes before the keys of the holders, here as everywhere.
        locks.serialise(session, Turn.STATUS_LISTS)
        # And these before the rows of the badges, as in an erasure, or both wait for each other.
        office.vault.hold(session, [each.kept.holder_id for each in standing])
        _refuse_what_changed(session, standing)
        _retire(session, standing, reason, now=now)
        release.store(session, office, made, now=now)
        published = _publish(session, office, standing, now=now)
    except IntegrityError:
        session.rollback()
        raise ConflictingChange(f"{', '.join(present)}: being replaced by someone else") from None
    events = [
        chain.Event(
            actor,
            "replace",
            each.draft.intent.public_id,
            {
                "edition": each.draft.intent.edition,
                "reason": str(reason),
                **each.digests,
                "status_lists": published,
            },
        )
        for each in made
    ]
    chain.extend(session, events, now=now)
    session.commit()


@dataclass(frozen=True)
class _Standing:
    """A badge that is to be replaced, with all that was loaded for it at once.

    `place` is where its present edition stands in the lists, `kept` its bytes as JSON, `key` what
    they are sealed under; `planned` is the next edition.
    """

    badge: Badge
    edition: Credential
    place: Intent
    kept: CredentialBytes
    key: HolderKey
    planned: Intent


def _plan(
    session: Session,
    office: Office,
    present: Mapping[str, int],
    *,
    with_ob2: bool | None,
    now: datetime,
) -> None:
    """Write down what will be signed. Raises as `replace` does."""
    rows = session.execute(
        select(Badge.public_id, Badge.award_id, Badge.edition, Credential.ob2_id)
        .join(
            Credential,
            (Credential.public_id == Badge.public_id) & (Credential.edition == Badge.edition),
        )
        .join(
            CredentialBytes,
            (CredentialBytes.public_id == Badge.public_id)
            & (CredentialBytes.edition == Badge.edition)
            & (CredentialBytes.format == Format.JSON),
        )
        .join(HolderKey, HolderKey.holder_id == CredentialBytes.holder_id)
        .where(Badge.public_id.in_(present))
        .order_by(Badge.public_id)
    ).all()
    if len(rows) < len(present):
        raise HolderErased("the data of this holder has been erased")
    for row in rows:
        _refuse_another_edition(row.public_id, row.edition, present)
    intents = release.plan(
        session,
        office,
        [Wanted(row.award_id, row.edition + 1, row.public_id) for row in rows],
        now=now,
    )
    for row, intent in zip(rows, intents, strict=True):
        if with_ob2 or (with_ob2 is None and row.ob2_id is not None):
            release.plan_ob2(session, office, intent)


def _refuse_another_edition(public_id: str, edition: int, present: Mapping[str, int]) -> None:
    if edition != present[public_id]:
        raise ConflictingChange(f"{public_id}: being replaced by someone else")


def _standing(session: Session, present: Mapping[str, int]) -> list[_Standing]:
    """Return badges with all that their next edition is made from. Raises as `replace` does."""
    place, planned = aliased(Intent), aliased(Intent)
    rows = session.execute(
        select(Badge, Credential, place, CredentialBytes, HolderKey, planned)
        .join(
            Credential,
            (Credential.public_id == Badge.public_id) & (Credential.edition == Badge.edition),
        )
        .join(place, (place.public_id == Badge.public_id) & (place.edition == Badge.edition))
        .join(
            CredentialBytes,
            (CredentialBytes.public_id == Badge.public_id)
            & (CredentialBytes.edition == Badge.edition)
            & (CredentialBytes.format == Format.JSON),
        )
        .join(HolderKey, HolderKey.holder_id == CredentialBytes.holder_id)
        .join(
            planned,
            (planned.public_id == Badge.public_id) & (planned.edition == Badge.edition + 1),
        )
        .where(Badge.public_id.in_(present))
        .order_by(Badge.public_id)
        .execution_options(populate_existing=True)
    ).all()
    standing = [_Standing(*row) for row in rows]
    for each in standing:
        _refuse_another_edition(each.badge.public_id, each.badge.edition, present)
    if len(standing) < len(present):  # one was withdrawn or erased, or is being replaced
        raise ConflictingChange(f"{', '.join(present)}: one of them was changed by someone else")
    return standing


def _draft(
    session: Session,
    office: Office,
    standing: _Standing,
    build_newer: Build,
    *,
    with_ob2: bool | None,
    now: datetime,
) -> Draft:
    badge, intent = standing.badge, standing.planned
    _refuse_what_is_over(badge, standing.edition, now)
    former = strict_json.loads(shelf.unsealed(session, office.vault, standing.kept))
    newer = build_newer(badge, former, release.place(office, intent))
    return Draft(
        badge, intent, newer.unsigned, newer.version, newer.language, standing.kept.holder_id,
        newer.ob2,
    )  # fmt: skip


def _refuse_what_changed(session: Session, standing: Sequence[_Standing]) -> None:
    """Raise ConflictingChange if a badge was revoked, withdrawn or replaced while it was signed.

    From here on none can be: whoever does so waits for the turn that we have.
    """
    unchanged = session.execute(
        select(Badge.public_id, Badge.edition).where(
            Badge.public_id.in_([each.badge.public_id for each in standing]),
            Badge.state.in_(IN_FORCE),
        )
    )
    former = {(each.edition.public_id, each.edition.edition) for each in standing}
    if changed := former - {tuple(row) for row in unchanged}:
        names = ", ".join(sorted(public_id for public_id, _ in changed))
        raise ConflictingChange(f"{names}: being changed by someone else")


def _retire(
    session: Session, replaced: Sequence[_Standing], reason: Reason, *, now: datetime
) -> None:
    """Mark editions as superseded, and forget their bytes."""
    for each in replaced:
        each.edition.superseded_at, each.edition.superseded_reason = now, reason
    session.execute(
        delete(CredentialBytes)
        .where(CredentialBytes.public_id.in_([each.badge.public_id for each in replaced]))
        .execution_options(synchronize_session=False)
    )


def _publish(
    session: Session, office: Office, replaced: Sequence[_Standing], *, now: datetime
) -> dict[str, int]:
    """Publish the bits that say that editions were replaced, each list once.

    Returns the new version of each list that was published, by its number.
    """
    ended: dict[int, list[int]] = {}
    for each in replaced:
        ended.setdefault(each.place.status_list, []).append(each.place.status_index)
    return {
        str(number): status_lists.publish(session, office, number, ended=indices, now=now)
        for number, indices in sorted(ended.items())
    }
