"""`badgeservice endorse` and `badgeservice endorsements`, between two organisations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from badgeservice.app import create_app
from badgeservice.extensions import db, services
from badgeservice.issuing.hosting import Hosting
from badgeservice.settings import Settings
from tests.conftest import Run
from tests.databases import Database

CLASS = "http://localhost/achievements/crcn-4-1-beginner/1/fr"


@pytest.fixture
def other(
    environment: dict[str, str], database: Database, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """The environment of another organisation's installation, at https://port.example."""
    is_a_server = database.name == "postgresql"
    address = database.new(tmp_path) if is_a_server else ""
    yield environment | {
        "BADGESERVICE_DATABASE_URL": address,
        "BADGESERVICE_BASE_URL": "https://port.example",
        "BADGESERVICE_DATA_DIR": str(tmp_path / "port" / "data"),
        "BADGESERVICE_KEYS_DIR": str(tmp_path / "port" / "keys"),
    }
    if is_a_server:
        database.drop(address)


@pytest.fixture
def world(run: Run, environment: dict[str, str], other: dict[str, str], tmp_path: Path) -> Path:
    """A folder with an endorsement by the other organisation, and all that it hosts."""
    folder = tmp_path / "world"
    folder.mkdir()
    ours = dict(environment)
    environment.update(other)
    for arguments in (
        ("setup",),
        ("endorse", CLASS, "--name", "Reconnu par le port", "--comment", "Nous **recrutons** ainsi.",
         "--valid-until", "2099-12-31", "--out", folder / "endorsement.json"),
    ):  # fmt: skip
        answer = run(*arguments)
        assert 0 == answer.returncode, answer.stderr
    _write_hosted(folder, environment)
    environment.update(ours)
    return folder


def _write_hosted(folder: Path, environment: dict[str, str]) -> None:
    """Write what the other organisation hosts, as a folder that stands for the network."""
    index = {}
    with create_app(Settings.from_environment(environment)).app_context():
        hosting = Hosting(db.session, services().office)
        for number, path in enumerate(("/issuers/demo/did.json", "/status/1")):
            hosted = hosting.document(path)
            assert hosted is not None
            (folder / f"{number}.json").write_bytes(hosted.body)
            index[f"https://port.example{path}"] = {"file": f"{number}.json"}
        db.engine.dispose()
    (folder / "index.json").write_text(json.dumps(index))


def test_an_endorsement_goes_from_one_organisation_into_the_badges_of_another(
    run: Run, world: Path, tmp_path: Path
) -> None:
    """Signed there, verified and kept here, embedded, and said to be good by whoever can ask."""
    file = world / "endorsement.json"

    added = run("endorsements", "add", file, "--documents", world)
    listed = run("endorsements", "list")
    out = tmp_path / "badge"
    run("issue", "--badge", "crcn-4-1-beginner", "--to", "a@example.org", "--out", out)

    assert 0 == added.returncode, added.stderr
    address = json.loads(file.read_text())["id"]
    assert f"{address} verified and kept, for {CLASS}\n" == added.stdout
    assert address in listed.stdout
    assert "by did:web:port.example:issuers:demo" in listed.stdout
    badge = json.loads((out / "credential.json").read_text())
    (inside,) = badge["credentialSubject"]["achievement"]["endorsement"]
    assert json.loads(file.read_text()) == inside
    for name in ("credential.json", "credential.jwt", "badge.png"):
        verified = run("verify", out / name, "--json")
        assert 0 == verified.returncode, verified.stdout
        (endorsement,) = json.loads(verified.stdout)["endorsements"]
        assert "indeterminate" == endorsement["integrity"]
    audited = run("audit")
    assert 0 == audited.returncode, audited.stdout


def test_what_was_not_verified_is_not_kept(run: Run, world: Path) -> None:
    """Without the endorser's documents nobody can be asked; the reason is one sentence."""
    answer = run("endorsements", "add", world / "endorsement.json")

    assert 1 == answer.returncode
    assert "Endorsement that we could not check (the issuer's signature)" in answer.stderr
    assert "" == run("endorsements", "list").stdout


def test_remove_and_take_back(
    run: Run, world: Path, environment: dict[str, str], other: dict[str, str]
) -> None:
    """Who received it no longer shows it; who gave it says so in the status list."""
    address = json.loads((world / "endorsement.json").read_text())["id"]
    run("endorsements", "add", world / "endorsement.json", "--documents", world)

    removed = run("endorsements", "remove", address)
    again = run("endorsements", "remove", address)

    assert f"{address} removed from {CLASS}\n" == removed.stdout
    assert 1 == again.returncode
    ours = dict(environment)
    environment.update(other)
    taken_back = run("endorsements", "take-back", address)
    assert 0 == taken_back.returncode, taken_back.stderr
    assert taken_back.stdout.startswith(f"{address} taken back on 20")
    _write_hosted(world, environment)
    environment.update(ours)
    refused = run("endorsements", "add", world / "endorsement.json", "--documents", world)
    assert "who has withdrawn it" in refused.stderr


def test_an_endorsement_is_printed_without_a_file(run: Run) -> None:
    """For a pipe; and one of our own classes is refused."""
    printed = run("endorse", "https://school.example/a/1", "--name", "N", "--comment", "C")
    ours = run("endorse", CLASS, "--name", "N", "--comment", "C")

    document = json.loads(printed.stdout)
    assert "https://school.example/a/1" == document["credentialSubject"]["id"]
    assert "validUntil" not in document
    assert 1 == ours.returncode
    assert "is our own" in ours.stderr
