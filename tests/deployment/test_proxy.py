"""The proxy that docs/deployment.md describes: it lets through what the service takes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from badgeservice.evidence.sources import tables

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parent.parent.parent
DESCRIBED = re.search(r"```nginx\n(.*?)```", (ROOT / "docs/deployment.md").read_text(), re.DOTALL)
MB = 1024 * 1024


def described() -> str:
    """Return the configuration as it stands in the documentation."""
    assert DESCRIBED is not None
    return DESCRIBED[1]


def test_the_described_proxy_is_one_that_nginx_takes(tmp_path: Path) -> None:
    """Without its certificate, which nobody has here."""
    described_here = described().replace("listen 443 ssl", f"listen unix:{tmp_path}/socket")
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{ access_log off; client_body_temp_path {tmp_path}/body; "
        f"proxy_temp_path {tmp_path}/proxy; fastcgi_temp_path {tmp_path}/fastcgi; "
        f"uwsgi_temp_path {tmp_path}/uwsgi; scgi_temp_path {tmp_path}/scgi;\n{described_here}}}\n"
    )

    done = subprocess.run(
        ["/usr/sbin/nginx", "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert 0 == done.returncode, done.stderr


def test_the_described_proxy_lets_lists_through_and_nothing_else_as_large(app: Flask) -> None:
    """A list of the greatest size reaches us at every address at which lists are taken."""
    sizes = [int(each) * MB for each in re.findall(r"client_max_body_size (\d+)m;", described())]
    location = re.search(r"location ~ (\S+) {\s*client_max_body_size 11m;", described())
    assert location is not None
    wide = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if re.search(location[1], address(rule.rule))
    }

    assert sizes[0] >= app.config["MAX_CONTENT_LENGTH"]
    assert sizes[1:] == [11 * MB]
    assert sizes[1] > tables.MAXIMUM_BYTES + MB // 2
    assert {"partner_lists.upload"} == wide
    uploads = [rule.rule for rule in app.url_map.iter_rules("partner_lists.upload")]
    assert all(re.search(location[1], address(rule)) for rule in uploads)


def address(rule: str) -> str:
    """Return an address that a route answers."""
    return re.sub(r"<[^>]+>", "x", rule)
