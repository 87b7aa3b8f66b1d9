"""The `badgeservice` command, as an administrator types it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest
from sqlalchemy import create_engine, text

from badgeservice.cli import COMMANDS, main
from badgeservice.settings import Settings
from tests.conftest import Run


def tamper(environment: dict[str, str], statement: str, **values: object) -> None:
    """Change rows of an installation behind its back."""
    engine = create_engine(Settings.from_environment(environment).sqlalchemy_url)
    with engine.begin() as connection:
        connection.execute(text(statement), values)
    engine.dispose()


@pytest.fixture
def issued(run: Run, tmp_path: Path) -> tuple[str, Path]:
    """The address and the folder of a badge, freshly issued."""
    out = tmp_path / "badge"
    answer = run("issue", "--badge", "crcn-4-1-beginner", "--to", "a@example.org", "--out", out)
    assert 0 == answer.returncode, answer.stderr
    return answer.stdout.splitlines()[0], out


def test_setup_keeps_what_exists(run: Run) -> None:
    """Run again, it makes nothing and says so."""
    answer = run("setup")

    assert 0 == answer.returncode, answer.stderr
    assert "everything is there already\n" == answer.stdout


def test_setup_refuses_another_address(environment: dict[str, str], run: Run) -> None:
    """A database's badges carry its address for ever, so it cannot move to another."""
    environment["BADGESERVICE_BASE_URL"] = "http://localhost:9999"

    answer = run("setup")

    assert 1 == answer.returncode
    assert "belongs to did:web:localhost:issuers:demo" in answer.stderr


def test_issue_writes_a_file_in_every_form(run: Run, issued: tuple[str, Path]) -> None:
    """Each is green to `verify`, which exits 0."""
    _, out = issued

    for name in (
        "credential.json",
        "credential.jwt",
        "credential.rs256.jwt",
        "badge.png",
        "badge.svg",
    ):
        answer = run("verify", out / name)
        assert 0 == answer.returncode, answer.stdout
        assert answer.stdout.startswith("✔ Badge authentique et actif")


def test_issue_with_version_2_writes_four_more_files(run: Run, tmp_path: Path) -> None:
    """Each is green to `verify`; a correction keeps them, and then the old ones are replaced."""
    out = tmp_path / "both"
    answer = run(
        "issue", "--badge", "crcn-4-1-beginner", "--to", "b@example.org", "--ob2", "--out", out,
        "--json",
    )  # fmt: skip

    said = json.loads(answer.stdout)
    names = {"assertion.json", "assertion.jws", "badge-both.png", "badge-both.svg"}
    assert names <= {Path(path).name for path in said["files"].values()}
    for name in sorted(names):
        verified = run("verify", out / name)
        assert 0 == verified.returncode, verified.stdout
    assert 0 == run("correct", said["id"], "--name", "Anaïs Lemoigne").returncode
    for name in sorted(names):
        verified = run("verify", out / name, "--json")
        assert "superseded" == json.loads(verified.stdout)["status"], name
    assert 0 == run("audit").returncode


def test_issue_answers_in_json(run: Run, tmp_path: Path) -> None:
    """For scripts: the address and the files."""
    answer = run(
        "issue", "--badge", "crcn-4-1-beginner", "--to", "b@example.org", "--lang", "en",
        "--name", "Anaïs Lemoigne", "--out", tmp_path / "b", "--json",
    )  # fmt: skip

    said = json.loads(answer.stdout)
    credential = json.loads((tmp_path / "b" / "credential.json").read_text())
    assert {"json", "jwt", "jwt-rs256", "png", "svg"} == set(said["files"])
    assert said["id"] == credential["id"]
    assert "Anaïs Lemoigne" in json.dumps(credential, ensure_ascii=False)
    assert "Securing the digital environment — beginner" == credential["name"]


def test_issue_again_names_the_badge_that_is_there(run: Run, issued: tuple[str, Path]) -> None:
    """One person holds one badge of a class; the administrator learns which."""
    address, _ = issued

    again = run("issue", "--badge", "crcn-4-1-beginner", "--to", "A@Example.org")

    assert 1 == again.returncode
    assert address in again.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--badge", "no-such-badge", "--to", "a@example.org"), "no such badge class"),
        (("--badge", "crcn-4-1-beginner", "--to", "not an address"), "address"),
        (
            ("--badge", "crcn-4-1-beginner", "--to", "c@example.org", "--strength", "1"),
            "cannot be awarded",
        ),
        (
            ("--badge", "crcn-4-1-beginner", "--to", "c@example.org", "--name", "a\x07b"),
            "name",
        ),
    ],
    ids=["unknown badge", "bad address", "too weak", "bad name"],
)
def test_issue_refuses_in_a_sentence(run: Run, arguments: tuple[str, ...], sentence: str) -> None:
    """Exit status 1, one sentence on standard error, no trace of the program, nothing signed."""
    answer = run("issue", *arguments)

    assert 1 == answer.returncode
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "0 violation(s)" in run("audit").stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("issue", "--badge", "\udcff", "--to", "a@example.org"), "UTF-8"),
        (("revoke", "\udcff", "--reason", "issued_in_error"), "UTF-8"),
        (
            ("issue", "--badge", "crcn-4-1-beginner", "--to", "z@example.org", "--out", "/proc/no"),
            "/proc/no",
        ),
    ],
    ids=["badge not text", "id not text", "folder not to be made"],
)
def test_what_the_machine_refuses_is_a_sentence_too(
    run: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    """No trace of the program, and nothing signed that could not be written."""
    answer = run(*arguments)

    assert 1 == answer.returncode
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_edited_copy_is_red(run: Run, issued: tuple[str, Path]) -> None:
    """Exit status 1: the content was changed."""
    _, out = issued
    copy = out / "copy.json"
    copy.write_text((out / "credential.json").read_text().replace("débutant", "confirmé"))

    answer = run("verify", copy)

    assert 1 == answer.returncode
    assert "son contenu a été modifié" in answer.stdout


def test_a_revoked_badge_is_red(run: Run, issued: tuple[str, Path]) -> None:
    """Withdrawn with a reason; the verdict says when, and the audit still holds."""
    address, out = issued

    revoked = run("revoke", address, "--reason", "issued_in_error")
    verdict = run("verify", out / "badge.png")

    assert 0 == revoked.returncode, revoked.stderr
    assert 1 == verdict.returncode
    assert "retiré par l'émetteur le" in verdict.stdout
    assert 0 == run("audit").returncode


def test_a_suspended_badge_is_red_until_it_is_reinstated(
    run: Run, issued: tuple[str, Path]
) -> None:
    """The register says it, not the file, and takes it back."""
    address, out = issued

    suspended = run("suspend", address)
    meanwhile = run("verify", out / "credential.json", "--lang", "en")
    reinstated = run("reinstate", address)

    assert (0, 0) == (suspended.returncode, reinstated.returncode), suspended.stderr
    assert 1 == meanwhile.returncode
    assert "Badge suspended by its issuer" in meanwhile.stdout
    assert 0 == run("verify", out / "credential.json").returncode
    assert 1 == run("suspend", "1" * 22).returncode


def test_a_corrected_badge_replaces_its_file(run: Run, issued: tuple[str, Path]) -> None:
    """The old file is amber and says that it was replaced; the address shows the new one."""
    address, out = issued

    corrected = run("correct", address, "--name", "Anaïs Lemoigne")
    old = run("verify", out / "credential.json", "--lang", "en")

    assert (0, f"{address} edition 2\n") == (corrected.returncode, corrected.stdout)
    assert 2 == old.returncode
    assert "This file was replaced on" in old.stdout
    assert "Anaïs Lemoigne" in run("verify", address).stdout
    assert 2 == run("correct", address).returncode  # neither a name nor the wish for none


def test_a_kit_is_written_for_a_badge(run: Run, issued: tuple[str, Path], tmp_path: Path) -> None:
    """A zip with the badge and the page; for what is no badge, a sentence."""
    address, out = issued
    path = tmp_path / "kit.zip"

    written = run("kit", address, "--out", path)

    assert (0, f"{path}\n") == (written.returncode, written.stdout), written.stderr
    with zipfile.ZipFile(path) as kit:
        assert (out / "credential.json").read_bytes() == kit.read("badge.json")
        assert b"<!doctype html>" == kit.read("verifier.html")[:15]
    assert 1 == run("kit", "1" * 22, "--out", path).returncode


def test_freeze_writes_the_site_and_then_what_changed(
    run: Run, issued: tuple[str, Path], tmp_path: Path
) -> None:
    """The badge is shown by its link, so it is there; a folder with other things is left alone."""
    address, out = issued
    folder = tmp_path / "frozen"
    page = folder / "site/b" / address.rpartition("/")[2]

    written, refused = run("freeze", folder), run("freeze", tmp_path)
    revoked, again = run("revoke", address, "--reason", "issued_in_error"), run("freeze", folder)

    assert (0, "1 of 1 badge(s)\n") == (written.returncode, written.stderr)
    assert (out / "credential.json").read_bytes() == page.with_suffix(".json").read_bytes()
    assert (1, "") == (refused.returncode, refused.stdout)
    assert "is not empty, and no site was frozen there" in refused.stderr
    assert 0 == revoked.returncode, revoked.stderr
    assert re.match(r"5 file\(s\) written, \d{3} as before, 0 removed\n", again.stdout), again
    assert "verdict-red" in (page / "index.html").read_text()


def test_reissue_refuses_a_key_that_signs(run: Run, issued: tuple[str, Path]) -> None:
    """Badges signed anew with the same key would be no better."""
    answer = run("reissue", "--key", "ed25519-1")

    assert 1 == answer.returncode
    assert "still signs" in answer.stderr


def test_an_unreachable_status_list_is_amber(
    run: Run, issued: tuple[str, Path], environment: dict[str, str]
) -> None:
    """Exit status 2: what was not checked is never green."""
    _, out = issued
    tamper(environment, "UPDATE status_list SET published = :nothing", nothing=b"")

    answer = run("verify", out / "badge.png")

    assert 2 == answer.returncode, answer.stdout
    assert answer.stdout.startswith("! ")


def test_an_address_of_ours_is_verified(run: Run, issued: tuple[str, Path]) -> None:
    """What people share can be pasted."""
    address, _ = issued

    assert 0 == run("verify", address).returncode


@pytest.mark.parametrize("content", [b"", b"hello", b"{}", b"\x89PNG\r\n\x1a\n", b"\xff" * 100])
def test_what_is_no_badge_is_unreadable(run: Run, tmp_path: Path, content: bytes) -> None:
    """Exit status 3, with what is accepted; or, for JSON that is no badge, never green."""
    path = tmp_path / "file"
    path.write_bytes(content)

    answer = run("verify", path)

    assert answer.returncode in (1, 2, 3)
    assert "Traceback" not in answer.stderr
    assert content == b"{}" or 3 == answer.returncode


def test_audit_finds_nothing_wrong(run: Run, issued: tuple[str, Path], tmp_path: Path) -> None:
    """Exit status 0; the badge that was acknowledged is there, and the head it prints is kept."""
    journal = tmp_path / "acknowledged.txt"
    journal.write_text(f"{issued[0]}\n")

    answer = run("audit", "--json", "--acknowledged", journal)
    head = json.loads(answer.stdout)["head"]

    assert 0 == answer.returncode
    assert [] == json.loads(answer.stdout)["violations"]
    assert 0 == run("audit", "--since", head).returncode


def test_audit_finds_what_was_acknowledged_and_is_not_there(
    run: Run, issued: tuple[str, Path], tmp_path: Path
) -> None:
    """A badge that somebody was told of, and a head that the chain no longer contains."""
    journal = tmp_path / "acknowledged.txt"
    journal.write_text(f"{issued[0][:-4]}1111\n")

    answer = run("audit", "--acknowledged", journal, "--since", f"1:{'0' * 64}")

    assert 1 == answer.returncode
    assert "acknowledged, but not in the register" in answer.stdout
    assert "no longer in the chain" in answer.stdout


def test_audit_exits_1_when_something_is_wrong(
    run: Run, issued: tuple[str, Path], environment: dict[str, str]
) -> None:
    """So that a nightly job fails."""
    tamper(environment, "UPDATE audit_event SET actor = 'nobody'")

    answer = run("audit")

    assert 1 == answer.returncode
    assert "does not match its digest" in answer.stdout


def test_replay_finds_no_difference(run: Run, issued: tuple[str, Path]) -> None:
    """Every award follows from its dossier."""
    answer = run("replay")

    assert 0 == answer.returncode
    assert "0 difference(s)\n" == answer.stdout


def test_purge_keeps_who_was_invited(run: Run, issued: tuple[str, Path]) -> None:
    """A person who holds a badge stays, whether or not they ever signed in."""
    answer = run("purge")

    assert answer.stdout.startswith("0 account(s), 0 sign-in request(s), ")
    assert 0 == run("verify", issued[1] / "badge.png").returncode


def test_production_starts_as_the_readme_says(tmp_path: Path) -> None:
    """Secrets made by hand, an address, an issuer, a mail server: setup and issue work."""
    secrets = {}
    for name in ("KEY_PASSPHRASE", "SECRET_KEY", "PERSONAL_DATA_KEY"):
        path = tmp_path / name
        made = subprocess.run(
            ["openssl", "rand", "-hex", "32"], capture_output=True, text=True, check=True
        )
        path.write_text(made.stdout)
        path.chmod(0o600)
        secrets[f"BADGESERVICE_{name}_FILE"] = str(path)
    issuer = tmp_path / "issuer.yaml"
    issuer.write_text(
        "slug: centre\ndemo: false\n"
        "name: {fr: Centre de Cherbourg, en: Cherbourg Centre}\n"
        "description: {fr: Un centre., en: A centre.}\n"
        "url: https://centre.example\nemail: contact@centre.example\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "BADGESERVICE_ENVIRONMENT": "production",
        "BADGESERVICE_BASE_URL": "https://badges.example",
        "BADGESERVICE_DATA_DIR": str(tmp_path / "data"),
        "BADGESERVICE_KEYS_DIR": str(tmp_path / "keys"),
        "BADGESERVICE_ISSUER_FILE": str(issuer),
        "BADGESERVICE_SMTP_HOST": "mail.example",
        "BADGESERVICE_CONTACT_EMAIL": "contact@badges.example",
        **secrets,
    }
    command = str(Path(sys.executable).with_name("badgeservice"))

    made = subprocess.run(
        [command, "setup"], env=environment, capture_output=True, text=True, check=False
    )
    issued = subprocess.run(
        [command, "issue", "--badge", "crcn-4-1-beginner", "--to", "a@example.org",
         "--out", str(tmp_path / "out")],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert 0 == made.returncode, made.stderr
    assert "made issuer did:web:badges.example:issuers:centre" in made.stdout
    assert 0 == issued.returncode, issued.stderr
    credential = json.loads((tmp_path / "out" / "credential.json").read_text())
    assert "TEST" not in json.dumps(credential)
    assert "Centre de Cherbourg" == credential["issuer"]["name"]


def test_production_makes_no_secret_itself(tmp_path: Path) -> None:
    """A missing secret stops the set-up and is named."""
    environment = {
        "PATH": os.environ["PATH"],
        "BADGESERVICE_ENVIRONMENT": "production",
        "BADGESERVICE_BASE_URL": "https://badges.example",
        "BADGESERVICE_DATA_DIR": str(tmp_path / "data"),
        "BADGESERVICE_SMTP_HOST": "mail.example",
        "BADGESERVICE_CONTACT_EMAIL": "contact@badges.example",
        "BADGESERVICE_KEY_PASSPHRASE_FILE": str(tmp_path / "passphrase"),
        "BADGESERVICE_SECRET_KEY_FILE": str(tmp_path / "session"),
        "BADGESERVICE_PERSONAL_DATA_KEY_FILE": str(tmp_path / "personal"),
    }
    command = str(Path(sys.executable).with_name("badgeservice"))

    answer = subprocess.run(
        [command, "setup"], env=environment, capture_output=True, text=True, check=False
    )

    assert 1 == answer.returncode
    assert "you make this secret yourself" in answer.stderr


@pytest.mark.parametrize(
    ("choice", "status", "said"),
    [
        ("--keep-badges", 0, "1 badge(s) in the register, 0 withdrawn now"),
        ("--withdraw-badges", 1, "1 badge(s) in the register, 1 withdrawn now"),
    ],
)
def test_erase_leaves_the_choice_to_the_person(
    run: Run, issued: tuple[str, Path], choice: str, status: int, said: str
) -> None:
    """The copy stays authentic, or is out of force; nothing else is left, and the audit agrees."""
    _, out = issued

    answer = run("erase", "a@example.org", choice, "--yes")

    assert 0 == answer.returncode, answer.stderr
    assert said in answer.stdout
    assert status == run("verify", out / "credential.json").returncode
    assert 0 == run("audit").returncode
    assert "0 person(s) erased again\n" == run("replay-erasures").stdout
    assert "nobody is known by this mail address" in run("erase", "a@example.org", choice).stderr


def test_erase_asks_first(run: Run, issued: tuple[str, Path]) -> None:
    """Without a choice, or without a yes, nothing is erased."""
    assert "say --keep-badges or --withdraw-badges" in run("erase", "a@example.org").stderr
    unanswered = run("erase", "a@example.org", "--keep-badges")

    assert 1 == unanswered.returncode
    assert "Erase this person? 1 badge(s) stay authentic" in unanswered.stderr
    assert 0 == run("erase", "a@example.org", "--keep-badges", "--yes").returncode


def test_every_command_is_where_it_is_named(run):
    """The table of commands names each one's module; none of them is loaded by the others."""
    asked = run("--help")

    assert asked.returncode == 0
    assert list(COMMANDS) == sorted(COMMANDS)
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        assert name == command.name, name
        assert f"  {name} " in asked.stdout
