"""The life of a key: made, in use, retired, compromised; and the registry that remembers it all."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from badgeservice.errors import KeyChangeRefused, KeyFileError
from badgeservice.issuing import key_registry, keystore
from badgeservice.issuing.key_registry import KeyState, RegisteredKey
from badgeservice.issuing.keyring import Keyring
from badgeservice.openbadges.keys import SIGNING_KINDS, KeyKind, PublicKey

PASSPHRASE = b"a passphrase for tests"
DAY = timedelta(days=1)


@pytest.fixture
def ring(tmp_path: Path, now: datetime) -> Keyring:
    """An issuer with one key of each kind."""
    ring = Keyring(tmp_path, "demo", passphrase=lambda: PASSPHRASE)
    for kind in SIGNING_KINDS:
        ring.new(kind, now=now)
    return ring


def states(ring: Keyring) -> dict[str, str]:
    """Every key with its state."""
    return {kid: str(entry.state) for kid, entry in ring.entries.items()}


class TestNewKeys:
    """A key signs from the moment it is registered."""

    def test_each_kind_has_names_of_its_own(self, ring: Keyring) -> None:
        """Kind and number, which stand in badges for ever."""
        assert ["ed25519-1", "p256-1", "rsa-1"] == list(ring.entries)

    @pytest.mark.parametrize("kind", SIGNING_KINDS)
    def test_the_newest_one_signs(self, ring: Keyring, kind: KeyKind, now: datetime) -> None:
        """Its public key in the registry verifies what it signs."""
        fresh = ring.new(kind, now=now + DAY)

        key = ring.signing_key(kind)

        assert fresh.kid == key.kid == f"{kind.name.lower()}-2"
        ring.entries[key.kid].public_key.verify(key.sign(b"message"), b"message")

    def test_the_registry_comes_back_as_it_was_written(self, ring: Keyring, tmp_path: Path) -> None:
        """Another process reads the same keys."""
        assert list(ring.entries.values()) == list(key_registry.read(tmp_path))
        assert 2 == json.loads((tmp_path / "registry.json").read_text())["version"]

    def test_two_issuers_do_not_see_each_other(self, ring: Keyring, now: datetime) -> None:
        """Numbers are per issuer and kind, and a change of one keeps the keys of the other."""
        other = Keyring(ring.keys_dir, "other", passphrase=lambda: PASSPHRASE)
        assert not other.entries

        made = other.new(KeyKind.ED25519, now=now)

        assert "ed25519-1" == made.kid
        assert ["ed25519-1"] == list(other.entries)
        assert 3 == len(ring.entries)
        assert made.public_key != ring.entries["ed25519-1"].public_key

    def test_a_running_service_signs_with_the_new_key(self, ring: Keyring, now: datetime) -> None:
        """The command that makes it is another process: nobody restarts anything."""
        running = Keyring(ring.keys_dir, "demo", passphrase=lambda: PASSPHRASE)
        assert "p256-1" == running.signing_key(KeyKind.P256).kid

        ring.rotate(KeyKind.P256, now=now + DAY)

        assert "p256-2" == running.signing_key(KeyKind.P256).kid

    def test_two_commands_at_once_lose_no_key(self, ring: Keyring, now: datetime) -> None:
        """Each change is made to what the other has written."""
        rings = [Keyring(ring.keys_dir, "demo", passphrase=lambda: PASSPHRASE) for _ in range(4)]
        threads = [
            threading.Thread(target=one.new, args=(KeyKind.ED25519,), kwargs={"now": now})
            for one in rings
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        numbers = {kid for kid in ring.entries if kid.startswith("ed25519")}
        assert {f"ed25519-{number}" for number in range(1, 6)} == numbers


class TestRotation:
    """The successor proves itself first; then both change in one step."""

    @pytest.mark.parametrize("kind", SIGNING_KINDS)
    def test_the_old_one_signs_no_more(self, ring: Keyring, kind: KeyKind, now: datetime) -> None:
        """It keeps its place in the registry, with the date."""
        old = ring.current(kind)

        fresh = ring.rotate(kind, now=now + DAY)

        assert fresh == ring.current(kind)
        assert KeyState.RETIRED is ring.entries[old.kid].state
        assert now + DAY == ring.entries[old.kid].retired == fresh.created
        assert old.public_key == ring.entries[old.kid].public_key

    def test_nothing_changes_when_the_successor_cannot_be_made(
        self, ring: Keyring, tmp_path: Path, now: datetime
    ) -> None:
        """A file in its place, left over by a command that was cut short."""
        (tmp_path / "demo" / "rsa-2.pem").write_text("half a key")
        before = (tmp_path / "registry.json").read_bytes()

        with pytest.raises(KeyFileError, match="move it away"):
            ring.rotate(KeyKind.RSA, now=now + DAY)

        assert before == (tmp_path / "registry.json").read_bytes()
        assert "rsa-1" == ring.signing_key(KeyKind.RSA).kid

    def test_nothing_changes_when_the_successor_does_not_prove_itself(
        self, ring: Keyring, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The disk gives back another file than was written."""
        before = (tmp_path / "registry.json").read_bytes()
        first = keystore.path_of(tmp_path, "demo", "ed25519-1")
        load = keystore.load
        monkeypatch.setattr(keystore, "load", lambda _path, passphrase: load(first, passphrase))

        with pytest.raises(KeyFileError, match="not the key that the registry names"):
            ring.rotate(KeyKind.ED25519, now=now + DAY)

        assert before == (tmp_path / "registry.json").read_bytes()

    def test_a_broken_key_can_be_replaced(self, ring: Keyring, now: datetime) -> None:
        """Its private half is not needed to retire it."""
        keystore.path_of(ring.keys_dir, "demo", "rsa-1").unlink()

        ring.rotate(KeyKind.RSA, now=now + DAY)

        assert [] == ring.problems()

    def test_a_clock_that_went_back_is_refused(self, ring: Keyring, now: datetime) -> None:
        """The old key would have ended before it began."""
        with pytest.raises(KeyChangeRefused, match="set the clock right"):
            ring.rotate(KeyKind.P256, now=now - DAY)

        assert "p256-1" == ring.current(KeyKind.P256).kid


class TestRetirement:
    """A key can end without a successor, unless it is the last."""

    def test_the_only_one_stays(self, ring: Keyring, now: datetime) -> None:
        """The sentence says what to do instead."""
        with pytest.raises(KeyChangeRefused, match="`badgeservice keys rotate p256` makes its"):
            ring.retire("p256-1", now=now + DAY)

    def test_the_newest_may_go_when_an_older_one_is_left(
        self, ring: Keyring, now: datetime
    ) -> None:
        """Then the older one signs again."""
        ring.new(KeyKind.P256, now=now + DAY)

        ring.retire("p256-2", now=now + 2 * DAY)

        assert "p256-1" == ring.signing_key(KeyKind.P256).kid

    def test_an_ended_key_does_not_end_again(self, ring: Keyring, now: datetime) -> None:
        """Its date stays the first one."""
        ring.rotate(KeyKind.P256, now=now + DAY)

        with pytest.raises(KeyChangeRefused, match="p256-1 is retired already"):
            ring.retire("p256-1", now=now + 2 * DAY)

        assert now + DAY == ring.entries["p256-1"].retired

    @pytest.mark.parametrize("kid", ["p256-9", "", "../p256-1", "P256-1"])
    def test_an_unknown_key_is_named(self, ring: Keyring, kid: str, now: datetime) -> None:
        """With those that there are."""
        with pytest.raises(KeyChangeRefused, match="there are: ed25519-1, p256-1, rsa-1"):
            ring.retire(kid, now=now)


class TestCompromise:
    """Somebody else may have had the key since a date."""

    def test_it_signs_no_more_and_has_a_successor(self, ring: Keyring, now: datetime) -> None:
        """Both dates are kept: since when, and when we learned of it."""
        key, successor = ring.compromise("p256-1", since=now + DAY, now=now + 3 * DAY)

        assert {"p256-1": "compromised", "p256-2": "active"} == {
            kid: state for kid, state in states(ring).items() if kid.startswith("p256")
        }
        assert (now + DAY, now + 3 * DAY, now + 3 * DAY) == (
            key.compromised,
            key.reported,
            key.retired,
        )
        assert successor == ring.current(KeyKind.P256)

    def test_a_retired_key_needs_no_successor(self, ring: Keyring, now: datetime) -> None:
        """It keeps the date on which it was retired."""
        ring.rotate(KeyKind.P256, now=now + DAY)

        key, successor = ring.compromise("p256-1", since=now, now=now + 3 * DAY)

        assert successor is None
        assert now + DAY == key.retired

    def test_the_date_moves_back_only(self, ring: Keyring, now: datetime) -> None:
        """What was suspected is not unsuspected; when we first learned of it stays."""
        ring.compromise("rsa-1", since=now + 2 * DAY, now=now + 3 * DAY)

        for since in (now + 2 * DAY, now + 3 * DAY):
            with pytest.raises(KeyChangeRefused, match="marked as compromised since 2026-11-25"):
                ring.compromise("rsa-1", since=since, now=now + 4 * DAY)
        key, successor = ring.compromise("rsa-1", since=now + DAY, now=now + 4 * DAY)

        assert successor is None
        assert (now + DAY, now + 3 * DAY) == (key.compromised, key.reported)

    @pytest.mark.parametrize(
        ("kid", "days", "reason"),
        [
            ("p256-1", 2, "2026-11-25T09:00:00Z is in the future"),
            ("p256-1", -1, "p256-1 was made later, at 2026-11-23T09:00:00Z"),
            ("p256-7", 0, "no such key"),
        ],
    )
    def test_impossible_marks_are_refused(
        self, ring: Keyring, kid: str, days: int, reason: str, now: datetime
    ) -> None:
        """Nothing is changed."""
        before = states(ring)

        with pytest.raises(KeyChangeRefused, match=reason):
            ring.compromise(kid, since=now + days * DAY, now=now + DAY)

        assert before == states(ring)


class TestProof:
    """A key that does not prove itself signs nothing."""

    def test_another_key_in_its_place(self, ring: Keyring) -> None:
        """Sound, under our passphrase, and not the one in the registry."""
        path = keystore.path_of(ring.keys_dir, "demo", "ed25519-1")
        path.unlink()
        path.write_bytes(
            Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE)
            )
        )
        path.chmod(0o400)

        with pytest.raises(KeyFileError, match=r"ed25519-1\.pem: not the key that the registry"):
            ring.signing_key(KeyKind.ED25519)

    def test_each_problem_is_said_once(self, tmp_path: Path, now: datetime) -> None:
        """Nothing about the kinds that are well."""
        ring = Keyring(tmp_path, "demo", passphrase=lambda: PASSPHRASE)
        ring.new(KeyKind.P256, now=now)

        problems = [problem.message for problem in ring.problems()]

        assert 2 == len(problems)
        assert all("run `badgeservice setup`" in problem for problem in problems)

    def test_a_wrong_signature_never_leaves(
        self, ring: Keyring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Memory that went bad: the signature is verified before it is handed over."""
        load = keystore.load
        monkeypatch.setattr(
            keystore,
            "load",
            lambda path, passphrase: (load(path, passphrase)[0], lambda _: bytes(64)),
        )

        with pytest.raises(KeyFileError, match="what it signs does not verify"):
            ring.signing_key(KeyKind.P256)

    def test_what_was_mended_is_taken_at_the_next_call(self, ring: Keyring) -> None:
        """Nobody restarts anything for a mode."""
        path = keystore.path_of(ring.keys_dir, "demo", "rsa-1")
        path.chmod(0o644)
        with pytest.raises(KeyFileError):
            ring.signing_key(KeyKind.RSA)

        path.chmod(0o400)

        assert "rsa-1" == ring.signing_key(KeyKind.RSA).kid


class TestRegistryFile:
    """What stands in registry.json."""

    VERSION_1 = (
        '[{"issuer": "demo", "kid": "ed25519-1",'
        ' "public_key": "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",'
        ' "created": "2026-11-01T00:00:00Z"},'
        ' {"issuer": "demo", "kid": "p256-1",'
        ' "public_key": "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv",'
        ' "created": "2026-11-01T00:00:00Z"}]'
    )

    def test_the_first_version_is_read_and_rewritten(self, tmp_path: Path, now: datetime) -> None:
        """An installation of the first release goes on with its keys, and gains the missing one."""
        (tmp_path / "registry.json").write_text(self.VERSION_1)
        ring = Keyring(tmp_path, "demo", passphrase=lambda: PASSPHRASE)
        before = list(ring.entries.values())

        ring.new(KeyKind.RSA, now=now)

        assert ["active", "active"] == [key.state for key in before]
        assert PublicKey.from_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2") == (
            before[0].public_key
        )
        assert [*before, ring.entries["rsa-1"]] == list(key_registry.read(tmp_path))
        assert 2 == json.loads((tmp_path / "registry.json").read_text())["version"]

    def test_no_registry_is_no_keys(self, tmp_path: Path) -> None:
        """Before the first set-up."""
        assert () == key_registry.read(tmp_path)
        assert not Keyring(tmp_path, "demo", passphrase=lambda: PASSPHRASE).entries

    @pytest.mark.parametrize(
        "change",
        [
            {"kid": "../../etc/passwd"},
            {"kid": ""},
            {"kid": None},
            {"issuer": "a/b"},
            {"public_key": "z6Mk"},
            {"public_key": {}},
            {"public_key": None},
            {"created": "yesterday"},
            {"created": None},
            {"retired": "2026-11-23"},
            {"compromised": "2026-11-23T09:00:00Z"},
            {
                "compromised": "2026-11-23T09:00:00Z",
                "reported": "2026-11-23T09:00:00Z",
                "retired": None,
            },
            {"expires": "2027-01-01T00:00:00Z"},
            {"kid": "rsa-1"},
        ],
        ids=str,
    )
    def test_an_entry_that_is_none_is_refused(
        self, ring: Keyring, tmp_path: Path, change: dict[str, object]
    ) -> None:
        """A damaged registry never reads as fewer keys."""
        path = tmp_path / "registry.json"
        content = json.loads(path.read_text())
        content["keys"][0] |= change
        path.write_text(json.dumps(content))

        with pytest.raises(KeyFileError, match=r"not a key registry \(.+\); restore it"):
            key_registry.read(tmp_path)

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{}x",
            '[{"kid": "key-1"}]',
            '{"kid": 1}',
            "[1]",
            "5",
            '{"version": 2, "keys": [], "more": 1}',
            '{"version": 3, "keys": []}',
            '{"version": 2, "keys": {}}',
            '{"version": 2, "keys": [[]]}',
            "\xff",
        ],
    )
    def test_a_file_that_is_none_is_refused(self, tmp_path: Path, content: str) -> None:
        """A damaged registry never reads as "no keys", which would make new ones."""
        (tmp_path / "registry.json").write_text(content, encoding="latin-1")

        with pytest.raises(KeyFileError, match="not a key registry"):
            key_registry.read(tmp_path)

    def test_a_crash_while_writing_leaves_the_old_one(
        self, ring: Keyring, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The power fails before the new file takes the name of the old one."""
        before = list(ring.entries.values())

        def power_cut(*_arguments: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("os.replace", power_cut)
        with pytest.raises(KeyboardInterrupt):
            ring.rotate(KeyKind.ED25519, now=now + DAY)

        assert before == list(key_registry.read(ring.keys_dir))
        assert "ed25519-1" == ring.signing_key(KeyKind.ED25519).kid


def test_a_key_says_its_state_and_kind() -> None:
    """State follows from the dates, kind from the public key: neither is written twice."""
    public_key = PublicKey.from_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
    key = RegisteredKey("demo", "ed25519-1", public_key, datetime(2026, 11, 1))

    assert (KeyKind.ED25519, KeyState.ACTIVE) == (key.kind, key.state)
