"""`badgeservice reissue` with several processes: shared out, done, and nobody left behind."""

from __future__ import annotations

import multiprocessing
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from badgeservice.cli import main, opening
from badgeservice.cli import reissue as command
from badgeservice.issuing import audit, reissue
from badgeservice.issuing.models import Badge
from badgeservice.jobs.models import Job
from badgeservice.openbadges.keys import KeyKind
from tests.conftest import Clock
from tests.issuing.conftest import Desk

BADGES = 5


@pytest.fixture
def method(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a key that has signed some badges, and signs no more."""
    keys = tmp_path / "keys-of-its-own"  # others use the same
    shutil.copytree(environment["BADGESERVICE_KEYS_DIR"], keys)
    for name, value in {**environment, "BADGESERVICE_KEYS_DIR": str(keys)}.items():
        monkeypatch.setenv(name, value)
    with opening.installation() as (session, here):
        desk = Desk(session, here.office, Clock(here.clock()))
        for number in range(BADGES):
            desk.badge(f"p{number}@example.org")
        signed_by = here.office.signer.verification_method
        here.office.keyring.rotate(KeyKind.ED25519, now=here.clock())
    return signed_by


def test_groups_are_shared_out_among_processes(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every badge is signed anew once, what we keep agrees, and the helpers end with the command."""
    monkeypatch.setattr(reissue, "GROUP", 2)

    done = CliRunner().invoke(main, ["reissue", "--key", "ed25519-1", "--processes", "2"])

    assert (0, f"{BADGES} of {BADGES}") == (done.exit_code, done.stdout.splitlines()[0]), done
    assert f"{BADGES} badge(s) signed anew, 0 not" == done.stdout.splitlines()[1]
    with opening.installation() as (session, here):
        assert [2] * BADGES == list(session.scalars(select(Badge.edition)))
        found = audit.violations(session, here.office, now=here.clock())
        assert {"keys"} >= {each.question for each in found}  # rotated without its note
    for helper in multiprocessing.active_children():
        helper.join(20)
    assert [] == multiprocessing.active_children()


def test_a_key_that_there_is_not_is_no_success(method: str) -> None:
    """A typing error reads as one."""
    refused = CliRunner().invoke(main, ["reissue", "--key", "ed25519-99"])

    assert 1 == refused.exit_code
    assert "no such key; there are: ed25519-1, p256-1, rsa-1, ed25519-2" in refused.stderr


def test_a_process_that_ends_is_told(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done is done; the command is to be run again."""
    monkeypatch.setattr(command, "_work", _give_up)

    with pytest.raises(command.IssuingRefused, match="run it again"):
        list(command._shared(iter([["a"]]), method, 1))


def _give_up(orders: object, method: str) -> None:
    """End at once."""


def test_it_can_be_left_to_the_worker(method: str) -> None:
    """A job says what is to be done; nothing is signed before a worker takes it."""
    told = CliRunner().invoke(main, ["reissue", "--key", "ed25519-1", "--later"])

    assert told.stdout.endswith(f"{BADGES} badge(s) to sign anew\n"), told
    with opening.installation() as (session, _):
        job = session.scalars(select(Job).where(Job.kind == "reissue")).one()
        assert {"key": "ed25519-1", "actor": "administrator"} == job.arguments
        assert [1] * BADGES == list(session.scalars(select(Badge.edition)))
