"""Is what we keep what we released, and does it verify?"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from badgeservice.catalogue import classes
from badgeservice.catalogue.models import Artwork, BadgeClassVersion
from badgeservice.errors import (
    BadgeserviceError,
    HolderErased,
)
from badgeservice.issuing import shelf
from badgeservice.issuing.audit.books import TOKENS, Books, Findings
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    Credential,
    Format,
    ReleasedForm,
)
from badgeservice.openbadges import strict_json
from badgeservice.openbadges.proofs import eddsa_rdfc_2022, vc_jwt
from badgeservice.verification import recognise
from badgeservice.verification.register import content_digest


def badge_classes(books: Books) -> Findings:
    """Every published badge class still says what it said."""
    for version in books.session.scalars(select(BadgeClassVersion)):
        if not classes.is_intact(version):
            yield f"{version.slug} version {version.version}", "changed after it was published"


def released_bytes(books: Books) -> Findings:
    """The bytes kept are the bytes released, and their signatures verify."""
    for badge in books.badges():
        registered = {
            Format(form.format): form
            for form in books.session.scalars(
                select(ReleasedForm).where(
                    ReleasedForm.public_id == badge.public_id,
                    ReleasedForm.edition == badge.edition,
                )
            )
        }
        if badge.holder_erased_at is not None:
            continue  # the register row alone remains
        if badge.state == BadgeState.WITHDRAWN:
            for form in shelf.kept(books.session, badge):
                yield badge.public_id, f"withdrawn by its holder, and its {form} is kept"
            continue
        try:
            released = {
                form: shelf.take(books.session, books.office.vault, badge, form)
                for form in registered
            }
        except HolderErased:
            continue  # the holder took everything away; the register row alone remains
        except BadgeserviceError as error:
            yield badge.public_id, error.message
            continue
        if missing := {Format.JSON, Format.JWT} - released.keys():
            yield badge.public_id, f"no {min(missing)} was ever released"
            continue
        for form, content in released.items():
            if shelf.digest(content) != registered[form].digest:
                yield badge.public_id, f"the {form} kept is not the {form} released"
        yield from _signatures(books, badge, registered, released)


def _signatures(
    books: Books,
    badge: Badge,
    registered: Mapping[Format, ReleasedForm],
    released: Mapping[Format, bytes],
) -> Findings:
    credential = books.session.get_one(Credential, (badge.public_id, badge.edition))
    try:
        secured = strict_json.loads(released[Format.JSON])
        eddsa_rdfc_2022.verify(secured, books.key(registered[Format.JSON].method))
        for form in TOKENS:
            if form in released:
                vc_jwt.verify(released[form].decode(), books.key(registered[form].method))
        if content_digest(secured) != credential.content_digest:
            yield badge.public_id, "the register describes another content"
        for form in released:
            if registered[form].method is None:
                submission = recognise(released[form])
                if submission.text.encode() != released[Format.JSON]:
                    yield badge.public_id, f"the {form} carries another credential"
    except (BadgeserviceError, UnicodeDecodeError) as error:
        yield badge.public_id, f"does not verify: {error}"


def artwork(books: Books) -> Findings:
    """Every image goes by the digest of its bytes."""
    for row in books.session.scalars(select(Artwork).execution_options(yield_per=20)):
        if shelf.digest(row.data) != row.sha256:
            yield row.sha256, "the image under this digest has another one"
