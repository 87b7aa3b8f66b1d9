"""Software that we did not write accepts our badges with what files serve, and refuses what is revoked.

`scripts/drill afterlife` lets all of the strangers judge all samples so.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from badgeservice.cli.verify import verify
from badgeservice.issuing.models import Format
from tests.conftest import ROOT
from tests.freeze.conftest import BASE_URL, DID, Server, Site

sys.path.insert(0, str(ROOT / "scripts" / "peers"))

import judge  # the scripts are no package

pytestmark = pytest.mark.any_database

STRANGERS = ("openvc", "openbadgeslib", "openbadges")
"""One for 3.0, one for both versions, and the validator of 1EdTech for 2.0."""

FORMS = {
    Format.JSON: "eddsa-rdfc-2022",
    Format.JWT: "vc-jwt-es256",
    Format.PNG: "png",
    Format.OB2_JSON: "ob2-json",
    Format.OB2_JWS: "ob2-jws",
}


def test_strangers_accept_what_is_in_force_and_refuse_what_was_revoked(
    frozen_site: Site, nginx: Server, tmp_path: Path
) -> None:
    """Keys, lists, badge classes and hosted assertions are fetched from the server of files."""
    listed = []
    for state, question in (("public", "none"), ("revoked", "status")):
        for form, name in FORMS.items():
            file = f"{state}-{form}"
            (tmp_path / file).write_bytes(frozen_site.badges[state].copies[form])
            listed.append({"name": state, "format": name, "question": question, "file": file})
    _fetch_all(frozen_site, nginx, tmp_path)
    (tmp_path / "samples.json").write_text(json.dumps({"issuer": DID, "samples": listed}))
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    peers = [peer for peer in judge.PEERS if peer.name in STRANGERS]
    verdicts = list(judge.judge(tmp_path, scratch, peers))

    said = {(each.peer, each.format, each.sample): each for each in verdicts}
    for (peer, form, sample), each in said.items():
        if peer == "openvc" and "jwt" in form:
            continue  # it refuses every badge in this form, as the table of the README says
        assert each.accepted is (sample == "public"), (peer, form, sample, each.reason)
    assert len(said) == 2 * (2 + 5 + 2)


def test_our_own_command_verifies_with_what_files_serve(
    frozen_site: Site, nginx: Server, tmp_path: Path
) -> None:
    """No installation, no network: a genuine badge is proven and in force, a revoked one is red."""
    _fetch_all(frozen_site, nginx, tmp_path)
    run = CliRunner()
    for state, status, exits in (("public", "active", 2), ("revoked", "revoked", 1)):
        badge = tmp_path / "badge.png"
        badge.write_bytes(frozen_site.badges[state].copies[Format.PNG])

        said = run.invoke(verify, [str(badge), "--json", "--documents", str(tmp_path)])

        report = json.loads(said.stdout)
        assert ("valid", status) == (report["integrity"], report["status"])
        # To a shell without our register, we are an issuer like any other: amber at best.
        assert exits == said.exit_code


def _fetch_all(frozen_site: Site, server: Server, folder: Path) -> None:
    """Fetch all that verifiers may ask for, as `badgeservice verify --documents` reads it."""
    index = {}
    for number, path in enumerate(sorted(frozen_site.ways)):
        if re.match(r"/(issuers|status|achievements|artwork|ob2)/", path):
            answer = server.get(path, "application/ld+json, application/json")
            (folder / str(number)).write_bytes(answer.body)
            index[BASE_URL + path] = {
                "file": str(number),
                "status": answer.status,
                "type": answer.media_type,
            }
    # Where `did:web` is looked for, and the identifier itself.
    index[DID] = index[f"{BASE_URL}/issuers/demo/did.json"]
    (folder / "index.json").write_text(json.dumps(index))
