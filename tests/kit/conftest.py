"""The life of two badges of a real issuer, with a kit at each turn of it; lived once."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy.orm import Session

from badgeservice import extensions, installation, verification
from badgeservice.app import create_app
from badgeservice.core import Stock
from badgeservice.extensions import services
from badgeservice.issuing import editions, issuer, key_chain, shelf, states, status_lists
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.models import Badge, Format
from badgeservice.issuing.office import Office
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.kit import pack
from badgeservice.kit.archive import Archive
from badgeservice.openbadges import Document, multibase, status_list
from badgeservice.verification.fetching import Fetched
from tests.conftest import Clock, settings_in
from tests.issuing.conftest import CHOICES, Desk
from tests.journeys import conftest as journeys
from tests.verification.test_pdf import pdf_with

browser_type_launch_args = journeys.browser_type_launch_args

LATER = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """A file that is verified with an archive at an instant, and what has to come out.

    `server` is what the installation itself said of the file at that moment; None where the
    archive is not what it would answer.
    """

    archive: Archive
    data: bytes
    at: datetime
    verdict: str
    code: str
    server: Document | None = None


@dataclass
class Life:
    """All cases by name; the kit of the first badge, made twice; and what must be in no kit."""

    cases: dict[str, Case] = field(default_factory=dict)
    address: str = ""
    kit: bytes = b""
    again: bytes = b""
    secrets: tuple[bytes, ...] = ()

    def files(self) -> dict[str, bytes]:
        """Return the files of the kit by name."""
        return unpacked(self.kit)


def unpacked(kit: bytes) -> dict[str, bytes]:
    """Return the files of a zip by name."""
    with zipfile.ZipFile(io.BytesIO(kit)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="session")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Two badges, of Anaïs and of somebody whose name must not be in the kit of Anaïs."""
    folder = tmp_path_factory.mktemp("kit")
    # In a thread of its own: in ours a browser may be open, whose loop Flask would stumble over.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_live, folder).result()


def _live(folder: Path) -> Life:
    demo = yaml.safe_load(
        (Path(installation.__file__).parent / "content/issuers/demo.yaml").read_text()
    )
    file = folder / "issuer.yaml"
    file.write_text(yaml.safe_dump(demo | {"demo": False, "url": "https://badges.example/"}))
    settings = settings_in(folder, base_url="https://badges.example", issuer_file=file)
    clock = Clock()
    installation.prepare_files(settings, now=clock())
    described = issuer.load(settings.issuer_path, base_url=settings.base_url)
    app = create_app(settings, clock=clock, stock=Stock(settings))
    with app.app_context():
        session = extensions.db.session
        installation.prepare_database(session, described, settings, now=clock())
        lived = _lived(Desk(session, services().office, clock), folder)
        extensions.db.engine.dispose()
    return lived


def _lived(desk: Desk, folder: Path) -> Life:
    life, session, office, clock = Life(), desk.session, desk.office, desk.clock

    def archive_of(badge: Badge, office: Office = office) -> Archive:
        return pack.archive(session, office, badge, taken(badge), now=clock())

    def taken(badge: Badge, form: Format = Format.JSON) -> bytes:
        return shelf.take(session, office.vault, badge, form)

    def case(
        name: str,
        archive: Archive,
        data: bytes,
        verdict: str,
        code: str,
        at: datetime | None = None,
    ) -> None:
        life.cases[name] = Case(archive, data, at or clock(), verdict, code)

    def genuine(
        name: str,
        archive: Archive,
        data: bytes,
        verdict: str,
        code: str,
        at: datetime | None = None,
    ) -> None:
        server = _server(session, office, data, at or clock())
        life.cases[name] = Case(archive, data, at or clock(), verdict, code, server)

    anais = desk.badge()
    other = desk.badge("canari@example.org", replace(CHOICES, name="Zéphyrine Canari", ob2=True))
    life.address = anais.address
    life.kit = pack.pack(session, office, anais, now=clock())
    life.again = pack.pack(session, office, anais, now=clock())
    trying = replace(office, issuer=replace(office.issuer, demo=True))
    life.secrets = _secrets(folder)

    held = archive_of(anais)
    for form in (Format.JSON, Format.JWT, Format.JWT_RS256, Format.PNG, Format.SVG):
        genuine(f"genuine {form}", held, taken(anais, form), "green", "in_register")
    document = pdf_with(taken(anais))
    genuine("in a PDF", held, document, "green", "in_register")
    genuine("by its address", held, anais.address.encode(), "green", "in_register")
    genuine("expired", held, taken(anais), "red", "expired", LATER)
    token = taken(anais, Format.JWT)
    case("expired token", held, token, "red", "expired", LATER)
    case("another's badge", held, taken(other), "amber", "issuer_not_known")
    case("another's token", held, taken(other, Format.JWT), "amber", "issuer_not_known")
    both = archive_of(other)
    for form in (Format.PNG_BOTH, Format.OB2_JWS, Format.OB2_JSON):
        case(f"in 2.0 {form}", both, taken(other, form), "amber", "document_unreachable")
    case("a trial", archive_of(anais, trying), taken(anais), "amber", "trial")
    _tampered(case, held, taken(anais), token, taken(other))

    former = taken(anais)
    states.suspend(session, office, anais.public_id, actor="test", now=clock())
    genuine("suspended", archive_of(anais), former, "red", "suspended")
    states.reinstate(session, office, anais.public_id, actor="test", now=clock())
    clock.advance(days=1)
    editions.correct(
        session,
        office,
        anais.public_id,
        choices=replace(CHOICES, name="Anaïs Lemoigne"),
        actor="test",
        now=clock(),
    )
    genuine("replaced", archive_of(anais), former, "amber", "superseded")
    genuine("its replacement", archive_of(anais), taken(anais), "green", "in_register")
    clock.advance(days=1)
    before = held.documents[_list_of(held)]
    states.revoke(
        session,
        office,
        anais.public_id,
        reason=states.REVOCATION_REASONS[0],
        actor="test",
        now=clock(),
    )
    over = archive_of(anais)
    genuine("revoked", over, taken(anais), "red", "revoked")
    genuine("revoked token", over, taken(anais, Format.JWT), "red", "revoked")
    case(
        "an older list",
        with_document(over, _list_of(over), before.body),
        taken(anais),
        "red",
        "revoked",
    )
    mine = archive_of(other)
    case("another's, revoked", mine, taken(anais), "red", "revoked")
    case(
        "a list rolled back",
        with_document(mine, _list_of(mine), before.body),
        taken(other),
        "amber",
        "status_list_outdated",
    )
    clock.advance(days=1)
    kid = "ed25519-1"
    office.keyring.compromise(kid, since=clock() - timedelta(days=2), now=clock())
    key_chain.tell(session, office.issuer, office.keyring, actor="test", now=clock())
    for _ in status_lists.publish_compromised(session, office, now=clock()):
        pass
    session.commit()
    genuine("its key was stolen", archive_of(other), taken(other), "green", "in_register")
    case("another's, key stolen", archive_of(other), former, "red", "key_revoked")
    return life


def _tampered(case: object, held: Archive, badge: bytes, token: bytes, other: bytes) -> None:
    assert callable(case)
    document = json.loads(badge)
    changed = json.loads(badge)
    changed["credentialSubject"]["achievement"]["name"] = "Docteur en médecine"
    case("a changed name", held, json.dumps(changed).encode(), "red", "bad_signature")
    changed = document | {"validUntil": "2040-01-01T00:00:00Z"}
    case("a later end", held, json.dumps(changed).encode(), "red", "bad_signature")
    case(
        "an addition", held, json.dumps(document | {"grade": "A"}).encode(), "red", "unsigned_data"
    )
    without = {key: value for key, value in document.items() if key != "credentialStatus"}
    case("without its status", held, json.dumps(without).encode(), "red", "bad_signature")
    without = {key: value for key, value in document.items() if key != "proof"}
    case("without its proof", held, json.dumps(without).encode(), "red", "proof_missing")
    twice = badge.replace(b'{"@context"', b'{"name":"X","name":"Y","@context"', 1)
    case("said twice", held, twice, "unreadable", "duplicate_key")
    foreign = document | {"@context": [*document["@context"], "https://evil.example/v1"]}
    case("a foreign vocabulary", held, json.dumps(foreign).encode(), "red", "context_unknown")
    lent = json.loads(other)["proof"]
    case(
        "the proof of another",
        held,
        json.dumps(document | {"proof": lent}).encode(),
        "red",
        "bad_signature",
    )
    header, payload, signature = token.decode().split(".")
    said = json.loads(multibase.base64url_decode(payload))
    said["credentialSubject"]["achievement"]["name"] = "Docteur en médecine"
    forged = multibase.base64url_encode(json.dumps(said).encode())
    case("a changed token", held, f"{header}.{forged}.{signature}".encode(), "red", "bad_signature")
    none = multibase.base64url_encode(b'{"alg":"none"}')
    case(
        "a token without signature",
        held,
        f"{none}.{payload}.{signature}".encode(),
        "red",
        "alg_not_allowed",
    )
    case("a text", held, b"bonjour", "unreadable", "not_a_badge")
    case("nothing", held, b"", "unreadable", "empty")
    case("a damaged PDF", held, b"%PDF-1.7", "unreadable", "bad_pdf")
    case("a PDF without badge", held, pdf_with(), "unreadable", "pdf_without_badge")

    issuer_id = held.extract.issuer_id
    keys = json.loads(held.documents[issuer_id].body)
    first, second, *rest = keys["verificationMethod"]
    assert "publicKeyMultibase" in first
    wrong = first | {"publicKeyMultibase": "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"}
    swapped = json.dumps(keys | {"verificationMethod": [wrong, second, *rest]}).encode()
    case("a wrong key", with_document(held, issuer_id, swapped), badge, "red", "bad_signature")
    unlisted = json.dumps(keys | {"assertionMethod": keys["assertionMethod"][1:]}).encode()
    case(
        "a key that is not listed",
        with_document(held, issuer_id, unlisted),
        badge,
        "red",
        "method_not_in_issuer_document",
    )

    address = _list_of(held)
    listed = json.loads(held.documents[address].body)
    subject = listed["credentialSubject"]
    cleared = subject | {"encodedList": status_list.encode([7])}
    lying = json.dumps(listed | {"credentialSubject": cleared}).encode()
    case(
        "a changed list",
        with_document(held, address, lying),
        badge,
        "amber",
        "status_list_untrusted",
    )
    case("no list", without_document(held, address), badge, "amber", "status_unreachable")
    case("no keys", without_document(held, issuer_id), badge, "amber", "issuer_unreachable")


def _server(session: Session, office: Office, data: bytes, now: datetime) -> Document:
    """Return what the installation itself says of a file."""
    return verification.verify(
        verification.recognise(data),
        fetch=own_fetch(Hosting(session, office)),
        register=DatabaseRegister(session, office),
        now=now,
    ).to_json()


def _list_of(archive: Archive) -> str:
    (address,) = archive.extract.published
    return address


def with_document(archive: Archive, address: str, body: bytes) -> Archive:
    """Return an archive in which other bytes stand at an address."""
    answer = Fetched(address, 200, "application/json", body)
    return replace(archive, documents={**archive.documents, address: answer})


def without_document(archive: Archive, address: str) -> Archive:
    """Return an archive in which nothing stands at an address."""
    left = {key: value for key, value in archive.documents.items() if key != address}
    return replace(archive, documents=left)


def _secrets(folder: Path) -> tuple[bytes, ...]:
    """Return what must be in no kit: the secrets of the installation, and other people."""
    files = [*folder.glob("data/*key*"), *folder.glob("data/*passphrase*")]
    private = [
        line
        for file in folder.glob("keys/**/*.pem")
        for line in file.read_bytes().split(b"\n")[1:-2]
    ]
    assert len(files) >= 3
    assert private
    return (
        *(file.read_bytes().strip() for file in files),
        *private,
        b"canari@example.org",
        b"anais@example.org",
        "Zéphyrine".encode(),
        b"Canari",
    )
