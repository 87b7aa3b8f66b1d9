"""The audit finds what does not hold: one planted violation of each kind."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from badgeservice.awarding.models import Award, AwardState
from badgeservice.catalogue.models import Artwork, BadgeClassVersion
from badgeservice.evidence.models import Evidence
from badgeservice.issuing import audit, editions, ob2, shelf, states, status_lists
from badgeservice.issuing.audit import content
from badgeservice.issuing.audit.books import WHOLE, Part
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    Credential,
    CredentialBytes,
    Format,
    GivenEndorsement,
    Intent,
    IntentState,
    Reason,
    ReleasedForm,
    StatusList,
)
from badgeservice.issuing.signer import LogEntry, Purpose
from badgeservice.issuing.states import revoke
from badgeservice.jobs import queue
from badgeservice.openbadges.bakery import Version, png
from badgeservice.openbadges.proofs import jws
from badgeservice.storage import chain
from badgeservice.storage.chain import AuditEvent

from .conftest import CHOICES, Desk


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


def ghost(desk: Desk, public_id: str, *, at: str) -> None:
    """Write a signature into the signer's log that led to no release."""
    desk.office.log.append(
        LogEntry(
            at=at,
            purpose=Purpose.CREDENTIAL,
            subject=f"{desk.office.base_url}/b/{public_id}",
            method=desk.office.signer.verification_method,
            digest="0" * 64,
        )
    )


def corrected(desk: Desk) -> None:
    """Correct the active badge."""
    editions.correct(
        desk.session,
        desk.office,
        active(desk).public_id,
        choices=replace(CHOICES, name="Anaïs"),
        actor="per_x",
        now=desk.clock(),
    )


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
    row.published = status_lists._sign(
        desk.office, 1, bytes(status_lists.ENTRIES // 8), now=desk.clock()
    )


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
    ghost(desk, "2" * 22, at="2026-11-23T09:00:00+00:00")


def signed_after_release(desk: Desk) -> None:
    """Long after its release, somebody had the signer sign another content under a badge's id."""
    ghost(desk, active(desk).public_id, at="2026-12-23T09:00:00+00:00")


def released_without_signer(desk: Desk) -> None:
    """A token stands in the register that the signer has no line of."""
    form(desk, Format.JWT).digest = "f" * 64


def edition_missing(desk: Desk) -> None:
    """A badge says that it has a second edition, and there is none."""
    active(desk).edition = 2


def edition_said_to_be_replaced(desk: Desk) -> None:
    """The newest edition is marked as replaced, so that its bit would be set."""
    edition = desk.session.get_one(Credential, (active(desk).public_id, 1))
    edition.superseded_at = desk.clock()


def edition_still_standing(desk: Desk) -> None:
    """A correction happened, and the mark on the edition before was taken away."""
    corrected(desk)
    edition = desk.session.get_one(Credential, (active(desk).public_id, 1))
    edition.superseded_at = None


def put_back(desk: Desk, badge: Badge, holder: str, released: dict[Format, bytes]) -> None:
    """Put bytes of the first edition of a badge where they no longer are."""
    vault = desk.office.vault
    sealed = shelf.seal(
        desk.session,
        vault,
        public_id=badge.public_id,
        edition=1,
        holder_id=holder,
        released=released,
    )
    shelf.put(desk.session, vault, [sealed])


def replaced_bytes_kept(desk: Desk) -> None:
    """The bytes of a replaced edition came back, from a backup perhaps."""
    corrected(desk)
    badge = active(desk)
    holder = shelf.holder(desk.session, badge)
    assert holder is not None
    put_back(desk, badge, holder, {Format.JSON: b"{}"})


def withdrawn_bytes_kept(desk: Desk) -> None:
    """A holder took a badge away, and its bytes came back."""
    badge = active(desk)
    content = taken(desk, Format.JSON)
    holder = shelf.holder(desk.session, badge)
    assert holder is not None
    states.withdraw(desk.session, desk.office, badge.public_id, actor="per_x", now=desk.clock())
    put_back(desk, badge, holder, {Format.JSON: content})


def reinstated_silently(desk: Desk) -> None:
    """A suspension was lifted around the application."""
    badge = active(desk)
    states.suspend(
        desk.session, desk.office, badge.public_id, actor="administrator", now=desk.clock()
    )
    badge.state = BadgeState.ACTIVE


def replacement_not_told(desk: Desk) -> None:
    """The link that tells of a correction is cut off."""
    corrected(desk)
    desk.session.execute(delete(AuditEvent).where(AuditEvent.action == "replace"))


def list_dated_back(desk: Desk) -> None:
    """The row says that the list was published at another time than the list does."""
    desk.session.get_one(StatusList, 1).published_at += timedelta(days=1)


def log_edited(desk: Desk) -> None:
    """A line of the signer's log was cut short by somebody, and no crash accounts for it."""
    with desk.office.log.path.open("a") as file:
        file.write('{"at": "2026-11-2\n')


def with_ob2(desk: Desk) -> Badge:
    """Another badge, which is one of Open Badges 2.0 as well."""
    return desk.badge("c@example.org", replace(CHOICES, ob2=True))


def put(desk: Desk, badge: Badge, form: Format, content: bytes) -> None:
    """Put other bytes in the place of those of a badge, and let the register agree."""
    key = (badge.public_id, badge.edition, form)
    row = desk.session.get_one(CredentialBytes, key)
    field = shelf._FIELD.format(format=form)
    row.sealed = desk.office.vault.seal(desk.session, row.holder_id, field, content)
    desk.session.get_one(ReleasedForm, key).digest = shelf.digest(content)


def assertion_edited(desk: Desk) -> None:
    """A character of the signed assertion was exchanged."""
    badge = with_ob2(desk)
    content = shelf.take(desk.session, desk.office.vault, badge, Format.OB2_JWS)
    put(desk, badge, Format.OB2_JWS, content[:-4] + b"AAAA")


def assertions_exchanged(desk: Desk) -> None:
    """The hosted assertion is that of somebody else."""
    badge = with_ob2(desk)
    content = shelf.take(desk.session, desk.office.vault, badge, Format.OB2_JSON)
    edition = desk.session.get_one(Credential, (badge.public_id, 1))
    other = content.replace(str(edition.ob2_id).encode(), ob2.fresh_id().encode())
    put(desk, badge, Format.OB2_JSON, other)


def assertion_gone(desk: Desk) -> None:
    """The holder chose 2.0, and the signed assertion is not in the register."""
    badge = with_ob2(desk)
    for table in (CredentialBytes, ReleasedForm):
        desk.session.execute(
            delete(table).where(table.public_id == badge.public_id, table.format == Format.OB2_JWS)
        )


def assertion_that_nobody_chose(desk: Desk) -> None:
    """There are assertions, and their edition has none."""
    badge = with_ob2(desk)
    desk.session.get_one(Credential, (badge.public_id, 1)).ob2_id = None


def image_with_another_assertion(desk: Desk) -> None:
    """The image carries the right credential, and beside it another assertion."""
    badge = with_ob2(desk)
    content = shelf.take(desk.session, desk.office.vault, badge, Format.PNG_BOTH)
    said = png.unbake(content, version=Version.V2).replace("Force", "Preuve")
    put(desk, badge, Format.PNG_BOTH, png.bake(content, said, version=Version.V2))


def assertion_never_planned(desk: Desk) -> None:
    """An edition has an assertion, and no intent speaks of it."""
    badge = with_ob2(desk)
    desk.session.get_one(Intent, (badge.public_id, 1)).ob2_id = ob2.fresh_id()


def assertion_signed_in_secret(desk: Desk) -> None:
    """The key signed an assertion under an id that was never drawn."""
    badge = with_ob2(desk)
    content = shelf.take(desk.session, desk.office.vault, badge, Format.OB2_JWS)
    said = jws.parse(content.decode()).payload
    desk.office.signer.jws(said | {"id": ob2.signed_id(ob2.fresh_id())}, now=desk.clock())


def assertion_released_without_signer(desk: Desk) -> None:
    """A signed assertion stands in the register that the signer has no line of."""
    badge = with_ob2(desk)
    key = (badge.public_id, 1, Format.OB2_JWS)
    desk.session.get_one(ReleasedForm, key).digest = "e" * 64


def class_changed(desk: Desk) -> None:
    """Somebody softens the criteria of a published class, around the application."""
    version = desk.session.get_one(BadgeClassVersion, (active(desk).class_slug, 1))
    document = {**version.document, "validity": "unlimited"}
    desk.session.execute(
        update(BadgeClassVersion)
        .where(BadgeClassVersion.slug == version.slug)
        .values(document=document)
    )


def image_exchanged(desk: Desk) -> None:
    """The image of a class is another one than its digest says."""
    row = desk.session.scalars(select(Artwork).where(Artwork.media_type == "image/png")).first()
    assert row is not None
    row.data += b"\0"


def acceptance_lost(desk: Desk) -> None:
    """An acceptance was acknowledged, and nothing of it was written down."""
    award = desk.offer("c@example.org")
    award.state, award.accepted_at = AwardState.ACCEPTED, desk.clock()


def badge_never_accepted(desk: Desk) -> None:
    """A badge stands in the register that its holder never accepted."""
    award = desk.session.get_one(Award, active(desk).award_id)
    award.accepted_at = None


def place_counted_wrong(desk: Desk) -> None:
    """A list says that it has given fewer places than it has."""
    desk.session.get_one(StatusList, 1).reserved = 1


def place_given_twice(desk: Desk) -> None:
    """An endorsement was given the place of a badge: no constraint of one table forbids it."""
    taken = desk.session.get_one(Intent, (active(desk).public_id, 1))
    desk.session.add(
        GivenEndorsement(
            public_id="4" * 22,
            address=f"{desk.office.base_url}/endorsements/{'4' * 22}",
            endorsed="https://partner.example/achievements/1",
            status_list=taken.status_list,
            status_index=taken.status_index,
            given_at=desk.clock(),
        )
    )


def list_version_went_back(desk: Desk) -> None:
    """An older row of a list was restored, version and all."""
    desk.session.get_one(StatusList, 1).version = 1


def half_a_file_left_behind(desk: Desk) -> None:
    """A crash left a temporary file beside the signer's log."""
    path = desk.office.log.path.with_name("registry.tmp")
    path.write_text("{")
    os.utime(path, (0, 0))


def evidence_never_considered(desk: Desk) -> None:
    """Somebody's skill was attested a while ago, and nobody asked what it is worth."""
    desk.vouch(desk.person("c@example.org"))
    desk.clock.advance(minutes=16)


def evidence_of_another(desk: Desk) -> None:
    """An award was made to rest on what somebody else did."""
    other = desk.offer("c@example.org")
    desk.session.get_one(Award, active(desk).award_id).used = other.used


def evidence_gone(desk: Desk) -> None:
    """What a badge rests on was deleted."""
    award = desk.session.get_one(Award, active(desk).award_id)
    desk.session.execute(delete(Evidence).where(Evidence.id.in_(award.used)))


def job_without_a_worker(desk: Desk) -> None:
    """A worker died with a job in its hands, and no other one has put it back."""
    queue.enqueue(desk.session, "audit", {}, now=desk.clock())
    assert queue.take(desk.session, ["audit"], holder="wrk_1", now=desk.clock())
    desk.clock.advance(minutes=16)


def copy_of_a_backup_left_behind(desk: Desk) -> None:
    """A backup was killed while the copy of the database stood in the data folder."""
    path = desk.office.log.path.with_name("backup-k2j3.tmp")
    path.mkdir()
    (path / "database").write_bytes(b"SQLite")
    os.utime(path, (0, 0))


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
        (log_edited, "signer-log"),
        (signed_after_release, "signer-log"),
        (released_without_signer, "signer-log"),
        (edition_missing, "intents"),
        (assertion_edited, "bytes"),
        (assertions_exchanged, "bytes"),
        (assertion_gone, "bytes"),
        (assertion_that_nobody_chose, "bytes"),
        (image_with_another_assertion, "bytes"),
        (assertion_never_planned, "intents"),
        (assertion_signed_in_secret, "signer-log"),
        (assertion_released_without_signer, "signer-log"),
        (edition_said_to_be_replaced, "editions"),
        (edition_still_standing, "editions"),
        (replaced_bytes_kept, "editions"),
        (withdrawn_bytes_kept, "bytes"),
        (reinstated_silently, "chain"),
        (replacement_not_told, "chain"),
        (list_dated_back, "status"),
        (image_exchanged, "artwork"),
        (evidence_never_considered, "evidence"),
        (evidence_of_another, "awards"),
        (evidence_gone, "awards"),
        (job_without_a_worker, "jobs"),
        (acceptance_lost, "awards"),
        (badge_never_accepted, "awards"),
        (place_counted_wrong, "places"),
        (place_given_twice, "places"),
        (list_version_went_back, "status"),
        (half_a_file_left_behind, "files"),
        (copy_of_a_backup_left_behind, "files"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_finds_the_planted(kept: Desk, plant: Callable[[Desk], None], question: str) -> None:
    """Each planted violation is found by the question that asks for it."""
    plant(kept)
    kept.session.flush()
    kept.session.expire_all()

    found = list(audit.violations(kept.session, kept.office, now=kept.clock()))

    assert question in {violation.question for violation in found}


def test_finds_nothing_where_nothing_is_wrong(kept: Desk) -> None:
    """Badges, a revocation, and nothing to complain of."""
    assert [] == list(audit.violations(kept.session, kept.office, now=kept.clock()))


@pytest.mark.parametrize(("minutes", "expected"), [(1, 0), (10, 1)])
def test_who_began_first_may_plan_second(kept: Desk, minutes: int, expected: int) -> None:
    """An attempt keeps the time of its beginning, and another may overtake it; but not for long."""
    badge = active(kept)
    begun = badge.state_since - timedelta(minutes=minutes)
    ghost(kept, badge.public_id, at=begun.isoformat())

    found = list(audit.violations(kept.session, kept.office, now=kept.clock()))

    assert [badge.public_id] * expected == [each.subject for each in found]


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "not told"])
def test_who_lost_a_race_around_a_jump_of_the_clock_forged_nothing(
    kept: Desk, is_told: bool
) -> None:
    """Planned or signed by a clock that ran ahead; it is believed once somebody says that it did."""
    first = active(kept)
    kept.clock.now += timedelta(days=1)
    ghost(kept, first.public_id, at=kept.clock().isoformat())
    kept.badge("c@example.org")
    second = kept.session.scalars(select(Badge).order_by(Badge.state_since.desc()).limit(1)).one()
    kept.clock.now -= timedelta(days=1) - timedelta(minutes=2)
    if is_told:
        kept.office.log.accept_clock(kept.clock())
    ghost(kept, second.public_id, at=kept.clock().isoformat())

    found = list(audit.violations(kept.session, kept.office, now=kept.clock()))

    expected = [] if is_told else sorted([first.public_id, second.public_id])
    assert expected == sorted(each.subject for each in found)


def test_a_clock_that_ran_ahead_once_excuses_nothing_else(kept: Desk) -> None:
    """Neither later, nor of what was released long before; nor where it was right all the time."""
    badge = active(kept)
    kept.office.log.accept_clock(kept.clock())
    kept.clock.now += timedelta(days=9)
    kept.badge("c@example.org")
    kept.clock.now += timedelta(days=1)
    ghost(kept, badge.public_id, at=kept.clock().isoformat())
    kept.clock.now -= timedelta(days=1)
    kept.office.log.accept_clock(kept.clock())
    kept.clock.now += timedelta(days=1)
    ghost(kept, badge.public_id, at=kept.clock().isoformat())

    found = list(audit.violations(kept.session, kept.office, now=kept.clock()))

    assert [badge.public_id] * 2 == [each.subject for each in found]


def test_a_part_is_verified_and_all_is_compared(
    kept: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changed bytes are found everywhere, a signature that does not verify in the part only."""
    public_id = active(kept).public_id
    json_edited(kept)
    both = range(1, 3)
    monkeypatch.setattr(content, "FIXED_SAMPLE", 0)
    found = {
        number: [
            each.problem
            for each in audit.violations(
                kept.session, kept.office, part=Part(number, 2), now=kept.clock()
            )
            if each.subject == public_id
        ]
        for number in both
    }

    assert all(any("is not the" in problem for problem in found[number]) for number in both)
    held = [number for number in both if Part(number, 2).holds(public_id)]
    assert held == [n for n in both if any("does not verify" in each for each in found[n])]


def test_a_large_installation_is_verified_in_thirty_nights(
    kept: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each night another part, and after thirty of them every badge had its turn."""
    assert WHOLE == audit.tonight(kept.session, kept.clock())
    monkeypatch.setattr(audit, "WHOLE_UP_TO", 0)

    parts = [audit.tonight(kept.session, kept.clock() + timedelta(days=n)) for n in range(30)]

    for public_id in ("a", "b", active(kept).public_id):
        assert 1 == sum(part.holds(public_id) for part in parts)


def test_an_erased_holder_is_no_violation(kept: Desk) -> None:
    """Who took everything away leaves a register row that still holds."""
    row = kept.session.get_one(
        CredentialBytes, (active(kept).public_id, active(kept).edition, Format.JSON)
    )
    kept.office.vault.shred_holder(kept.session, row.holder_id)

    assert [] == list(audit.violations(kept.session, kept.office, now=kept.clock()))


def test_what_was_acknowledged_is_in_the_register(kept: Desk) -> None:
    """Whoever was told of a badge wrote its id down outside of the service."""
    told = [active(kept).public_id, "3" * 22]

    found = list(audit.unstored(kept.session, told))

    assert ["3" * 22] == [violation.subject for violation in found]


def test_a_chain_whose_end_was_cut_off_does_not_contain_its_former_head(kept: Desk) -> None:
    """What is left is whole, so only the head that was kept elsewhere shows it."""
    former = chain.head(kept.session)
    assert chain.contains(kept.session, former)

    kept.session.execute(delete(AuditEvent).where(AuditEvent.action == "revoke"))

    assert [] == list(chain.breaks(kept.session))
    assert not chain.contains(kept.session, former)
    assert chain.contains(kept.session, chain.head(kept.session))
    for nonsense in ("", "1", "1:", ":", "x:y", "9" * 30 + ":0", f"0:{'1' * 64}"):
        assert not chain.contains(kept.session, nonsense)
    assert chain.contains(kept.session, f"0:{chain.GENESIS}")
