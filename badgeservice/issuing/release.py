"""From intents to released editions: planned, made, written down, one or many at a time.

The steps are the same for a first edition and for one that replaces another; nothing is
acknowledged before the caller's commit, and every step can be taken again.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from badgeservice.catalogue import drawing
from badgeservice.catalogue.models import Artwork, BadgeClassVersion
from badgeservice.issuing import build, forms, halting, ob2, shelf, status_lists
from badgeservice.issuing.build import Place
from badgeservice.issuing.forms import Form, Pictures
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.models import (
    Badge,
    Credential,
    Intent,
    IntentState,
    ReleasedForm,
)
from badgeservice.issuing.ob2 import Assertions
from badgeservice.issuing.office import Office
from badgeservice.openbadges import Document, multibase, timestamps
from badgeservice.openbadges.bakery import svg
from badgeservice.people import accounts
from badgeservice.people.models import Person
from badgeservice.storage import locks
from badgeservice.storage.locks import Turn

_PUBLIC_ID_BYTES = 16


@dataclass(frozen=True)
class Wanted:
    """An edition that is to be planned. `public_id` is that of its badge, None to draw a new one."""

    award_id: str
    edition: int
    public_id: str | None = None


def plan(
    session: Session, office: Office, wanted: Sequence[Wanted], *, now: datetime
) -> list[Intent]:
    """Write down what will be signed, unless a former attempt already did; return the intents.

    They are in the order of `wanted`. Planners take turns from the first that has nothing planned.
    """
    planned = _planned(session, wanted)
    if len(planned) < len(wanted):
        locks.serialise(session, Turn.STATUS_LISTS)
        planned = _planned(session, wanted)  # somebody may have planned one meanwhile
    missing = [each for each in wanted if (each.award_id, each.edition) not in planned]
    if missing:
        places = status_lists.reserve(session, office, len(missing), now=now)
        for each, (number, index) in zip(missing, places, strict=True):
            planned[each.award_id, each.edition] = Intent(
                public_id=each.public_id or _fresh_public_id(),
                edition=each.edition,
                award_id=each.award_id,
                status_list=number,
                status_index=index,
                state=IntentState.PLANNED,
                reserved_at=now,
            )
        session.add_all(planned[each.award_id, each.edition] for each in missing)
        session.flush()
    return [planned[each.award_id, each.edition] for each in wanted]


def _planned(session: Session, wanted: Sequence[Wanted]) -> dict[tuple[str, int], Intent]:
    """Return what is planned already of `wanted`, by award and edition."""
    keys = {(each.award_id, each.edition) for each in wanted}
    found = select(Intent).where(
        Intent.award_id.in_({award_id for award_id, _ in keys}),
        Intent.edition.in_({edition for _, edition in keys}),
    )
    intents = {(row.award_id, row.edition): row for row in session.scalars(found)}
    return {key: intents[key] for key in keys & intents.keys()}


def plan_ob2(session: Session, office: Office, intent: Intent) -> None:
    """Write down that the edition will be a badge of Open Badges 2.0 too, and under which id.

    A former attempt may have drawn it. Raises IssuingRefused while our issuer cannot have any.
    """
    ob2.refuse_unless_possible(office.issuer)
    session.execute(
        update(Intent)
        .where(
            Intent.public_id == intent.public_id,
            Intent.edition == intent.edition,
            Intent.ob2_id.is_(None),
        )
        .values(ob2_id=ob2.fresh_id())
        .execution_options(synchronize_session=False)
    )
    session.refresh(intent, ["ob2_id"])


def place(office: Office, intent: Intent) -> Place:
    """Return where the edition that is planned will stand."""
    return Place(
        build.address(office.base_url, intent.public_id),
        status_lists.address(office.base_url, intent.status_list),
        intent.status_index,
    )


@dataclass(frozen=True)
class Draft:
    """An edition that is about to be signed: of which badge, as it was planned, and what it says.

    `with_ob2` tells whether it is a badge of Open Badges 2.0 too, which then is planned as well.
    """

    badge: Badge
    intent: Intent
    unsigned: Document
    version: BadgeClassVersion
    language: str
    holder_id: str
    with_ob2: bool

    @property
    def ob2_id(self) -> str | None:
        """The identifier of its assertions of Open Badges 2.0, None without any."""
        return self.intent.ob2_id if self.with_ob2 else None


@dataclass(frozen=True)
class Made:
    """An edition that was signed and checked, with its bytes sealed: ready to be written down."""

    draft: Draft
    digest: str
    forms: tuple[Form, ...]
    sealed: shelf.Sealed

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each form, by its format."""
        return {str(form.format): form.digest for form in self.forms}


def make(session: Session, office: Office, drafts: Sequence[Draft], *, now: datetime) -> list[Made]:
    """Sign editions, check them, and seal their bytes. Nothing is written down in the database.

    The signer's log reaches the disk once for all of them. Raises SigningRefused, SelfCheckFailed,
    HolderErased or IssuingHalted.
    """
    halting.refuse(session)
    pictures: dict[tuple[str, int, str], Pictures] = {}
    signed = []
    with office.signer.together() as signer:
        for draft in drafts:
            version = draft.version
            picture = (version.slug, version.version, draft.language)
            if picture not in pictures:
                pictures[picture] = _pictures(session, version, draft.language)
            assertions = _assertions(session, office, draft)
            made = forms.make(signer, draft.unsigned, pictures[picture], assertions, now=now)
            signed.append((draft, assertions, made))
    fetch = own_fetch(Hosting(session, office))
    # A list may have been published since `now` was read; what is asked of it is asked afterwards.
    asked_at = status_lists.last_published(session, now)
    return [
        Made(
            draft,
            forms.check(
                office, draft.badge, draft.unsigned, made, assertions, fetch=fetch, now=asked_at
            ),
            made,
            shelf.seal(
                session,
                office.vault,
                public_id=draft.intent.public_id,
                edition=draft.intent.edition,
                holder_id=draft.holder_id,
                released={form.format: form.content for form in made},
            ),
        )
        for draft, assertions, made in signed
    ]


def store(session: Session, office: Office, made: Sequence[Made], *, now: datetime) -> None:
    """Write editions down. The caller commits.

    Raises IntegrityError when one of them was being released beside us, HolderErased when its holder
    was being erased, and IssuingHalted.
    """
    for each in made:
        each.draft.badge.edition = each.draft.intent.edition
        each.draft.intent.state = IntentState.ISSUED
    session.add_all(each.draft.badge for each in made)
    session.flush()
    session.execute(insert(Credential), [_credential(each, now) for each in made])
    session.execute(
        # Nobody signs an image: without its NULL, each badge would take two statements.
        insert(ReleasedForm).execution_options(render_nulls=True),
        [
            {
                "public_id": each.sealed.public_id,
                "edition": each.sealed.edition,
                "format": form.format,
                "digest": form.digest,
                "method": form.method,
            }
            for each in made
            for form in each.forms
        ],
    )
    shelf.put(session, office.vault, [each.sealed for each in made])
    halting.refuse(session)


def _credential(made: Made, now: datetime) -> dict[str, Any]:
    """Return the row of an edition in the register."""
    draft = made.draft
    ends = draft.unsigned.get("validUntil")
    return {
        "public_id": draft.intent.public_id,
        "edition": draft.intent.edition,
        "class_version": draft.version.version,
        "language": draft.language,
        "issued_at": now,
        "valid_until": timestamps.read(ends) if ends else None,
        "content_digest": made.digest,
        "ob2_id": draft.ob2_id,
    }


def _assertions(session: Session, office: Office, draft: Draft) -> Assertions | None:
    """Return what the edition says in Open Badges 2.0, None if it is no badge of that version."""
    if draft.ob2_id is None:
        return None
    return ob2.assertions(
        office.issuer,
        draft.unsigned,
        draft.version,
        language=draft.language,
        email=accounts.email_of(session, office.vault, session.get_one(Person, draft.holder_id)),
        ob2_id=draft.ob2_id,
        kid=office.signer.rsa_kid,
    )


def _pictures(session: Session, version: BadgeClassVersion, language: str) -> Pictures:
    image = session.get_one(Artwork, version.artwork_digest(language))
    drawn = session.get_one(Artwork, version.drawing_digest(language))
    return Pictures(image.data, svg.Blank(drawing.with_common_fonts(drawn.data)))


def _fresh_public_id() -> str:
    return multibase.base58_encode(secrets.token_bytes(_PUBLIC_ID_BYTES))
