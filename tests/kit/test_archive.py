"""A kit answers as the installation would, and nothing in it is anybody else's."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace

import pytest

from badgeservice import documents, verification
from badgeservice.errors import LibraryUnlisted
from badgeservice.kit import browser, page
from badgeservice.kit.archive import Archive
from badgeservice.verification.register import EmptyRegister
from tests.kit.conftest import LATER, Life, unpacked


def test_every_case_comes_out_as_it_must(life: Life) -> None:
    """Verdict and code, by the interpreter of the server."""
    came_out = {}
    for name, case in life.cases.items():
        report = case.archive.report(case.data, now=case.at)
        findings = [*report.findings, *(report.beside.findings if report.beside else ())]
        came_out[name] = (report.verdict, case.code in {finding.code for finding in findings})

    assert {name: (case.verdict, True) for name, case in life.cases.items()} == came_out


def test_the_kit_says_what_the_installation_says(life: Life) -> None:
    """Of every genuine badge, in every state, down to the last detail."""
    compared = {name: case for name, case in life.cases.items() if case.server is not None}
    assert len(compared) >= 10
    for name, case in compared.items():
        assert case.server == case.archive.report(case.data, now=case.at).to_json(), name


def test_an_archive_is_read_as_it_was_written(life: Life) -> None:
    """Each of them, with all that its register says."""
    for name, case in life.cases.items():
        assert case.archive == Archive.loads(case.archive.dumps()), name


@pytest.mark.parametrize(("language", "known"), [("fr", "pas le badge"), ("en", "not the badge")])
def test_what_is_shown_of_a_badge_that_is_not_in_the_extract(
    life: Life, language: str, known: str
) -> None:
    """That the register was not asked; and of every report, to which day it holds."""
    for name, of_the_kit in {
        "genuine json": True,
        "another's badge": False,
        "a text": True,
    }.items():
        case = life.cases[name]
        answer = json.loads(browser.judge(case.archive.dumps(), case.data, 0))
        notes = " ".join(answer["shown"][language]["notes"])

        findings = answer["shown"][language]["findings"]
        silent = [each["outcome"] for each in findings if each["code"] == "not_ours"]

        assert of_the_kit == (known not in notes)
        assert silent == ([] if of_the_kit else ["unknown"])
        assert "23 novembre 2026" in notes or "23 November 2026" in notes


def test_a_clock_that_is_behind_does_not_bring_a_badge_back(life: Life) -> None:
    """The day of the archive is the least that the time can be."""
    case = life.cases["genuine json"]
    archive = replace(case.archive, extract=replace(case.archive.extract, as_of=LATER))

    report = json.loads(browser.judge(archive.dumps(), case.data, 0))["report"]

    assert ("red", "expired") == (report["verdict"], report["status"])


def test_the_same_badge_gives_the_same_kit(life: Life) -> None:
    """Byte by byte: nothing in it depends on chance, order or the clock of the machine."""
    assert life.kit == life.again
    with zipfile.ZipFile(io.BytesIO(life.kit)) as kit:
        assert {(2026, 11, 23, 9, 0, 0)} == {entry.date_time for entry in kit.infolist()}


def test_the_files_verify_without_the_page(life: Life, tmp_path) -> None:
    """As strangers would: by the documents in the kit, and without any register."""
    for name, content in life.files().items():
        if name.startswith("documents/"):
            (tmp_path / name.removeprefix("documents/")).write_bytes(content)
    report = verification.verify(
        verification.recognise(life.files()["badge.json"]),
        fetch=documents.directory_fetch(tmp_path),
        register=EmptyRegister(),
        now=life.cases["genuine json"].at,
    )

    assert (report.integrity, report.status) == ("valid", "active")
    assert {"issuer_not_known"} == {finding.code for finding in report.problems}


def test_what_the_kit_holds(life: Life) -> None:
    """The badge, the keys with their history, the list, the vocabulary, the page and two languages."""
    files = life.files()

    assert {
        "badge.json",
        "badge.jwt",
        "badge.png",
        "verifier.html",
        "LISEZ-MOI.txt",
    } <= files.keys()
    assert {"keys.json", "register.json", "documents/index.json"} <= files.keys()
    assert any(name.startswith("contexts/") for name in files)
    keys = json.loads(files["keys.json"])["keys"]
    assert {"id", "kind", "from", "retired", "revoked"} == {name for key in keys for name in key}
    readme = files["LISEZ-MOI.txt"].decode()
    assert readme.index("FRANÇAIS") < readme.index("ENGLISH")
    assert life.address in readme


def test_no_secret_and_nobody_else_is_in_the_kit(life: Life) -> None:
    """Looked for in every file, and in what the page holds packed."""
    found = searchable(life.kit)
    assert any(life.address.encode() in content for content in found.values())
    for name, content in found.items():
        for secret in life.secrets:
            assert secret not in content, f"{secret!r} in {name}"
            assert secret.hex().encode() not in content, f"{secret!r} in {name}"


def searchable(kit: bytes) -> dict[str, bytes]:
    """Return the files of a kit, and what stands in its page as base64, unpacked."""
    files = unpacked(kit)
    html = files["verifier.html"].decode()
    held = dict(re.findall(r'<script type="text/plain" id="(\w+)"[^>]*>(.*?)</script>', html, re.S))
    files["wasm"] = gzip.decompress(base64.b64decode(held["wasm"]))
    for name in ("library", "sources"):
        files |= unpacked(base64.b64decode(held[name]))
    for address, answer in json.loads(held["archive"])["documents"].items():
        files[address] = base64.b64decode(answer["body"])
    return files


def test_the_page_asks_nobody(life: Life) -> None:
    """Its policy forbids it, and names what may run by digests that are right."""
    html = life.files()["verifier.html"].decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split("; ")}
    scripts = re.findall(r"<script>(.*?)</script>", html, re.S)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.S)

    assert rules == {
        "default-src": ["'none'"],
        "script-src": [*map(digest, scripts), "'wasm-unsafe-eval'"],
        "style-src": [digest(style)],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def digest(text: str) -> str:
    """Return the digest of an inline script or sheet as a policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_a_text_of_the_badge_cannot_end_the_element_that_holds_it(life: Life) -> None:
    """What a badge says is data to the page, wherever it stands."""
    archive = life.cases["genuine json"].archive
    text = page.make(archive, keys=[], fingerprint="", badge='https://a.example/"><script>alert(1)')

    assert "<script>alert" not in text
    assert 2 == len(re.findall(r"<script>", text))


def test_a_page_without_a_badge_waits_for_a_file(life: Life) -> None:
    """As a frozen site has it: with the documents of all badges, and none to begin with."""
    text = page.make(life.cases["genuine json"].archive, keys=[], fingerprint="")

    assert 'data-badge=""' in text
    assert "Choisissez le fichier d'un badge." in text
    assert "Vérification en cours" not in text


@pytest.mark.parametrize("file", ["licences/PyLD-LICENSE", "licences/pyodide.LICENSE"])
def test_the_licences_travel_with_the_code(file) -> None:
    """Others' work is passed on as they allow."""
    assert unpacked(page.sources())[file].strip()


def test_a_library_without_its_files_is_named(tmp_path, monkeypatch) -> None:
    """As some systems install them: better no page than one that blames the browser."""
    (tmp_path / "ghost-1.0.dist-info").mkdir()
    (tmp_path / "ghost-1.0.dist-info" / "METADATA").write_text("Name: ghost\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(LibraryUnlisted, match="ghost"):
        page.files_of("ghost")
