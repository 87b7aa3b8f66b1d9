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
from badgeservice.issuing import forms, ob2, shelf, states
from badgeservice.issuing.audit.books import VC_JWTS, Books, Findings
from badgeservice.issuing.models import (
    OB2_FORMATS,
    Badge,
    BadgeState,
    Credential,
    Format,
    ReleasedForm,
)
from badgeservice.openbadges import strict_json
from badgeservice.openbadges.proofs import eddsa_rdfc_2022, jws, vc_jwt
from badgeservice.storage.chain import AuditEvent
from badgeservice.verification.register import content_digest

FIXED_SAMPLE = 200
"""Badges whose signatures every audit verifies, whatever part it is asked for (I12)."""


def badge_classes(books: Books) -> Findings:
    """Every published badge class still says what it said."""
    for version in books.session.scalars(select(BadgeClassVersion)):
        if not classes.is_intact(version):
            yield f"{version.slug} version {version.version}", "changed after it was published"


def released_bytes(books: Books) -> Findings:
    """The bytes kept are the bytes released; in the part that is asked for, signatures verify."""
    told = select(AuditEvent.subject).where(AuditEvent.action == states.DESTROY)
    destroyed = set(books.session.scalars(told))
    for number, badge in enumerate(books.badges()):
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
        if badge.public_id in destroyed and not shelf.kept(books.session, badge):
            continue  # revoked, and its holder took back the bytes
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
        edition = books.session.get(Credential, (badge.public_id, badge.edition))
        if edition is None:
            continue  # another question says so
        wanted = {Format.JSON, Format.JWT, *(OB2_FORMATS if edition.ob2_id else ())}
        if missing := wanted - released.keys():
            yield badge.public_id, f"no {min(missing)} was ever released"
            continue
        if edition.ob2_id is None and (unwanted := released.keys() & {*OB2_FORMATS}):
            yield badge.public_id, f"{min(unwanted)} was released, and nobody chose it"
        for form, content in released.items():
            if shelf.digest(content) != registered[form].digest:
                yield badge.public_id, f"the {form} kept is not the {form} released"
        # Ids are drawn at random, so the first of them are a sample of all classes, keys and years.
        if number < FIXED_SAMPLE or books.part.holds(badge.public_id):
            yield from _signatures(books, badge, edition, registered, released)


def _signatures(
    books: Books,
    badge: Badge,
    credential: Credential,
    registered: Mapping[Format, ReleasedForm],
    released: Mapping[Format, bytes],
) -> Findings:
    try:
        secured = strict_json.loads(released[Format.JSON])
        eddsa_rdfc_2022.verify(secured, books.key(registered[Format.JSON].method))
        for form in VC_JWTS:
            if form in released:
                vc_jwt.verify(released[form].decode(), books.key(registered[form].method))
        if content_digest(secured) != credential.content_digest:
            yield badge.public_id, "the register describes another content"
        for form in released:
            if form.carries:
                found = [text.encode() for text in forms.carried(released[form])]
                if found != [released[each] for each in form.carries]:
                    yield badge.public_id, f"the {form} carries another credential"
        if credential.ob2_id is not None:
            yield from _assertions(books, badge, credential.ob2_id, registered, released)
    except (BadgeserviceError, UnicodeDecodeError) as error:
        yield badge.public_id, f"does not verify: {error}"


def _assertions(
    books: Books,
    badge: Badge,
    ob2_id: str,
    registered: Mapping[Format, ReleasedForm],
    released: Mapping[Format, bytes],
) -> Findings:
    """The assertions of Open Badges 2.0 are those of this edition. Raises as their readers do."""
    key = books.key(registered[Format.OB2_JWS].method)
    signed = jws.verify(released[Format.OB2_JWS].decode(), key)
    if signed.get("id") != ob2.signed_id(ob2_id):
        yield badge.public_id, "its signed assertion is that of another"
    hosted = strict_json.load_object(released[Format.OB2_JSON])
    if hosted.get("id") != ob2.hosted_id(books.office.base_url, ob2_id):
        yield badge.public_id, "its hosted assertion is that of another"


def artwork(books: Books) -> Findings:
    """Every image goes by the digest of its bytes."""
    for row in books.session.scalars(select(Artwork).execution_options(yield_per=20)):
        if shelf.digest(row.data) != row.sha256:
            yield row.sha256, "the image under this digest has another one"
