"""The API against its own OpenAPI document, at length: no 5xx, and no answer that it does not allow.

An installation of its own is made and asked in process. Some of the addresses to verify are invented:
where there is a network, run `scripts/unplugged scripts/drill api`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from badgeservice import extensions, installation
from badgeservice.app import create_app
from badgeservice.core import utc_now
from badgeservice.issuing import issuer
from badgeservice.web.extensions import limiter
from tests.conftest import Clock, Letters, settings_in
from tests.partners.conftest import opened, program_of
from tests.web import asking


def main() -> int:
    """Run the drill; return 1 when an answer was not allowed."""
    parser = argparse.ArgumentParser(prog="scripts/drill api")
    parser.add_argument("--examples", type=int, default=2000, help="for each address and way")
    examples = parser.parse_args().examples
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        installation.prepare_files(settings, now=utc_now())
        app = create_app(settings, mailer=Letters())
        with app.app_context():
            described = issuer.load(settings.issuer_path, base_url=settings.base_url)
            installation.prepare_database(extensions.db.session, described, settings, now=utc_now())
        with contextmanager(opened)(app, Clock(utc_now())) as reception:
            key = program_of(app, reception, reception.fim).key
        limiter.enabled = False
        began = time.perf_counter()
        answers = asking.ask_everything(asking.described(app, key), examples=examples)
        took = time.perf_counter() - began
    for (path, status), count in sorted(answers.items()):
        print(f"{count:7}  {status}  {path}")
    print(f"{answers.total()} requests in {took:.0f} s, each answered as the document says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
