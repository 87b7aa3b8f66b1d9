"""The README is the front door: every command in it is run, every path in it exists."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()

# Where each command of the README is run.
RUN_BY = {
    "scripts/quickstart": "tests/test_front_door.py::test_quickstart_walks_from_quiz_to_verdict",
    "scripts/test": "itself: it is running now",
    "badgeservice setup": "tests/test_cli.py::test_setup_keeps_what_exists",
    "badgeservice issue": "tests/test_cli.py::test_issue_writes_a_file_in_every_form",
    "badgeservice revoke": "tests/test_cli.py::test_a_revoked_badge_is_red",
    "badgeservice suspend": "tests/test_cli.py::test_a_suspended_badge_is_red_until_it_is_reinstated",
    "badgeservice reinstate": "tests/test_cli.py::test_a_suspended_badge_is_red_until_it_is_reinstated",
    "badgeservice correct": "tests/test_cli.py::test_a_corrected_badge_replaces_its_file",
    "badgeservice kit": "tests/test_cli.py::test_a_kit_is_written_for_a_badge",
    "badgeservice freeze": "tests/test_cli.py::test_freeze_writes_the_site_and_then_what_changed",
    "badgeservice reissue": "tests/test_cli.py::test_reissue_refuses_a_key_that_signs",
    "badgeservice endorse": "tests/test_cli_endorsements.py::test_an_endorsement_is_printed_without_a_file",
    "badgeservice endorsements": "tests/test_cli_endorsements.py::test_remove_and_take_back",
    "badgeservice issuers": "tests/test_cli_issuers.py::test_the_life_of_a_list",
    "badgeservice keys": "tests/test_cli_keys.py::test_the_life_of_a_key",
    "badgeservice verify": "tests/test_cli.py::test_issue_writes_a_file_in_every_form",
    "badgeservice catalogue": "tests/test_cli_catalogue.py::test_the_shipped_catalogue_is_right",
    "badgeservice audit": "tests/test_cli.py::test_audit_finds_nothing_wrong",
    "badgeservice erase": "tests/test_cli.py::test_erase_leaves_the_choice_to_the_person",
    "badgeservice halt": "tests/test_cli_operations.py::test_a_halt_reaches_every_process_at_once",
    "badgeservice resume": "tests/test_cli_operations.py::test_a_halt_reaches_every_process_at_once",
    "badgeservice partners": "tests/test_cli_partners.py::test_the_life_of_a_partner",
    "badgeservice doctor": "tests/test_cli_operations.py::test_the_doctor_answers_each_question",
    "badgeservice backup": "tests/test_cli_operations.py::test_a_backup_is_put_back_by_its_commands",
    "badgeservice restore": "tests/test_cli_operations.py::test_a_backup_is_put_back_by_its_commands",
    "badgeservice purge": "tests/test_cli.py::test_purge_keeps_who_was_invited",
    "badgeservice jobs": "tests/test_worker.py::test_the_operator_sees_what_failed_and_has_it_tried_again",
    "badgeservice worker": "tests/test_worker.py::test_a_worker_does_what_waits_and_stops_when_told",
    "badgeservice replay": "tests/test_cli.py::test_replay_finds_no_difference",
    "scripts/agreement": "tests/test_front_door.py::test_what_proves_the_verifier_can_be_run",
    "scripts/attacks": "tests/test_front_door.py::test_what_proves_the_verifier_can_be_run",
    "scripts/bench": "tests/test_bench.py",
    "scripts/drill": "tests/test_front_door.py::test_what_proves_the_verifier_can_be_run",
    "scripts/peers/run": "tests/peers/test_strangers.py",
    "openssl rand": "tests/test_cli.py::test_production_starts_as_the_readme_says",
    "pip install": "scripts/environment, which every other command stands on",
    "gunicorn --config": "scripts/quickstart",
}
_COMMAND = re.compile(
    r"(?:^|`)((?:scripts/[a-z/]+|badgeservice [a-z]+|openssl rand|pip install|gunicorn \S+))", re.M
)


def test_the_page_for_operators_names_no_command_that_nobody_runs() -> None:
    """Its first sections are run as they stand by `scripts/drill restore`, too."""
    commands = {match.group(1) for match in _COMMAND.finditer(OPERATIONS)}

    assert commands <= set(RUN_BY), commands - set(RUN_BY)


def test_every_command_is_run_somewhere() -> None:
    """A command that nobody runs stops being true without being seen."""
    commands = {match.group(1) for match in _COMMAND.finditer(README)}

    assert set(RUN_BY) == commands


@pytest.mark.parametrize("test", sorted({t for t in RUN_BY.values() if t.startswith("tests/")}))
def test_the_tests_named_exist(test: str) -> None:
    """The table above does not promise what is not there."""
    path, _, name = test.partition("::")

    assert f"def {name}" in (ROOT / path).read_text()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_link_into_the_project_leads_somewhere(target: str) -> None:
    """A reader who follows a link finds the file."""
    assert (ROOT / target).exists()


def test_quickstart_walks_from_quiz_to_verdict(tmp_path: Path) -> None:
    """The one command of the README: set up, serve, walk the path, stop, exit 0; twice."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **{
            name: value for name, value in os.environ.items() if not name.startswith("BADGESERVICE")
        },
        "PORT": str(port),
        "BADGESERVICE_DATA_DIR": str(tmp_path / "var"),
        "BADGESERVICE_KEYS_DIR": str(tmp_path / "keys"),
        "BADGESERVICE_VENV": sys.prefix,
    }
    command = [str(ROOT / "scripts" / "quickstart"), "--once"]

    first = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)

    assert 0 == first.returncode, first.stdout + first.stderr
    assert "made issuer" in first.stdout
    assert 0 == again.returncode, again.stdout + again.stderr
    assert "made" not in again.stdout


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["agreement"], r"^all +\d{3} +\d+ +\d+ +0$"),
        (["attacks", "run", "--class", "08"], r"^all +(\d{2}) +0 .* \1$"),
        (["drill", "fuzz", "--examples", "5"], r"^walk +5 inputs"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_proves_the_verifier_can_be_run(command: list[str], says: str) -> None:
    """The commands that hold our verdicts against others: each ends well and prints its table."""
    script = str(ROOT / "scripts" / command[0])
    environment = os.environ | {"BADGESERVICE_VENV": sys.prefix}

    done = subprocess.run(
        [script, *command[1:]], env=environment, capture_output=True, text=True, timeout=300
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert re.search(says, done.stdout, re.M), done.stdout
