"""The audit finds what does not hold: one planted violation of each kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, update

from badgeservice.catalogue.models import Artwork, BadgeClassVersion
from badgeservice.issuing import audit, shelf, status_lists
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    Credential,
    CredentialBytes,
    Format,
    Intent,
    IntentState,
    ReleasedForm,
    StatusList,
)
from badgeservice.issuing.signer import LogEntry, Purpose
from badgeservice.issuing.states import Reason, revoke
from badgeservice.openbadges.bakery import png
from badgeservice.storage.chain import AuditEvent

from .conftest import Desk


@pytest.fixture
def kept(desk: Desk) -> Desk:
    """An office that has issued two badges and revoked one of them."""
    desk.badge("a@example.org")
    revoked = desk.badge("b@example.org")
    revoke(
        desk.session,
        desk.office,
        revoked.public_id,
        reason=Reason.HOLDER_REQUEST,
        actor="administrator",
        now=desk.clock(),
    )
    return desk


def active(desk: Desk) -> Badge:
    """The badge that is not revoked."""
    return desk.session.scalars(select(Badge).where(Badge.state == BadgeState.ACTIVE)).one()


def form(desk: Desk, wanted: Format) -> ReleasedForm:
    """What the register says of a form of the active badge."""
    badge = active(desk)
    return desk.session.get_one(ReleasedForm, (badge.public_id, badge.edition, wanted))


def reseal(desk: Desk, form: Format, content: bytes) -> None:
    """Put other bytes in the place of those of the active badge."""
    row = desk.session.get_one(
        CredentialBytes, (active(desk).public_id, active(desk).edition, form)
    )
    row.sealed = desk.office.vault.seal(
        desk.session, row.holder_id, shelf._FIELD.format(format=form), content
    )


def taken(desk: Desk, form: Format) -> bytes:
    """The bytes of the active badge."""
    return shelf.take(desk.session, desk.office.vault, active(desk), form)


def intent_never_settled(desk: Desk) -> None:
    """A badge stands in the register while its intent is still planned."""
    desk.session.get_one(Intent, (active(desk).public_id, 1)).state = IntentState.PLANNED


def badge_missing_from_register(desk: Desk) -> None:
    """An intent says that it was carried out, and there is no badge."""
    desk.session.add(
        Intent(
            public_id="1" * 22, edition=1, award_id="awd_x", status_list=1, status_index=7,
            state=IntentState.ISSUED, reserved_at=desk.clock(),
        )
    )  # fmt: skip


def json_edited(desk: Desk) -> None:
    """Somebody edits the stored JSON under the holder's key."""
    reseal(desk, Format.JSON, taken(desk, Format.JSON).replace(b"TEST", b"BEST"))


def jwt_of_another_badge(desk: Desk) -> None:
    """Somebody exchanges a character of the stored token."""
    reseal(desk, Format.JWT, taken(desk, Format.JWT)[:-4] + b"AAAA")


def image_rebaked(desk: Desk) -> None:
    """The image carries another credential, and the register was made to agree."""
    artwork = desk.session.scalars(select(Artwork).where(Artwork.media_type == "image/png")).first()
    assert artwork is not None
    image = png.bake(artwork.data, taken(desk, Format.JSON).decode().replace("TEST", "BEST"))
    reseal(desk, Format.PNG, image)
    form(desk, Format.PNG).digest = shelf.digest(image)


def bytes_gone(desk: Desk) -> None:
    """The stored JSON was deleted, while the holder is still there."""
    desk.session.execute(
        delete(CredentialBytes).where(
            CredentialBytes.public_id == active(desk).public_id,
            CredentialBytes.format == Format.JSON,
        )
    )


def digest_changed(desk: Desk) -> None:
    """The register says another digest."""
    form(desk, Format.JSON).digest = "0" * 64


def content_digest_changed(desk: Desk) -> None:
    """The register describes a content that the bytes do not have."""
    edition = desk.session.get_one(Credential, (active(desk).public_id, 1))
    edition.content_digest = "0" * 64


def revoked_without_publishing(desk: Desk) -> None:
    """The register revokes a badge, and the list does not."""
    active(desk).state = BadgeState.REVOKED


def list_rolled_back(desk: Desk) -> None:
    """An older list, in which nothing is revoked, is published again."""
    row = desk.session.get_one(StatusList, 1)
    row.published = status_lists._sign(desk.office, 1, [], now=desk.clock())


def list_not_ours(desk: Desk) -> None:
    """The published list was edited."""
    row = desk.session.get_one(StatusList, 1)
    row.published = row.published.replace(b"300000", b"300001")


def chain_edited(desk: Desk) -> None:
    """A link of the chain says something else."""
    desk.session.execute(
        update(AuditEvent).where(AuditEvent.action == "issue").values(actor="nobody")
    )


def chain_truncated(desk: Desk) -> None:
    """The last link, the revocation, is cut off."""
    desk.session.execute(delete(AuditEvent).where(AuditEvent.action == "revoke"))


def ghost_signature(desk: Desk) -> None:
    """The key signed a badge that nobody planned."""
    desk.office.log.append(
        LogEntry(
            at="2026-11-23T09:00:00+00:00",
            purpose=Purpose.CREDENTIAL,
            subject=f"{desk.office.base_url}/b/{'2' * 22}",
            method=desk.office.signer.verification_method,
            digest="0" * 64,
        )
    )


def log_torn(desk: Desk) -> None:
    """A crash left half of the last line of the signer's log."""
    with desk.office.log._path.open("a") as file:
        file.write('{"at": "2026-11-2')


def class_changed(desk: Desk) -> None:
    """Somebody softens the criteria of a published class, around the application."""
    version = desk.session.scalars(select(BadgeClassVersion)).one()
    document = {**version.document, "validity": "unlimited"}
    desk.session.execute(update(BadgeClassVersion).values(document=document))


@pytest.mark.parametrize(
    ("plant", "question"),
    [
        (class_changed, "classes"),
        (intent_never_settled, "intents"),
        (badge_missing_from_register, "intents"),
        (json_edited, "bytes"),
        (jwt_of_another_badge, "bytes"),
        (image_rebaked, "bytes"),
        (bytes_gone, "bytes"),
        (digest_changed, "bytes"),
        (content_digest_changed, "bytes"),
        (revoked_without_publishing, "status"),
        (list_rolled_back, "status"),
        (list_not_ours, "status"),
        (chain_edited, "chain"),
        (chain_truncated, "chain"),
        (ghost_signature, "signer-log"),
        (log_torn, "signer-log"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_finds_the_planted(kept: Desk, plant: Callable[[Desk], None], question: str) -> None:
    """Each planted violation is found by the question that asks for it."""
    plant(kept)
    kept.session.flush()
    kept.session.expire_all()

    found = list(audit.violations(kept.session, kept.office))

    assert question in {violation.question for violation in found}


def test_finds_nothing_where_nothing_is_wrong(kept: Desk) -> None:
    """Badges, a revocation, and nothing to complain of."""
    assert [] == list(audit.violations(kept.session, kept.office))


def test_an_erased_holder_is_no_violation(kept: Desk) -> None:
    """Who took everything away leaves a register row that still holds."""
    row = kept.session.get_one(
        CredentialBytes, (active(kept).public_id, active(kept).edition, Format.JSON)
    )
    kept.office.vault.shred_holder(kept.session, row.holder_id)

    assert [] == list(audit.violations(kept.session, kept.office))
