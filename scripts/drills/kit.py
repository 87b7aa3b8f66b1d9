"""The page of the kit judges the whole attack corpus in a browser, and says what the server says.

1. The page is opened from the disk in Debian's chromium, without network. 2. Each case of
`tests/attacks` is judged here with its own documents, and those that were asked for become an
archive. 3. The page judges the same file with that archive: the two reports must be one. The facts behind
a finding (`detail`) may be worded otherwise, where they come from another version of Python.
"""

from __future__ import annotations

import argparse
import base64
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from badgeservice import documents, verification
from badgeservice.errors import Unreadable
from badgeservice.kit import page
from badgeservice.kit.archive import Archive, Extract
from badgeservice.openbadges import Document, timestamps
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.register import EmptyRegister
from tests.attacks import corpus

CHROMIUM = "/usr/bin/chromium"
NOBODY = Extract(
    as_of=datetime(1970, 1, 1, tzinfo=UTC),
    issuer_id="did:web:nobody.invalid",
    base_url="https://nobody.invalid",
    entries={},
    published={},
)
JUDGE = """async ([archive, data, milliseconds]) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    return (await verifier.judge(archive, bytes, milliseconds)).report;
}"""


def main() -> int:
    """Run the drill; return 1 when a report differs."""
    parser = argparse.ArgumentParser(prog="scripts/drill kit")
    parser.add_argument(
        "--only", default="", metavar="WORD", help="Cases whose name contains WORD."
    )
    word = parser.parse_args().only
    cases = [case for case in corpus.stored() if word in case.name]
    verdicts: Counter[str] = Counter()
    different: list[str] = []
    worded: list[str] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "verifier.html"
        file.write_text(page.make(Archive({}, NOBODY), keys=[], fingerprint=""), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        window = browser.new_context(offline=True).new_page()
        window.goto(file.as_uri())
        began = time.monotonic()
        for number, case in enumerate(cases, start=1):
            archive, data, at = _as_archive(case)
            ours: Document = archive.report(data, now=at).to_json()
            arguments = [archive.dumps(), base64.b64encode(data).decode(), at.timestamp() * 1000]
            theirs = window.evaluate(JUDGE, arguments)
            if _said(theirs) != _said(ours):
                different.append(case.name)
                print(f"{case.name}: another report", flush=True)
            elif theirs != ours:
                worded.append(case.name)
            verdicts[ours["verdict"]] += 1
            if number % 100 == 0:
                print(f"{number} of {len(cases)}", flush=True)
        seconds = time.monotonic() - began
        browser.close()
    found = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    print(f"{len(cases)} cases in {seconds:.0f} s: {found}; {len(different)} differ")
    print(f"{len(worded)} differ in the wording of a detail only: {', '.join(worded)}")
    return 1 if different or not cases else 0


def _said(report: Document) -> Document:
    """Return a report without the facts behind its findings."""
    beside = report["beside"]
    return report | {
        "findings": [finding | {"detail": ""} for finding in report["findings"]],
        "beside": None if beside is None else _said(beside),
    }


def _as_archive(case: corpus.Stored) -> tuple[Archive, bytes, datetime]:
    """Return a case as an archive with the documents that it asks for, its file, and its time."""
    data = (case.folder / case.meta["submission"]).read_bytes()
    at = timestamps.read(case.meta["at"])
    answered: dict[str, Fetched] = {}
    with case.arguments() as arguments:
        fetch = documents.directory_fetch(Path(arguments[arguments.index("--documents") + 1]))

        def noting(address: str) -> Fetched:
            answered[address] = fetch(address)
            return answered[address]

        try:
            submission = verification.recognise(data)
        except Unreadable:
            return Archive({}, NOBODY), data, at
        verification.verify(submission, fetch=noting, register=EmptyRegister(), now=at)
    return Archive(answered, NOBODY), data, at


if __name__ == "__main__":
    sys.exit(main())
