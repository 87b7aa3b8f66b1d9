"""The only hand that signs: what it refuses, and the log that it keeps before anything leaves."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from badgeservice.errors import SigningLogDamaged, SigningRefused
from badgeservice.issuing import shelf
from badgeservice.issuing.models import Format
from badgeservice.issuing.signer import LogEntry, Purpose, Signer, SigningLog
from badgeservice.openbadges import Document, strict_json
from badgeservice.openbadges.keys import KeyKind
from badgeservice.openbadges.proofs import vc_jwt
from badgeservice.openbadges.proofs.vc_jwt import Algorithm
from tests.conftest import Clock

from .conftest import Desk

ENTRY = LogEntry("2026-11-23T09:00:00+00:00", "credential", "urn:a", "did:web:a#1", "0" * 64)
NEXT = replace(ENTRY, at="2026-11-23T09:00:01+00:00")


@pytest.fixture
def log(tmp_path: Path) -> SigningLog:
    """A log with nothing in it."""
    return SigningLog(tmp_path / "log.jsonl")


def add(log: SigningLog, text: str) -> None:
    """Write into a log around the signer."""
    with log.path.open("a") as file:
        file.write(text)


def line(entry: LogEntry) -> str:
    """An entry as the log writes it."""
    return json.dumps(asdict(entry), separators=(",", ":"))


class TestLog:
    """Append-only, on the disk, and honest about crashes."""

    def test_entries_come_back_in_their_order(self, log: SigningLog) -> None:
        """Nothing before the first; the file is for its owner alone."""
        assert [] == list(log.entries())

        log.append(ENTRY)
        log.append(NEXT)

        assert [ENTRY, NEXT] == list(log.entries())
        assert 0o600 == log.path.stat().st_mode & 0o777

    @pytest.mark.parametrize("kept", [1, 20, len(line(NEXT)) - 1, len(line(NEXT))])
    def test_a_line_torn_by_a_crash_is_no_entry(self, log: SigningLog, kept: int) -> None:
        """Its signature never left: the log is flushed first. The next entry accounts for it."""
        log.append(ENTRY)
        add(log, line(NEXT)[:kept])
        assert [ENTRY] == list(log.entries())

        log.append(NEXT)
        log.append(NEXT)

        assert [ENTRY, NEXT, NEXT] == list(log.entries())
        assert f'{{"torn":{kept}}}\n' in log.path.read_text()

    def test_a_torn_first_line(self, log: SigningLog) -> None:
        """The very first signature was the one during which the power failed."""
        add(log, '{"at')
        log.refuse_clock_before_last(datetime(2000, 1, 1, tzinfo=UTC))

        log.append(ENTRY)

        assert [ENTRY] == list(log.entries())

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("nonsense\n", 2),
            ('{"at": 1}\n', 2),
            ("[]\n", 2),
            ("\n", 2),
            (line(replace(ENTRY, at="yesterday")) + "\n", 2),
            ("half\n" + '{"torn":5}\n', 2),
            ("half\n" + line(NEXT) + '\n{"torn":4}\n', 2),
            (line(NEXT) + '\n\n{"torn":4}\n', 3),
            ("\xff\n", 2),
        ],
    )
    def test_what_no_crash_explains_is_damage(
        self, log: SigningLog, text: str, number: int
    ) -> None:
        """Whoever edits the log is seen."""
        log.append(ENTRY)
        with log.path.open("a", encoding="latin-1") as file:
            file.write(text)
        log.append(NEXT)

        with pytest.raises(SigningLogDamaged, match=f"line {number} is no entry"):
            list(log.entries())

    def test_a_full_disk_is_an_error(
        self, log: SigningLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A part of the line was written: the signature must not leave."""
        write = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:10]))

        with pytest.raises(OSError, match="No space left"):
            log.append(ENTRY)

        assert [] == list(log.entries())

    def test_many_hands_write_whole_lines(self, log: SigningLog) -> None:
        """Threads and processes share the file."""
        threads = [threading.Thread(target=log.append, args=(ENTRY,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [ENTRY] * 20 == list(log.entries())


class TestClock:
    """A clock that went back dates nothing in the past."""

    @pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 10**9])
    def test_a_small_step_back_is_nothing(self, log: SigningLog, seconds: int) -> None:
        """Two machines are never quite at the same time."""
        log.append(ENTRY)

        log.refuse_clock_before_last(datetime.fromisoformat(ENTRY.at) + timedelta(seconds=seconds))

    @pytest.mark.parametrize("seconds", [-301, -3600, -(10**9)])
    def test_a_step_back_is_refused(self, log: SigningLog, seconds: int) -> None:
        """The sentence says both times; a torn line afterwards hides nothing."""
        log.append(ENTRY)
        add(log, '{"at":"2026')
        now = datetime.fromisoformat(ENTRY.at) + timedelta(seconds=seconds)

        with pytest.raises(SigningRefused, match=r"last signature was made at 2026-11-23T09") as no:
            log.refuse_clock_before_last(now)

        assert "clock_went_back" == no.value.code

    def test_the_earlier_time_may_have_been_the_wrong_one(self, log: SigningLog) -> None:
        """The operator says so once, it is written down, and time goes on from there."""
        log.append(replace(ENTRY, at="2036-11-23T09:00:00+00:00"))
        now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

        log.accept_clock(now)

        log.refuse_clock_before_last(now)
        assert ["credential", "clock"] == [entry.purpose for entry in log.entries()]
        with pytest.raises(SigningRefused):
            log.refuse_clock_before_last(now - timedelta(hours=1))

    def test_a_damaged_end_is_refused(self, log: SigningLog) -> None:
        """Then nobody knows when the last signature was made."""
        log.append(ENTRY)
        add(log, "nonsense\n")

        with pytest.raises(SigningLogDamaged, match="last line is no entry"):
            log.refuse_clock_before_last(datetime(2027, 1, 1, tzinfo=UTC))


@pytest.fixture
def unsigned(desk: Desk) -> Document:
    """A credential of ours without its proof."""
    badge = desk.badge()
    content = shelf.take(desk.session, desk.office.vault, badge, Format.JSON)
    document: Document = strict_json.loads(content)
    del document["proof"]
    return document


def test_nothing_is_signed_when_the_clock_went_back(
    desk: Desk, unsigned: Document, clock: Clock
) -> None:
    """Neither a proof nor a token, and the log has no entry more."""
    before = list(desk.office.log.entries())
    clock.advance(minutes=-6)

    with pytest.raises(SigningRefused, match="set the clock right"):
        desk.office.signer.secure(unsigned, Purpose.CREDENTIAL, now=clock())
    with pytest.raises(SigningRefused, match="set the clock right"):
        desk.office.signer.jwt(unsigned, now=clock())

    assert before == list(desk.office.log.entries())


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        (Algorithm.ES256, KeyKind.P256),
        (Algorithm.RS256, KeyKind.RSA),
        (Algorithm.EDDSA, KeyKind.ED25519),
    ],
)
def test_a_token_names_the_key_of_its_algorithm(
    desk: Desk, unsigned: Document, clock: Clock, algorithm: Algorithm, kind: KeyKind
) -> None:
    """And the log says so too."""
    signer = desk.office.signer

    token = signer.jwt(unsigned, algorithm=algorithm, now=clock())

    kid = desk.office.issuer.method(desk.office.keyring.current(kind).kid)
    assert kid == vc_jwt.parse(token).kid == list(desk.office.log.entries())[-1].method
    assert unsigned == vc_jwt.verify(token, desk.office.keyring.current(kind).public_key)
    assert kid in signer.methods


def test_es256_is_the_default(desk: Desk, unsigned: Document, clock: Clock) -> None:
    """What every caller gets that does not ask for another."""
    signer: Signer = desk.office.signer

    parsed = vc_jwt.parse(signer.jwt(unsigned, now=clock()))

    assert (Algorithm.ES256, signer.jwt_key) == (parsed.algorithm, parsed.kid)


def test_nothing_of_anothers_is_signed(desk: Desk, unsigned: Document, clock: Clock) -> None:
    """Nor what breaks a rule that a stranger's badge must pass."""
    for wrong, reason in (
        ({"issuer": {"id": "https://other.example", "type": ["Profile"]}}, "not the issuer"),
        ({"validFrom": "yesterday"}, "validFrom"),
    ):
        with pytest.raises(SigningRefused, match=reason):
            desk.office.signer.jwt(unsigned | wrong, now=clock())
