"""From an intent to a released edition: signed, checked, written down. The caller commits.

The steps are the same for a first edition and for one that replaces another; nothing is
acknowledged before the commit, and every step can be taken again.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
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
from badgeservice.issuing.office import Office
from badgeservice.openbadges import Document, multibase, timestamps
from badgeservice.people import accounts
from badgeservice.people.models import Person

_PUBLIC_ID_BYTES = 16


def plan(
    session: Session,
    office: Office,
    *,
    award_id: str,
    edition: int,
    public_id: str | None = None,
    now: datetime,
) -> Intent:
    """Write down what will be signed, unless a former attempt already did; return the intent.

    `public_id` is that of the badge whose edition it is; None draws a new one.
    """
    wanted = select(Intent).where(Intent.award_id == award_id, Intent.edition == edition)
    if planned := session.scalar(wanted):
        return planned
    number, index = status_lists.reserve(session, office, now=now)
    intent = Intent(
        public_id=public_id or multibase.base58_encode(secrets.token_bytes(_PUBLIC_ID_BYTES)),
        edition=edition,
        award_id=award_id,
        status_list=number,
        status_index=index,
        state=IntentState.PLANNED,
        reserved_at=now,
    )
    try:
        with session.begin_nested():
            session.add(intent)
    except IntegrityError:
        # Someone else planned the same edition meanwhile; their plan is ours too.
        if planned := session.scalar(wanted):
            return planned
        raise
    return intent


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


def release(
    session: Session,
    office: Office,
    *,
    badge: Badge,
    intent: Intent,
    unsigned: Document,
    version: BadgeClassVersion,
    language: str,
    holder_id: str,
    with_ob2: bool,
    now: datetime,
) -> tuple[Credential, tuple[Form, ...]]:
    """Sign `unsigned` as the edition that is planned, check it, and write it down.

    `with_ob2` says whether it is a badge of Open Badges 2.0 too, which then is planned as well.
    Returns the register row and the forms. Raises SigningRefused or SelfCheckFailed; IssuingHalted;
    IntegrityError when the same edition was being released beside us.
    """
    halting.refuse(session)
    ob2_id = intent.ob2_id if with_ob2 else None
    assertions = ob2_id and ob2.assertions(
        office.issuer,
        unsigned,
        version,
        language=language,
        email=accounts.email_of(session, office.vault, session.get_one(Person, holder_id)),
        ob2_id=ob2_id,
        kid=office.signer.rsa_kid,
    )
    pictures = _pictures(session, version, language)
    made = forms.make(office, unsigned, pictures, assertions or None, now=now)
    fetch = own_fetch(Hosting(session, office))
    digest = forms.check(office, badge, unsigned, made, assertions or None, fetch=fetch, now=now)
    ends = unsigned.get("validUntil")
    credential = Credential(
        public_id=intent.public_id,
        edition=intent.edition,
        class_version=version.version,
        language=language,
        issued_at=now,
        valid_until=timestamps.read(ends) if ends else None,
        content_digest=digest,
        ob2_id=ob2_id,
    )
    badge.edition = intent.edition
    session.add(badge)
    session.flush()
    session.add(credential)
    session.flush()
    session.add_all(
        ReleasedForm(
            public_id=intent.public_id,
            edition=intent.edition,
            format=form.format,
            digest=form.digest,
            method=form.method,
        )
        for form in made
    )
    session.flush()
    shelf.put(
        session,
        office.vault,
        public_id=intent.public_id,
        edition=intent.edition,
        holder_id=holder_id,
        released={form.format: form.content for form in made},
    )
    intent.state = IntentState.ISSUED
    session.flush()
    halting.refuse(session)
    return credential, made


def _pictures(session: Session, version: BadgeClassVersion, language: str) -> Pictures:
    image = session.get_one(Artwork, version.artwork_digest(language))
    drawn = session.get_one(Artwork, version.drawing_digest(language))
    return Pictures(png=image.data, svg=drawing.with_common_fonts(drawn.data))
