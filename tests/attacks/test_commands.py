"""Arguments and files that no command may answer with a stack trace."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner

from badgeservice.cli.verify import make_verify_command
from badgeservice.errors import FetchFailed
from badgeservice.openbadges import strict_json
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.issuers import NOBODY_KNOWN
from badgeservice.verification.register import EmptyRegister
from tests.verification.school import School


def _nobody_answers(address: str) -> Fetched:
    raise FetchFailed("no answer")


verify = make_verify_command(lambda: nullcontext((_nobody_answers, EmptyRegister(), NOBODY_KNOWN)))


@pytest.mark.parametrize(
    "argument", [b"http://a/\xff", b"ey\xff.a.b", b"\xff\xfe", b"x" * 5_000, b"ey" + b"x" * 5_000]
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_argument_that_is_no_text_gets_a_verdict(argument: bytes, form: tuple[str, ...]) -> None:
    """The bytes of an argument come in as text that no encoding can write out again."""
    result = CliRunner().invoke(verify, [os.fsdecode(argument), *form])

    assert result.exit_code in (2, 3), result.exception


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_no_time_to_verify_at_breaks_the_command(tmp_path: Path, instant: str) -> None:
    """An exit code 1 means red; a stack trace has it too."""
    school = School()
    badge = tmp_path / "badge.json"
    badge.write_bytes(strict_json.dumps(school.issue()))
    ours = make_verify_command(lambda: nullcontext((school.fetch, school, NOBODY_KNOWN)))

    result = CliRunner().invoke(ours, [str(badge), "--at", instant, "--lang", "en"])

    assert result.exit_code == 1
    assert "Badge:" in result.output, result.exception


@pytest.mark.parametrize(
    "entry",
    [
        {"file": "a\0b"},
        {"file": ""},
        {"file": "x" * 5_000},
        {"file": "../index.json"},
        {"file": "/etc/passwd"},
        {"file": "."},
        {"file": 1},
        {"status": -1},
        {"status": 2**53},
        {"redirect": None},
        {"unknown": 1},
        [],
        None,
    ],
)
def test_no_entry_of_a_folder_of_documents_breaks_the_command(
    tmp_path: Path, entry: object
) -> None:
    """The folder may come from the stranger whose badge it is."""
    (tmp_path / "index.json").write_text(json.dumps({"https://a.example/": entry}))
    (tmp_path / "badge.json").write_bytes(strict_json.dumps(School().issue()))

    result = CliRunner().invoke(
        verify, [str(tmp_path / "badge.json"), "--documents", str(tmp_path)]
    )

    assert result.exit_code == 4, result.exception
    assert "Error: " in result.output
