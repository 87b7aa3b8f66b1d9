"""Our own verifier is shown what the strangers are shown, with the register of the issuer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from badgeservice import documents, verification
from badgeservice.app import create_app
from badgeservice.errors import Unreadable
from badgeservice.extensions import db, services
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.settings import Settings
from badgeservice.verification import Verdict
from badgeservice.verification.register import EmptyRegister

RELEASED = ("eddsa-rdfc-2022", "vc-jwt-es256", "vc-jwt-rs256", "png", "svg")
"""The service hands out no EdDSA token; the copies of one must be refused all the same."""

OLDER = ("ob2-json", "ob2-jws", "png-both", "svg-both")
"""One of each is released by the service; the others are made with its functions and hosted beside.

To our register these would be forgeries; they are judged as another installation would judge them.
"""


@pytest.fixture(scope="module")
def verdicts(samples: Path) -> list[tuple[dict[str, str], Verdict]]:
    """What our verifier says of every sample, next to the sample."""
    installation = samples / "installation"
    settings = Settings.from_environment(
        {
            "BADGESERVICE_BASE_URL": "https://badges.example",
            "BADGESERVICE_DATA_DIR": str(installation / "data"),
            "BADGESERVICE_KEYS_DIR": str(installation / "keys"),
        }
    )
    listing = json.loads((samples / "samples.json").read_text())["samples"]
    with create_app(settings).app_context():
        return list(_judge(samples, listing))


def _judge(
    samples: Path, listing: list[dict[str, str]]
) -> Iterator[tuple[dict[str, str], Verdict]]:
    office = services().office
    own, beside = own_fetch(Hosting(db.session, office)), documents.directory_fetch(samples)
    register = DatabaseRegister(db.session, office)
    for sample in listing:
        content = (samples / sample["file"]).read_bytes()
        try:
            submission = verification.recognise(content)
        except Unreadable:
            yield sample, Verdict.UNREADABLE
            continue
        elsewhere = sample["format"] in OLDER and sample["name"] != "genuine, released"
        fetch, known = (beside, EmptyRegister()) if elsewhere else (own, register)
        report = verification.verify(submission, fetch=fetch, register=known, now=datetime.now(UTC))
        yield sample, report.verdict


@pytest.mark.parametrize("form", RELEASED)
def test_genuine_badges_are_green(
    verdicts: list[tuple[dict[str, str], Verdict]], form: str
) -> None:
    """The same bytes that the strangers accept."""
    found = [
        verdict
        for sample, verdict in verdicts
        if (sample["format"], sample["question"]) == (form, "none")
    ]

    assert found == [Verdict.GREEN, Verdict.GREEN]


@pytest.mark.parametrize("form", OLDER)
def test_older_badges_are_well_signed_by_an_issuer_that_we_do_not_know(
    verdicts: list[tuple[dict[str, str], Verdict]], form: str
) -> None:
    """Amber, and every tampered copy is red, but for one: where nothing answers, nothing is known."""
    found = [(s["name"], verdict) for s, verdict in verdicts if s["format"] == form]

    assert [v for name, v in found if name == "genuine"] == [Verdict.AMBER, Verdict.AMBER]
    tampered = [(name, verdict) for name, verdict in found if not name.startswith("genuine")]
    not_red = {name for name, v in tampered if v is not Verdict.RED}
    assert not_red <= {"address of nothing"}


@pytest.mark.parametrize("form", OLDER)
def test_what_was_released_in_the_older_version_is_green(
    verdicts: list[tuple[dict[str, str], Verdict]], form: str
) -> None:
    """Asked of our own register, like every badge of ours."""
    found = [v for s, v in verdicts if (s["format"], s["name"]) == (form, "genuine, released")]

    assert found == [Verdict.GREEN]


def test_no_tampered_copy_is_green(verdicts: list[tuple[dict[str, str], Verdict]]) -> None:
    """Not even the ones that strangers take for good."""
    green = [
        (sample["format"], sample["name"])
        for sample, verdict in verdicts
        if sample["question"] != "none" and verdict is Verdict.GREEN
    ]

    assert green == []
