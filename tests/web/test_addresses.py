"""What every public address answers, in every state of a badge: the table, held by golden files.

After a change on purpose: `scripts/test tests/web/test_addresses.py --write-golden`, then read what
changed in tests/web/golden/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from badgeservice import extensions
from badgeservice.erasure.erase import erase
from badgeservice.erasure.ledger import Choice
from badgeservice.extensions import Services, services
from badgeservice.issuing import editions, shelf, states
from badgeservice.issuing.hosting import PUBLIC_FORMATS, Hosting, own_fetch
from badgeservice.issuing.models import Badge, Credential, Format, Reason, ShortCode, Visibility
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.openbadges import multibase
from badgeservice.verification import recognise, verify
from badgeservice.web.extensions import limiter
from tests.conftest import ROOT, Clock
from tests.issuing.conftest import CHOICES
from tests.web.conftest import plain, show_to

GOLDEN = Path(__file__).with_name("golden")
ACCEPT = ("text/html", "application/json", "*/*")
UNKNOWN = "2" * 22
FILES = [f".{form.suffix}" for form in PUBLIC_FORMATS]
OTHERS = [
    "/achievements/crcn-4-1-beginner/1/fr",
    "/achievements/crcn-4-1-beginner/9/fr",
    "/issuers/demo",
    "/issuers/other",
    "/issuers/demo/did.json",
    "/issuers/demo/jwks.json",
    "/issuers/demo/keys/ed25519-1",
    "/issuers/demo/keys/ed25519-9",
    "/status/1",
    "/status/9",
    "/endorsements/" + UNKNOWN,
    "/artwork/" + "0" * 64 + ".png",
    "/frameworks/crcn",
    "/frameworks/crcn/4",
    "/frameworks/crcn/4.1",
    "/frameworks/crcn/9.9",
    "/frameworks/crcn/levels/beginner",
    "/ob2/rsa-1/issuer",
    "/ob2/rsa-1/key",
    "/ob2/rsa-1/revocations",
    "/ob2/rsa-1/badge-classes/crcn-4-1-beginner/1/fr",
    "/ob2/rsa-9/issuer",
]


@dataclass
class Case:
    """The badge of Anaïs Lemoigne, and the hands of everybody who can change it."""

    session: Session
    here: Services
    clock: Clock
    badge: Badge
    holder_id: str

    @property
    def public_id(self) -> str:
        """The public id of the badge."""
        return self.badge.public_id


def _nothing(case: Case) -> None:
    """Leave it as it is: public and in force."""


def _revoke(case: Case) -> None:
    states.revoke(
        case.session, case.here.office, case.public_id,
        reason=Reason.ISSUED_IN_ERROR, actor="administrator", now=case.clock(),
    )  # fmt: skip


def _suspend(case: Case) -> None:
    states.suspend(
        case.session, case.here.office, case.public_id, actor="administrator", now=case.clock()
    )


def _correct(case: Case) -> None:
    editions.correct(
        case.session, case.here.office, case.public_id,
        choices=replace(CHOICES, visibility=Visibility.PUBLIC),
        actor=case.holder_id, now=case.clock(),
    )  # fmt: skip


def _withdraw(case: Case) -> None:
    states.withdraw(
        case.session, case.here.office, case.public_id, actor=case.holder_id, now=case.clock()
    )


def _erase(choice: Choice) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        erase(
            case.session, case.here.office, case.here.erasures, case.here.mailer,
            person_id=case.holder_id, choice=choice, actor=case.holder_id, now=case.clock(),
        )  # fmt: skip

    return change


# What happens to the badge, and who may see it then.
STATES: dict[str, tuple[Callable[[Case], None], str]] = {
    "public": (_nothing, "public"),
    "link": (_nothing, "link"),
    "private": (_nothing, "private"),
    "revoked": (_revoke, "public"),
    "suspended": (_suspend, "public"),
    "superseded": (_correct, "public"),
    "expired": (lambda case: case.clock.advance(days=800), "public"),
    "withdrawn": (_withdraw, "public"),
    "erased-kept": (_erase(Choice.KEEP_BADGES), "public"),
    "erased-withdrawn": (_erase(Choice.WITHDRAW_BADGES), "public"),
    "private-revoked": (_revoke, "private"),
    "private-erased": (_erase(Choice.KEEP_BADGES), "private"),
}


@pytest.fixture
def case(app: Flask, clock: Clock, public_id: str) -> Iterator[Case]:
    """The badge, public, in force and one of Open Badges 2.0 too; a day after it became that."""
    show_to(app, public_id, "public")
    clock.advance(days=1)
    with app.app_context():
        session = extensions.db.session
        badge = session.get_one(Badge, public_id)
        holder_id = shelf.holder(session, badge)
        assert holder_id is not None
        editions.correct(
            session, services().office, public_id,
            choices=replace(
                CHOICES, name="Anaïs Lemoigne", visibility=Visibility.PUBLIC, ob2=True
            ),
            actor=holder_id, now=clock(),
        )  # fmt: skip
        clock.advance(days=1)
        yield Case(session, services(), clock, badge, holder_id)


@pytest.mark.parametrize("state", STATES)
def test_every_address_of_a_badge_answers_as_the_table_says(app, case, state, write_golden):
    """Page, files, QR code and short code, under each Accept; and what verify says of a copy."""
    change, visibility = STATES[state]
    public_id = case.public_id
    code = case.session.scalars(select(ShortCode.code)).one()
    edition = case.session.get_one(Credential, (public_id, case.badge.edition))
    assertion = f"/ob2/assertions/{edition.ob2_id}"
    copies = {
        form: shelf.take(case.session, case.here.vault, case.badge, form)
        for form in shelf.kept(case.session, case.badge)
    }
    change(case)
    case.session.expire_all()
    case.session.commit()
    show_to(app, public_id, visibility)

    rows = list(answers(app, [f"/b/{public_id}{end}" for end in ("", *FILES, "/qr.png")]))
    rows += answers(app, [f"/c/{code}", assertion, f"{assertion}.jws"])
    names = {public_id: "ID", code: "CODE", assertion: "/ob2/assertions/UUID"}
    text = table(rows, names) + "\n" + judged(case, copies)

    assert "Lemoigne" not in text
    compare(state, text, write=write_golden)


def test_an_address_that_never_was_answers_as_a_private_one(app, case, write_golden):
    """H5, H6: the two tables are one."""
    rows = list(answers(app, [f"/b/{UNKNOWN}{end}" for end in ("", *FILES, "/qr.png")]))
    assertion = "/ob2/assertions/00000000-0000-4000-8000-000000000000"
    rows += answers(app, ["/c/ZZZZZZZZ", assertion, f"{assertion}.jws"])
    text = table(rows, {UNKNOWN: "ID", "ZZZZZZZZ": "CODE", assertion: "/ob2/assertions/UUID"})

    compare("unknown", text, write=write_golden)
    if not write_golden:
        assert (GOLDEN / "private.md").read_text().startswith(text)
        assert (GOLDEN / "private-revoked.md").read_text().startswith(text)
        assert (GOLDEN / "private-erased.md").read_text().startswith(text)


def test_every_other_address_answers_as_the_table_says(app, case, write_golden):
    """Classes, issuer, keys, lists, images, frameworks: what no badge changes."""
    version = case.here.office.base_url
    image = json.loads(shelf.take(case.session, case.here.vault, case.badge, Format.JSON))[
        "credentialSubject"
    ]["achievement"]["image"]["id"].removeprefix(version)
    text = table(answers(app, [*OTHERS, image]), {image: "/artwork/DIGEST.png"})

    compare("others", text, write=write_golden)


def forms() -> list[str]:
    """Return the forms of addresses that the decision lists as signed for ever."""
    text = (ROOT / "docs/decisions/0016-addresses.md").read_text()
    return re.findall(r"^    (/.+)$", text, re.M)


def signed(case: Case) -> str:
    """Return what was signed: the badge as one of 3.0 and as one of 2.0."""
    kept = (Format.JSON, Format.OB2_JSON)
    texts = (shelf.take(case.session, case.here.vault, case.badge, form) for form in kept)
    return b"".join(texts).decode()


def test_every_form_that_was_ever_signed_into_a_badge_still_answers(app, case):
    """H9: the list stands in the decision; a form may be added to it, never taken away."""
    image = re.search(r"/artwork/([0-9a-f]{64})\.png", signed(case))
    assert image is not None
    edition = case.session.get_one(Credential, (case.public_id, case.badge.edition))
    values = {
        "<public id>": case.public_id, "<version>": "1", "<lang>": "fr", "<n>": "1",
        "<kid>": "ed25519-1", "<rsa kid>": "rsa-1", "<digest>": image[1], "<framework>": "crcn",
        "<code>": "4.1", "<uuid4>": str(edition.ob2_id), "levels/<slug>": "levels/beginner",
        "issuers/<slug>": "issuers/demo", "<slug>": "crcn-4-1-beginner",
    }  # fmt: skip

    assert len(forms()) >= 14
    for form in forms():
        path = form
        for name, value in values.items():
            path = path.replace(name, value)
        assert 200 == app.test_client().get(path).status_code, form


def test_every_address_in_a_badge_has_a_form_in_the_list(case):
    """What is signed without being in the list would be forgotten one day."""
    patterns = [re.sub(r"<[^>]+>", "[^/]+", form.replace(".", r"\.")) for form in forms()]
    base = case.here.office.base_url

    found = {each.split("#")[0] for each in re.findall(rf'"{base}(/[^"\\]+)"', signed(case))}

    assert len(found) >= 7
    assert [] == [each for each in found if not any(re.fullmatch(p, each) for p in patterns)]


# --- the words of the table ----------------------------------------------------------------------


def answers(app: Flask, paths: list[str]) -> Iterator[tuple[str, str, TestResponse]]:
    """Yield every path under every Accept with its answer, asked by somebody without a cookie."""
    for path in paths:
        for accept in ACCEPT:
            limiter.reset()
            answer = app.test_client().get(path, headers={"Accept": accept})
            assert "Set-Cookie" not in answer.headers, path
            yield path, accept, answer


def table(rows: Iterator[tuple[str, str, TestResponse]] | list, names: dict[str, str]) -> str:
    """Return the table in Markdown, with `names` in place of what is random."""
    lines = [
        "| address | Accept | status | type | cache | robots | CORS | what |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for path, accept, answer in rows:
        headers = answer.headers
        cells = [
            path, accept, str(answer.status_code), answer.mimetype,
            headers.get("Cache-Control", "–"), headers.get("X-Robots-Tag", "–"),
            headers.get("Access-Control-Allow-Origin", "–"), what(answer),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    text = "\n".join(lines) + "\n"
    for random, name in names.items():
        text = text.replace(random, name)
    return text


def what(answer: TestResponse) -> str:
    """Return a word for a body: its sentence, or the kind of document and when it was signed."""
    if answer.status_code == 303:
        return f"→ {answer.headers['Location']}"
    if answer.mimetype == "text/html":
        found = re.search(r'class="verdict-words"><strong>(.*?)</strong>', answer.text, re.S)
        found = found or re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.S)
        assert found is not None
        problem = re.search(r'id="badge-problem">.*?<span>(.*?)</span>', answer.text, re.S)
        words = [found[1], problem[1]] if problem else [found[1]]
        return ": ".join(plain(unescape(re.sub(r"<[^>]+>", " ", each))) for each in words)
    if answer.mimetype.startswith("image/"):
        kind = answer.mimetype.removeprefix("image/")
        return f"{kind}, baked" if b"openbadgecredential" in answer.data else kind
    if answer.data.startswith(b"ey"):
        head, payload, _ = answer.text.split(".")
        header = json.loads(multibase.base64url_decode(head))
        return f"{header['alg']}: {kind_of(json.loads(multibase.base64url_decode(payload)))}"
    return kind_of(json.loads(answer.data))


def kind_of(document: dict[str, object]) -> str:
    """Return what a JSON document is, in a word."""
    if "code" in document and "reference" in document:
        return f"problem {document['code']}"
    if "keys" in document:
        return "key set"
    if "verificationMethod" in document and "type" not in document:
        return "DID document"
    kinds = document.get("type", "document")
    kind = kinds[-1] if isinstance(kinds, list) else str(kinds)
    if document.get("revoked") is True:
        return f"{kind}, revoked: {document.get('revocationReason', '–')}"
    signed = document.get("validFrom") or document.get("issuedOn", "")
    return f"{kind} of {signed}" if signed and kind != "BitstringStatusListCredential" else kind


def judged(case: Case, copies: dict[Format, bytes]) -> str:
    """Return what our verifier says of the copies that somebody kept from before."""
    office = case.here.office
    lines = ["| copy from before | integrity | status | verdict |", "|---|---|---|---|"]
    for form, content in copies.items():
        report = verify(
            recognise(content),
            fetch=own_fetch(Hosting(case.session, office)),
            register=DatabaseRegister(case.session, office),
            now=case.clock(),
        )
        lines.append(f"| {form} | {report.integrity} | {report.status} | {report.verdict} |")
    return "\n".join(lines) + "\n"


def compare(name: str, text: str, *, write: bool) -> None:
    """Compare with the golden file, or write it when that was asked for."""
    file = GOLDEN / f"{name}.md"
    if write:
        file.write_text(text)
    assert file.read_text() == text
