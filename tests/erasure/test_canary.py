"""H6 and I11: whoever was erased is found nowhere, in whatever form it might have been kept."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select

from badgeservice.erasure import traces
from badgeservice.erasure.ledger import Choice
from badgeservice.extensions import db
from badgeservice.issuing import audit
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.models import BadgeState, Format, Intent
from badgeservice.issuing.register import DatabaseRegister, remembered
from badgeservice.verification import Report, Verdict, recognise, verify
from badgeservice.verification.report import Status
from tests.erasure.conftest import ADDRESS, NAME, NEW_NAME, House
from tests.web.conftest import BADGE

BOTH = pytest.mark.parametrize("choice", list(Choice), ids=str)


def needles(house: House) -> dict[str, bytes]:
    """Return every form in which the canary could have been kept, by what it is."""
    words = {
        "address": ADDRESS,
        "local part": "zz-canary",
        "name": NAME,
        "new name": NEW_NAME,
        "first name": "Zénobie",
        "last name": "Canaritémoin",
    }
    recipient = json.loads(house.copies[Format.OB2_JSON])["recipient"]
    texts = {
        "identity hash": recipient["identity"].removeprefix("sha256$").encode(),
        "salt": recipient["salt"].encode(),
    }
    for what, word in words.items():
        for how, text in {
            "": word,
            "capitals": word.upper(),
            "small": word.lower(),
            "decomposed": unicodedata.normalize("NFD", word),
            "in JSON": json.dumps(word)[1:-1],
            "in an address": quote(word, safe=""),
        }.items():
            texts[f"{what} {how}"] = text.encode()
        texts[f"{what} in UTF-16"] = word.encode("utf-16-le")
    hidden = {"blind index": house.blind_index} | {
        f"{digest} of {what}": hashlib.new(digest, text).digest()
        for digest in ("md5", "sha1", "sha256")
        for what, text in (
            ("address", ADDRESS.encode()),
            ("address with mailto", f"mailto:{ADDRESS}".encode()),
            ("name", NAME.encode()),
        )
    }
    found = {}
    for what, raw in (texts | hidden).items():
        found[what] = raw
        found[f"{what}, hex"] = raw.hex().encode()
        for skipped in range(3):  # whatever stands before it in what was encoded
            coded = base64.b64encode(b"\0" * skipped + raw)
            inner = coded[4 if skipped else 0 : len(coded) // 4 * 4 - 4]
            found[f"{what}, base64 at {skipped}"] = inner
            found[f"{what}, base64url at {skipped}"] = inner.replace(b"+", b"-").replace(b"/", b"_")
    return {what: needle for what, needle in found.items() if len(needle) >= 7}


def everything(house: House) -> Iterator[tuple[str, bytes]]:
    """Yield whatever is kept, and whatever is answered to anybody: its name and its bytes."""
    house.session.rollback()
    settings = house.here.settings
    for folder in (settings.data_dir, settings.keys_dir):
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                yield file.name, file.read_bytes()
    if settings.database_url:
        address = settings.database_url.replace("+psycopg", "")
        dump = subprocess.run(["pg_dump", "--dbname", address], capture_output=True, check=True)
        yield "pg_dump", dump.stdout
    client = house.app.test_client()
    numbers = {1, *house.session.scalars(select(Intent.status_list))}
    assertions = house.session.scalars(select(Intent.ob2_id).where(Intent.ob2_id.is_not(None)))
    slug = house.here.office.issuer.slug
    pages = [
        "/", "/modules", f"/issuers/{slug}", f"/issuers/{slug}/did.json", "/development/mail",
        "/connexion", "/healthz", *(f"/status/{number}" for number in numbers),
        *(f"/ob2/assertions/{ob2_id}{end}" for ob2_id in assertions for end in ("", ".jws")),
        *(f"/b/{house.public_id}{end}" for end in ("", ".json", ".jwt", ".png", ".svg", "/qr.png")),
    ]  # fmt: skip
    for page in pages:
        for wanted in ("text/html", "application/json", "*/*"):
            answer = client.get(page, headers={"Accept": wanted})
            yield f"{page} ({wanted})", answer.data + str(answer.headers).encode()
    for page in ("/mon-espace", "/"):
        yield f"{page} in the browser of the canary", house.learner.get(page).data


def where(house: House, more: dict[str, bytes]) -> list[str]:
    """Return every place in which the canary is found, and as what."""
    looked_for = needles(house)
    return [
        f"{place}: {what}"
        for place, content in [*everything(house), *more.items()]
        for what, needle in looked_for.items()
        if needle in content
    ]


def report(house: House, content: bytes) -> Report:
    """Return what our verifier says of a copy that someone kept."""
    office = house.here.office
    return verify(
        recognise(content),
        fetch=own_fetch(Hosting(house.session, office)),
        register=DatabaseRegister(house.session, office),
        now=house.clock(),
    )


def test_the_search_finds_who_is_there(house: House) -> None:
    """Before the erasure: a search that finds nothing afterwards must find something now."""
    found = where(house, {})

    assert any(place.startswith("mailbox.jsonl: address") for place in found)
    assert any("blind index" in place for place in found)
    assert any(place.startswith(f"/b/{house.public_id}.json") for place in found)
    assert any(
        place.startswith(f"/b/{house.public_id}.jwt") and "base64url" in place for place in found
    )


@BOTH
def test_the_canary_is_found_nowhere(
    house: House, choice: Choice, capfd: pytest.CaptureFixture[str]
) -> None:
    """Rows, files, dumps, logs, documents, images: in no form, whatever became of the badge."""
    house.erase(choice)
    db.engine.dispose()

    standard_output, log = capfd.readouterr()
    printed = {"standard output": standard_output.encode(), "log": log.encode()}

    assert where(house, printed) == []
    assert traces.of(house.session, house.person_id) == []


@BOTH
def test_what_is_left_agrees(house: House, choice: Choice) -> None:
    """Register, chain, lists and ledger hold without the person."""
    house.erase(choice)

    assert list(audit.violations(house.session, house.here.office, now=house.clock())) == []
    assert list(traces.findings(house.session, house.here.erasures)) == []


def test_copies_of_a_kept_badge_stay_green(house: House) -> None:
    """In every form that the person took along; nothing is revoked, no place is freed.

    A hosted assertion of Open Badges 2.0, and an image that carries one, cannot be checked any
    more: its proof was that we publish it.
    """
    before = house.app.test_client().get("/status/1").data

    house.erase(Choice.KEEP_BADGES)

    verdicts = {form: report(house, copy).verdict for form, copy in house.copies.items()}
    hosted = {Format.OB2_JSON, Format.PNG_BOTH, Format.SVG_BOTH}
    assert verdicts == {f: Verdict.AMBER if f in hosted else Verdict.GREEN for f in Format}
    assert house.badge().holder_erased_at == house.clock()
    assert house.app.test_client().get("/status/1").data == before


def test_the_register_remembers_the_badge_and_nobody(house: House) -> None:
    """Enough for a page that says: authentic, issued by us on that day, holder erased."""
    assert remembered(house.session, house.badge()) is None

    house.erase(Choice.KEEP_BADGES)

    left = remembered(house.session, house.badge())
    assert left is not None
    assert (left.class_slug, left.state) == (BADGE, BadgeState.ACTIVE)
    assert left.holder_erased_at == house.clock()
    assert left.issued_at < left.holder_erased_at


def test_copies_of_a_withdrawn_badge_say_so_without_blame(house: House) -> None:
    """Withdrawn, not revoked; no reason; the page answers 410."""
    house.erase(Choice.WITHDRAW_BADGES)

    assert {report(house, copy).status for copy in house.copies.values()} == {Status.WITHDRAWN}
    assert house.badge().state_reason is None
    answer = house.app.test_client().get(f"/b/{house.public_id}", headers={"Accept": "text/html"})
    assert answer.status_code == 410


def test_the_browser_of_the_canary_is_signed_out(house: House) -> None:
    """Its cookie leads to nobody."""
    house.erase(Choice.KEEP_BADGES)

    assert house.learner.get("/mon-espace").status_code == 303


def test_the_data_folder_keeps_the_ledger_to_its_owner(house: House) -> None:
    """Identifiers only, and not for others on the machine."""
    house.erase(Choice.KEEP_BADGES)
    file: Path = house.here.settings.data_dir / "erasures.jsonl"

    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text())["holder"] == house.person_id
