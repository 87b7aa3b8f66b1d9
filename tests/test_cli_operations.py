"""The commands of whoever runs the service, each in a process of its own."""

from __future__ import annotations

import json

from tests.conftest import Run


def test_a_halt_reaches_every_process_at_once(run: Run) -> None:
    """Another process that was asked to issue refuses; what it accepted is signed on `resume`."""
    asked = ("issue", "--badge", "crcn-4-1-beginner", "--to", "a@example.org", "--json")

    assert "issuing is halted\n" == run("halt", "--reason", "a key may be out").stdout
    refused = run(*asked)
    assert 1 == refused.returncode
    assert "issuing is halted since" in refused.stderr
    resumed = run("resume")

    assert 0 == resumed.returncode, resumed.stderr
    assert "issuing goes on\n1 accepted badge(s) signed, 0 not\n" == resumed.stdout
    assert [] == json.loads(run("audit", "--json").stdout)["violations"]
