"""Software that we did not write accepts our badges with what files serve, and refuses what is revoked.

`scripts/drill afterlife` lets all of the strangers judge all samples so.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

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
    listed, addresses = [], {path for path in frozen_site.ways if _is_asked(path)}
    for state, question in (("public", "none"), ("revoked", "status")):
        for form, name in FORMS.items():
            file = f"{state}-{form}"
            (tmp_path / file).write_bytes(frozen_site.badges[state].copies[form])
            listed.append({"name": state, "format": name, "question": question, "file": file})
    index = {}
    for number, path in enumerate(sorted(addresses)):
        answer = nginx.get(path, "application/ld+json, application/json")
        (tmp_path / str(number)).write_bytes(answer.body)
        index[BASE_URL + path] = {
            "file": str(number), "status": answer.status, "type": answer.media_type,
        }  # fmt: skip
    (tmp_path / "samples.json").write_text(json.dumps({"issuer": DID, "samples": listed}))
    (tmp_path / "index.json").write_text(json.dumps(index))
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


def _is_asked(path: str) -> bool:
    return re.match(r"/(issuers|status|achievements|artwork|ob2)/", path) is not None
