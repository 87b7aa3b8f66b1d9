"""What a backup holds comes back, and what was said since it was made is not taken back by it."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from badgeservice.app import create_app
from badgeservice.erasure import erase
from badgeservice.erasure.ledger import Choice
from badgeservice.errors import (
    BackupRefused,
    CredentialNotFound,
    FetchFailed,
    RestoreRefused,
    SettingsError,
)
from badgeservice.extensions import db, services
from badgeservice.installation import LEDGERS
from badgeservice.issuing import editions, halting, key_registry, shelf, states, status_lists
from badgeservice.issuing.keyring import Keyring
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    CarriedBit,
    Format,
    Reason,
    StatusList,
    Visibility,
)
from badgeservice.issuing.signer import Signer
from badgeservice.openbadges import strict_json, timestamps
from badgeservice.openbadges.keys import KeyKind
from badgeservice.operations import backup, postgresql_tools, published
from badgeservice.operations.restore import Newer, restore
from badgeservice.settings import Settings
from badgeservice.sharing import holdings
from badgeservice.storage import postgresql
from badgeservice.verification.fetching import Fetched
from tests.conftest import Clock, Letters, settings_in
from tests.databases import DATABASES
from tests.issuing.conftest import CHOICES, Desk

SECRETS = ("key-passphrase", "secret-key", "personal-data-key")


def nobody_answers(address: str) -> Fetched:
    """Fetch from a service that is gone."""
    raise FetchFailed(f"{address}: no answer")


@dataclass
class Blank:
    """A machine with the secrets and nothing else."""

    settings: Settings
    clock: Clock

    def restore(self, content: bytes, newer: Newer | None = None, fetch=nobody_answers):
        """Put a backup back."""
        stream, newer = io.BytesIO(content), newer or Newer(nothing_published=True)
        return restore(self.settings, stream, newer, fetch=fetch, now=self.clock())

    def app(self) -> Flask:
        """Start the service."""
        return create_app(self.settings, clock=self.clock, mailer=Letters())


@pytest.fixture
def blank(app: Flask, database, tmp_path: Path, clock: Clock) -> Iterator[Blank]:
    """A machine that is to take over."""
    folder = tmp_path / "blank"
    former = app.extensions["badgeservice"].settings
    is_sqlite = database.name == "sqlite"
    settings = settings_in(
        folder, database_url="" if is_sqlite else database.new(folder), base_url=former.base_url
    )
    settings.data_dir.mkdir(parents=True)
    for secret in SECRETS:
        shutil.copy2(former.data_dir / secret, settings.data_dir / secret)
    yield Blank(settings, clock)
    if not is_sqlite:
        DATABASES["postgresql"].drop(settings.database_url)


@pytest.fixture
def copy(desk: Desk) -> Callable[[], bytes]:
    """Make a backup of the office's installation."""

    def make() -> bytes:
        stream = io.BytesIO()
        backup.make(db.engine, services(), stream, now=desk.clock())
        return stream.getvalue()

    return make


def test_everything_comes_back_but_the_secrets(desk, copy, blank) -> None:
    """The badge to the byte, the chain, and a list that is later than the one before."""
    badge = desk.badge()
    was = shelf.take(desk.session, desk.office.vault, badge, Format.JSON)
    before = desk.session.get_one(StatusList, 1).published_at
    content = copy()
    desk.clock.advance(hours=1)

    done = blank.restore(content)

    assert ([], 1, {1: 2}) == (done.violations, done.badges, done.lists)
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        names = tar.getnames()
        assert "manifest.json" == names[-1]
        assert not {name.rpartition("/")[2] for name in names} & {*SECRETS, "mailbox.jsonl"}
        database = tar.extractfile(names[0]).read()
    secrets = [(blank.settings.data_dir / name).read_bytes().strip() for name in SECRETS]
    assert not any(secret in content for secret in secrets)
    assert b"anais@example.org" not in database
    with blank.app().app_context():
        here = services()
        again = db.session.get_one(Badge, badge.public_id)
        assert was == shelf.take(db.session, here.vault, again, Format.JSON)
        assert before < db.session.get_one(StatusList, 1).published_at
        db.engine.dispose()
    for path in (blank.settings.data_dir, blank.settings.keys_dir):
        loose = [p for p in path.rglob("*") if p.is_file() and p.stat().st_mode & 0o077]
        assert [] == loose
    assert stat.S_IMODE(blank.settings.keys_dir.stat().st_mode) == 0o700


def test_what_was_revoked_and_erased_since_stays_so(desk, copy, blank, letters, tmp_path) -> None:
    """By the newer ledgers; the person who left is erased from the restored database too."""
    revoked, left, kept = (desk.badge(f"{name}@example.org") for name in ("a", "b", "c"))
    revoked_id, left_id, kept_id = revoked.public_id, left.public_id, kept.public_id
    holder = shelf.holder(desk.session, left)
    content = copy()
    states.revoke(
        desk.session, desk.office, revoked_id,
        reason=Reason.ISSUED_IN_ERROR, actor="administrator", now=desk.clock(),
    )  # fmt: skip
    here = services()
    erase.erase(
        desk.session, desk.office, here.erasures, letters,
        person_id=holder, choice=Choice.KEEP_BADGES, actor=holder, now=desk.clock(),
    )  # fmt: skip
    newer = Newer(
        erasures=here.erasures.path, revocations=here.office.states.path, nothing_published=True
    )
    desk.clock.advance(hours=1)

    done = blank.restore(content, newer)

    assert ([], 1, 1, 0) == (done.violations, done.changed, done.erased, done.carried)
    for ledger in LEDGERS:
        assert 0o600 == stat.S_IMODE((blank.settings.data_dir / ledger).stat().st_mode)
    with blank.app().app_context():
        states_now = {b.public_id: b.state for b in db.session.scalars(select(Badge))}
        assert {revoked_id: "revoked", left_id: "active", kept_id: "active"} == states_now
        with pytest.raises(CredentialNotFound, match="no json is kept"):
            shelf.take(
                db.session, services().vault, db.session.get_one(Badge, left_id), Format.JSON
            )
        db.engine.dispose()


@pytest.mark.parametrize("revoked", ["before the backup", "after the backup"])
def test_what_a_holder_took_back_of_a_revoked_badge_stays_away(desk, copy, blank, revoked) -> None:
    """It stays revoked, and its bytes are destroyed again."""
    public_id = desk.badge("a@example.org").public_id

    def revoke() -> None:
        states.revoke(
            desk.session, desk.office, public_id,
            reason=Reason.ISSUED_IN_ERROR, actor="administrator", now=desk.clock(),
        )  # fmt: skip

    if revoked == "before the backup":
        revoke()
    content = copy()
    if revoked == "after the backup":
        revoke()
    states.withdraw(desk.session, desk.office, public_id, actor="holder", now=desk.clock())
    desk.clock.advance(hours=1)

    done = blank.restore(
        content, Newer(revocations=desk.office.states.path, nothing_published=True)
    )

    assert [] == done.violations
    with blank.app().app_context():
        badge = db.session.get_one(Badge, public_id)
        assert BadgeState.REVOKED == badge.state
        assert [] == shelf.kept(db.session, badge)
        db.engine.dispose()


def test_what_its_holder_hid_since_stays_hidden(desk, copy, blank) -> None:
    """Visibility is not signed; the ledger tells it all the same."""
    badge = desk.badge("a@example.org")
    public_id = badge.public_id
    content = copy()
    holdings.set_visibility(desk.session, desk.office, badge, Visibility.PRIVATE, now=desk.clock())
    desk.session.commit()

    done = blank.restore(
        content, Newer(revocations=desk.office.states.path, nothing_published=True)
    )

    assert ([], 1) == (done.violations, done.changed)
    with blank.app().app_context():
        assert Visibility.PRIVATE == db.session.get_one(Badge, public_id).visibility
        db.engine.dispose()


def test_a_key_that_was_lost_to_a_thief_since_signs_no_more(desk, copy, blank, tmp_path) -> None:
    """By the newer keys folder; a list that the successor signed is ours, and nothing is issued yet."""
    desk.badge("a@example.org")
    content = copy()
    desk.clock.advance(hours=1)
    here, keys = services(), tmp_path / "newer-keys"
    shutil.copytree(here.settings.keys_dir, keys)
    ring = Keyring(keys, desk.office.issuer.slug, passphrase=here.settings.key_passphrase)
    ring.compromise("ed25519-1", since=desk.clock(), now=desk.clock())
    signer = Signer(desk.office.issuer, keyring=ring, log=desk.office.log)
    office = replace(desk.office, keyring=ring, signer=signer)
    version = status_lists.publish(desk.session, office, 1, ended=[], now=desk.clock())
    desk.session.commit()
    public = tmp_path / "1"
    public.write_bytes(desk.session.get_one(StatusList, 1).published)
    desk.clock.advance(hours=1)

    done = blank.restore(content, Newer(keys=keys, published=[public]))

    assert ([], {1: version}) == (done.violations, done.lists)
    with blank.app().app_context():
        keys_now = key_registry.read(services().settings.keys_dir)
        states_now = {key.kid: key.state for key in keys_now}
        assert ("compromised", "active") == (states_now["ed25519-1"], states_now["ed25519-2"])
        assert halting.standing(db.session) is not None
        db.engine.dispose()


def test_bits_that_the_public_has_stay_set(desk, copy, blank, tmp_path) -> None:
    """Also those of badges that the backup does not know, in a list that it does not know."""
    known = desk.badge("a@example.org")
    content = copy()
    desk.clock.advance(minutes=1)
    editions.correct(
        desk.session, desk.office, known.public_id, choices=replace(CHOICES, language="en"),
        actor="administrator", now=desk.clock(),
    )  # fmt: skip
    desk.session.get_one(StatusList, 1).reserved = status_lists.ENTRIES // 2
    lost = desk.badge("b@example.org")
    states.revoke(
        desk.session, desk.office, lost.public_id,
        reason=Reason.ISSUED_IN_ERROR, actor="administrator", now=desk.clock(),
    )  # fmt: skip
    site = tmp_path / "site"
    bits = {n: set(status_lists.withdrawn(desk.session, n)) for n in (1, 2)}
    for number in (1, 2):
        path = site / "status" / str(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(desk.session.get_one(StatusList, number).published)
    desk.clock.advance(hours=1)

    done = blank.restore(content, Newer(published=[site]))

    assert ([], 2, {1: 2, 2: 1}) == (done.violations, done.carried, done.lists)
    assert all(bits.values())
    with blank.app().app_context():
        for number in (1, 2):
            assert bits[number] == set(status_lists.withdrawn(db.session, number))
        assert 2 == len(db.session.scalars(select(CarriedBit)).all())
        [(number, _)] = status_lists.reserve(db.session, services().office, now=desk.clock())
        assert 3 == number  # no place of before is given again
        db.session.rollback()
        db.engine.dispose()


def test_the_public_address_is_asked(desk, copy, blank) -> None:
    """List by list, until there is none; a later date than ours follows."""
    desk.badge()
    content, asked = copy(), []
    public = {"http://localhost/status/1": desk.session.get_one(StatusList, 1).published}

    def fetch(address: str) -> Fetched:
        asked.append(address)
        if address in public:
            return Fetched(address, 200, "application/json", public[address])
        return Fetched(address, 404, "text/html", b"")

    desk.clock.advance(hours=1)
    done = blank.restore(content, Newer(), fetch=fetch)

    assert ["http://localhost/status/1", "http://localhost/status/2"] == asked
    assert [] == done.violations
    with blank.app().app_context():
        document = strict_json.loads(db.session.get_one(StatusList, 1).published)
        assert timestamps.read(document["validFrom"]) == desk.clock()
        db.engine.dispose()


def no_copy(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """Nobody answers, and nobody says that nobody has a copy."""
    return content, Newer()


def forged_list(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """A list in which somebody else has changed something."""
    document = json.loads(desk.session.get_one(StatusList, 1).published)
    (tmp / "1").write_text(json.dumps(document | {"validFrom": "2026-11-23T09:00:01Z"}))
    return content, Newer(published=[tmp / "1"])


def other_list(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """No list where one was expected."""
    (tmp / "empty").mkdir()
    return content, Newer(published=[tmp / "empty"])


def future_list(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """A list from later than this machine says it is."""
    desk.clock.advance(days=1)
    status_lists.publish(desk.session, desk.office, 1, ended=[], now=desk.clock())
    (tmp / "1").write_bytes(desk.session.get_one(StatusList, 1).published)
    desk.session.rollback()
    desk.clock.advance(days=-1)
    return content, Newer(published=[tmp / "1"])


def flipped(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """One bit of the database has changed."""
    changed = bytearray(content)
    changed[4096] ^= 1
    return bytes(changed), Newer(nothing_published=True)


def cut_off(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """The disk was full."""
    return content[: len(content) // 2], Newer(nothing_published=True)


def without_manifest(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """Cut off at the end of a file."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        end = tar.getmember("manifest.json").offset
    return content[:end] + bytes(1024), Newer(nothing_published=True)


def path_out(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """A file that would be written elsewhere."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../../evil"))
    return stream.getvalue(), Newer(nothing_published=True)


def no_archive(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """Something else."""
    return b"hello", Newer(nothing_published=True)


def other_ledger(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """The ledger of another installation."""
    services().office.states.append("other", states.BadgeState.REVOKED, "", desk.clock())
    own = services().office.states.path
    moved = own.rename(tmp / "other.jsonl")
    services().office.states.append("mine", states.BadgeState.REVOKED, "", desk.clock())
    stream = io.BytesIO()
    backup.make(db.engine, services(), stream, now=desk.clock())
    return stream.getvalue(), Newer(revocations=moved, nothing_published=True)


def no_ledger(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """A ledger that is not there."""
    return content, Newer(erasures=tmp / "none.jsonl", nothing_published=True)


def with_new_keys(tmp: Path, desk: Desk) -> tuple[bytes, Path]:
    """Make a backup in which a key was rotated; return it, and that keys folder."""
    here, stream, keys = services(), io.BytesIO(), tmp / "new-keys"
    shutil.copytree(here.settings.keys_dir, keys)
    ring = Keyring(keys, desk.office.issuer.slug, passphrase=here.settings.key_passphrase)
    ring.rotate(KeyKind.ED25519, now=desk.clock())
    there = replace(here, settings=replace(here.settings, keys_dir=keys))
    backup.make(db.engine, there, stream, now=desk.clock())
    return stream.getvalue(), keys


def older_keys(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """A keys folder from before a rotation that the backup knows."""
    content, _ = with_new_keys(tmp, desk)
    return content, Newer(keys=services().settings.keys_dir, nothing_published=True)


def reawoken_key(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """A keys folder with every key, in which one that had ended has not."""
    content, keys = with_new_keys(tmp, desk)
    key_registry.write(keys, [replace(key, retired=None) for key in key_registry.read(keys)])
    return content, Newer(keys=keys, nothing_published=True)


def no_keys(content: bytes, tmp: Path, desk: Desk) -> tuple[bytes, Newer]:
    """A folder without a registry."""
    return content, Newer(keys=tmp, nothing_published=True)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (no_copy, "--without-published"),
        (forged_list, "none that our keys signed"),
        (other_list, "no list in it"),
        (future_list, "later than the clock"),
        (flipped, "not what the manifest says"),
        (cut_off, "backup"),
        (without_manifest, "no manifest"),
        (path_out, "not a file of a backup"),
        (no_archive, "not a backup"),
        (other_ledger, "another story"),
        (no_ledger, "no such file"),
        (older_keys, "older than the backup"),
        (no_keys, "does not have the key"),
        (reawoken_key, "older than the backup"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_does_not_hold_is_refused_before_anything_is_changed(
    desk, copy, blank, tmp_path, damage, sentence
) -> None:
    """In a sentence; the machine is as blank as before."""
    desk.badge()
    content, newer = damage(copy(), tmp_path, desk)
    before = sorted(path.name for path in blank.settings.data_dir.iterdir())

    with pytest.raises((BackupRefused, RestoreRefused), match=sentence):
        blank.restore(content, newer)

    assert before == sorted(path.name for path in blank.settings.data_dir.iterdir())
    assert not blank.settings.keys_dir.exists()


def test_nothing_is_put_over_an_installation(desk, copy, blank) -> None:
    """Whatever part of one is there: restored twice, it refuses the second time."""
    content = copy()
    blank.restore(content)

    with pytest.raises(RestoreRefused, match="where nothing is yet"):
        blank.restore(content)


def test_another_address_is_refused(copy, blank) -> None:
    """Badges carry their address for ever."""
    blank.settings = replace(blank.settings, base_url="http://localhost:9")

    with pytest.raises(RestoreRefused, match="BADGESERVICE_BASE_URL=http://localhost"):
        blank.restore(copy())


def test_nothing_is_served_before_the_end(desk, copy, blank) -> None:
    """With the wrong key of personal data it stops half-way, and the service does not start."""
    desk.badge()
    content = copy()
    key = blank.settings.data_dir / "personal-data-key"
    key.chmod(0o600)
    key.write_text("ab" * 32)

    with pytest.raises(RestoreRefused, match="personal data key"):
        blank.restore(content)

    with pytest.raises(SettingsError, match="not put back to the end"):
        blank.app()


def test_a_finding_of_the_audit_keeps_the_service_closed(desk, copy, blank) -> None:
    """What was wrong before the backup is wrong after it."""
    badge = desk.badge()
    badge.state = "suspended"
    desk.session.commit()

    done = blank.restore(copy())

    assert {"chain"} == {violation.question for violation in done.violations}
    with pytest.raises(SettingsError, match="not put back to the end"):
        blank.app()


def test_a_backup_while_badges_are_issued_holds_together(desk, another_desk, blank) -> None:
    """Made between the signature and the commit of a badge: planned in the copy, not a ghost."""
    desk.badge("a@example.org")
    other, stream = another_desk(), io.BytesIO()
    offer = other.offer("b@example.org")
    append, here = desk.office.log.append, services()

    class Busy(type(desk.office.log)):
        """A log after the first entries of which a backup is made."""

        def append(self, *entries) -> None:
            append(*entries)
            if entries[0].purpose == "credential" and not stream.getvalue():
                backup.make(db.engine, here, stream, now=desk.clock())

    other.office.signer._log = Busy(desk.office.log.path)
    other.accept(offer)
    desk.clock.advance(hours=1)

    done = blank.restore(stream.getvalue())

    assert ([], 1) == (done.violations, done.badges)


def test_a_dump_may_take_longer_than_a_transaction_may_idle(desk, monkeypatch) -> None:
    """The transaction whose moment is dumped has nothing to do meanwhile."""
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite copies itself")
    monkeypatch.setitem(postgresql._RULES, "idle_in_transaction_session_timeout", "300ms")
    desk.badge()
    db.engine.dispose()
    dump = postgresql_tools.dump

    def slow(*given) -> None:
        dump(*given)
        time.sleep(0.6)

    monkeypatch.setattr(postgresql_tools, "dump", slow)

    assert 1 == backup.make(db.engine, services(), io.BytesIO(), now=desk.clock())["badges"]


def test_lists_are_found_in_what_freeze_wrote(tmp_path) -> None:
    """A mirror has more than lists beside its site."""
    (tmp_path / "site" / "status").mkdir(parents=True)
    (tmp_path / "site" / "status" / "1").write_bytes(b"a list")
    (tmp_path / "manifest.sqlite").write_bytes(b"not a list")

    assert [b"a list"] == list(published.in_files([tmp_path]))
