"""Make the badges that the peers judge, with the real application, and their tampered copies.

    make_samples.py FOLDER

An installation at https://badges.example is set up in FOLDER, badges are issued and one is revoked
by the `badgeservice` command, and what the installation hosts for machines is written out.
FOLDER then holds:

    samples.json    {"issuer", "samples": [{"name", "format", "question", "file"}]}
    index.json      address -> {"file", "status", "type"}, as `badgeservice verify --documents` reads
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import older
import tampering
from older import Page, Publisher
from tampering import (
    EDDSA,
    ES256,
    HOSTED,
    JSON,
    MALLORY,
    PNG,
    PNG_BOTH,
    RS256,
    SIGNED,
    SVG,
    SVG_BOTH,
    Copy,
    Document,
    Forgers,
    Question,
)

from badgeservice.app import create_app
from badgeservice.extensions import db, services
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.keyring import Keyring, SigningKey
from badgeservice.openbadges import multibase, timestamps
from badgeservice.openbadges.bakery import Version, png, svg
from badgeservice.openbadges.keys import SIGNING_KINDS, KeyKind
from badgeservice.openbadges.proofs import eddsa_rdfc_2022, vc_jwt
from badgeservice.openbadges.proofs.vc_jwt import Algorithm
from badgeservice.settings import Settings
from badgeservice.verification.fetching import Fetch, FetchFailed

BASE_URL = "https://badges.example"
BADGE = "crcn-4-1-beginner"
REASON = "issued_in_error"
_TOKEN_FORMAT = {Algorithm.ES256: ES256, Algorithm.RS256: RS256, Algorithm.EDDSA: EDDSA}
_KIND = {
    Algorithm.ES256: KeyKind.P256,
    Algorithm.RS256: KeyKind.RSA,
    Algorithm.EDDSA: KeyKind.ED25519,
}
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
_OLDER_FILES = {
    HOSTED: "assertion.json",
    SIGNED: "assertion.jws",
    PNG_BOTH: "badge-both.png",
    SVG_BOTH: "badge-both.svg",
}
_PASSPHRASE = b"only for samples"
_PNG_SIGNATURE_BYTES = 8


def main(folder: Path) -> None:
    """Fill `folder`."""
    now = datetime.now(UTC)
    installation = Installation(folder / "installation")
    badges = [
        installation.issue("ada@example.org", "--name", "Ada Lovelace", "--lang", "en", "--ob2"),
        installation.issue("learner@example.org", "--lang", "fr"),
        installation.issue("grace@example.org", "--lang", "fr"),
    ]
    installation.revoke(badges[-1])
    mallory = Signer.new(MALLORY, folder / "mallory", now=now)
    with installation.opened() as (us, fetch):
        released = [badge.json for badge in badges] + [json.loads(badges[0].older[HOSTED])]
        hosted = crawl(released, fetch) | documents_of(mallory)
    samples = Shelf(folder)
    write_json_and_images(samples, us, mallory, *badges, now=now)
    write_jwt(samples, us, mallory, *badges, now=now)
    image = str(badges[0].json["credentialSubject"]["achievement"]["image"]["id"])
    keys = us.keys[KeyKind.RSA], mallory.keys[KeyKind.RSA]
    ours = Publisher(f"{BASE_URL}/ob2", keys[0], image, now=now)
    mallorys = Publisher(f"https://{MALLORY.removeprefix('did:web:')}/ob2", keys[1], image, now=now)
    write_released(samples, badges[0])
    write_older(samples, ours, mallorys)
    write_both(samples, ours, mallorys, *badges)
    samples.documents(hosted | ours.pages | mallorys.pages)
    samples.finish(issuer=us.id)


@dataclass(frozen=True)
class Issued:
    """An issued badge in the forms in which it was released."""

    address: str
    json: Document
    tokens: dict[Algorithm, str]
    png: bytes
    svg: bytes
    older: dict[str, bytes]
    """The forms of Open Badges 2.0, where they were asked for."""


class Installation:
    """An installation of the service at https://badges.example, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = {
            "BADGESERVICE_BASE_URL": BASE_URL,
            "BADGESERVICE_DATA_DIR": str(folder / "data"),
            "BADGESERVICE_KEYS_DIR": str(folder / "keys"),
            "BADGESERVICE_LOG_LEVEL": "error",
        }
        folder.mkdir(parents=True)
        self.command("setup")

    def issue(self, email: str, *options: str) -> Issued:
        """Issue a badge by the command."""
        out = self._folder / "issued" / email
        said = self.command(
            "issue", "--badge", BADGE, "--to", email, "--out", str(out), *options
        ).splitlines()
        return Issued(
            address=said[0],
            json=json.loads((out / "credential.json").read_text()),
            tokens={
                Algorithm.ES256: (out / "credential.jwt").read_text().strip(),
                Algorithm.RS256: (out / "credential.rs256.jwt").read_text().strip(),
            },
            png=(out / "badge.png").read_bytes(),
            svg=(out / "badge.svg").read_bytes(),
            older={
                form: (out / name).read_bytes()
                for form, name in _OLDER_FILES.items()
                if (out / name).exists()
            },
        )

    def revoke(self, badge: Issued) -> None:
        """Revoke a badge by the command."""
        self.command("revoke", badge.address, "--reason", REASON)

    @contextmanager
    def opened(self) -> Iterator[tuple[Signer, Fetch]]:
        """Open the installation in this process: who signs for it, and what it hosts."""
        settings = Settings.from_environment(self._environment)
        with create_app(settings).app_context():
            office = services().office
            keys = [office.keyring.signing_key(kind) for kind in SIGNING_KINDS]
            yield (
                Signer(office.issuer.id, keys),
                own_fetch(Hosting(db.session, office)),
            )

    def command(self, *arguments: str) -> str:
        """Run the application's command in this installation; return what it says."""
        program = Path(sys.executable).with_name("badgeservice")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("BADGESERVICE_")}
        return subprocess.run(
            [str(program), *arguments],
            cwd=self._folder,
            env=inherited | self._environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout


class Signer:
    """Whoever holds private keys: the issuer, or Mallory."""

    def __init__(self, identifier: str, keys: list[SigningKey]) -> None:
        self.id = identifier
        self.keys = {key.public_key.kind: key for key in keys}

    @classmethod
    def new(cls, identifier: str, keys_dir: Path, *, now: datetime) -> Signer:
        """Return a signer with fresh keys."""
        keyring = Keyring(keys_dir, "mallory", passphrase=lambda: _PASSPHRASE)
        for kind in SIGNING_KINDS:
            keyring.new(kind, now=now)
        return cls(identifier, [keyring.signing_key(kind) for kind in SIGNING_KINDS])

    def method(self, kind: KeyKind) -> str:
        """Return the DID URL of a key."""
        return f"{self.id}#{self.keys[kind].kid}"

    def secure(self, unsecured: Document, *, method: str = "", now: datetime) -> Document:
        """Return a document with a proof, under this signer's method unless another is claimed."""
        return eddsa_rdfc_2022.sign(
            unsecured,
            sign=self.keys[KeyKind.ED25519].sign,
            verification_method=method or self.method(KeyKind.ED25519),
            created=now,
        )

    def token(self, credential: Document, algorithm: Algorithm) -> str:
        """Return a credential as a VC-JWT."""
        kind = _KIND[algorithm]
        return vc_jwt.sign(
            credential, sign=self.keys[kind].sign, algorithm=algorithm, kid=self.method(kind)
        )

    def raw_token(self, payload: Document, header: Document) -> str:
        """Return a token with exactly this payload and header."""
        parts = [multibase.base64url_encode(json.dumps(p).encode()) for p in (header, payload)]
        message = ".".join(parts)
        signature = self.keys[_KIND[Algorithm(header["alg"])]].sign(message.encode())
        return f"{message}.{multibase.base64url_encode(signature)}"


class Shelf:
    """The samples and documents of a folder, being written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._samples: list[dict[str, str]] = []

    def add(self, form: str, sample: Copy, *, carried: str = "") -> None:
        """Write a sample: a document as JSON, text or bytes as they are.

        `carried` is the text of Open Badges 2.0 in an image.
        """
        content = sample.content
        if isinstance(content, dict):
            content = json.dumps(content, ensure_ascii=False, indent=1)
        if isinstance(content, str):
            content = content.encode()
        name = f"{form}-{len(self._samples):03d}"
        (self._folder / name).write_bytes(content)
        self._samples.append(
            {
                "name": sample.name,
                "format": form,
                "question": str(sample.question),
                "file": name,
                "carried": carried,
            }
        )

    def documents(self, hosted: dict[str, Page]) -> None:
        """Write what stands at each address, with its media type and status."""
        index = {}
        for number, (address, (media_type, body, status)) in enumerate(sorted(hosted.items())):
            name = f"document-{number:03d}"
            (self._folder / name).write_bytes(body)
            index[address] = {"file": name, "status": status, "type": media_type}
        (self._folder / "index.json").write_text(json.dumps(index, indent=1))

    def finish(self, *, issuer: str) -> None:
        """Write the list of samples."""
        listing = {"issuer": issuer, "samples": self._samples}
        (self._folder / "samples.json").write_text(json.dumps(listing, indent=1))


def write_json_and_images(
    samples: Shelf,
    us: Signer,
    mallory: Signer,
    named: Issued,
    other: Issued,
    revoked: Issued,
    *,
    now: datetime,
) -> None:
    """Write the tampered copies of the JSON form, and all of them again baked into images."""
    for badge in (named, other):
        samples.add(JSON, Copy("genuine", Question.NONE, badge.json))
        samples.add(PNG, Copy("genuine", Question.NONE, badge.png))
        samples.add(SVG, Copy("genuine", Question.NONE, badge.svg))
    past, future = _dated(named.json, now=now)
    copies = [
        *tampering.of_json(named.json, other.json, forgers=_forgers(mallory, now=now)),
        *tampering.of_revoked_json(revoked.json),
        *tampering.of_expired_json(us.secure(past, now=now)),
        Copy("not yet valid", Question.DATES, us.secure(future, now=now)),
    ]
    for sample in copies:
        samples.add(JSON, sample)
        text = _text(sample.content)
        samples.add(PNG, Copy(sample.name, sample.question, png.bake(named.png, text)))
        samples.add(SVG, Copy(sample.name, sample.question, svg.bake(named.svg, text)))
    forged = next(sample.content for sample in copies if sample.name == "edited claim")
    second = b"openbadgecredential\0\0\0\0\0" + _text(forged).encode()
    two = _with_chunk(named.png, b"iTXt", second)
    samples.add(PNG, Copy("two badges in one", Question.STRUCTURE, two))
    samples.add(PNG, Copy("nothing baked in", Question.STRUCTURE, _without_text(named.png)))
    forgery = svg.bake(DRAWING, _text(forged))
    element = forgery[forgery.index(b"><") + 1 : forgery.index(b"<rect")]
    two = named.svg.replace(b"</svg>", element + b"</svg>")
    samples.add(SVG, Copy("two badges in one", Question.STRUCTURE, two))
    samples.add(SVG, Copy("nothing baked in", Question.STRUCTURE, DRAWING))


def write_jwt(
    samples: Shelf,
    us: Signer,
    mallory: Signer,
    named: Issued,
    other: Issued,
    revoked: Issued,
    *,
    now: datetime,
) -> None:
    """Write the VC-JWT forms and their tampered copies.

    The service hands out ES256 and RS256. The EdDSA form is signed here, by the same function of the
    service with the issuer's other key.
    """
    past, future = _dated(named.json, now=now)
    for algorithm, form in _TOKEN_FORMAT.items():
        released = {
            badge.address: badge.tokens.get(algorithm)
            or us.token(_unsecured(badge.json), algorithm)
            for badge in (named, other, revoked)
        }
        for badge in (named, other):
            samples.add(form, Copy("genuine", Question.NONE, released[badge.address]))
        samples.add(form, Copy("revoked", Question.STATUS, released[revoked.address]))
        samples.add(form, Copy("expired", Question.DATES, us.token(past, algorithm)))
        samples.add(form, Copy("not yet valid", Question.DATES, us.token(future, algorithm)))
        for sample in tampering.of_jwt(
            released[named.address],
            forgers=_forgers(mallory, now=now),
            public_key=us.keys[_KIND[algorithm]].public_key.material,
        ):
            samples.add(form, sample)


def write_released(samples: Shelf, badge: Issued) -> None:
    """Write the forms of Open Badges 2.0 as the service released them."""
    carried = badge.older[HOSTED].decode()
    for form, content in badge.older.items():
        baked = carried if form in (PNG_BOTH, SVG_BOTH) else ""
        samples.add(form, Copy("genuine, released", Question.NONE, content), carried=baked)


def write_older(samples: Shelf, us: Publisher, mallory: Publisher) -> None:
    """Write hosted and signed assertions of Open Badges 2.0."""
    for sample in older.hosted_copies(us, mallory):
        samples.add(HOSTED, sample)
    for sample in older.signed_copies(us, mallory):
        samples.add(SIGNED, sample)


def write_both(
    samples: Shelf,
    us: Publisher,
    mallory: Publisher,
    named: Issued,
    other: Issued,
    revoked: Issued,
) -> None:
    """Write images with a badge of each version."""
    hosted, signed = us.hosted(), us.signed()
    head, body, signature = signed.split(".")
    edited = tampering.decode(body) | {"narrative": older.EDITED}
    forged = f"{head}.{tampering.encode(edited)}.{signature}"
    revoked_older = us.signed()
    us.revoke(tampering.decode(revoked_older.split(".")[1])["id"])
    claim = named.json | {"name": "Doctor of Philosophy"}
    pairs = (
        ("genuine", Question.NONE, named.json, _text(hosted)),
        ("genuine", Question.NONE, other.json, signed),
        ("edited claim in the newer", Question.NEWER, claim, signed),
        ("revoked newer", Question.NEWER, revoked.json, signed),
        ("edited claim in the older", Question.OLDER, named.json, forged),
        (
            "older hosted by another",
            Question.OLDER,
            named.json,
            _text(mallory.hosted(badge=us.badge_class)),
        ),
        ("revoked older", Question.OLDER, named.json, revoked_older),
    )
    for name, question, newer, text in pairs:
        image = png.bake(png.bake(named.png, text, version=Version.V2), _text(newer))
        samples.add(PNG_BOTH, Copy(name, question, image), carried=text)
        image = svg.bake(svg.bake(named.svg, text, version=Version.V2), _text(newer))
        samples.add(SVG_BOTH, Copy(name, question, image), carried=text)


def crawl(roots: list[Document], fetch: Fetch) -> dict[str, Page]:
    """Return the documents of the installation that `roots` lead to: address -> type and body."""
    issuer = str(roots[0]["issuer"]["id"])
    home = "https://" + issuer.removeprefix("did:web:").replace(":", "/")
    waiting = [f"{home}/did.json", f"{home}/jwks.json", *_addresses(roots)]
    found: dict[str, Page] = {}
    seen = set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        try:
            answer = fetch(address)
        except FetchFailed:
            continue
        found[address] = (answer.media_type, answer.body, answer.status)
        if "json" in answer.media_type:
            waiting += _addresses(json.loads(answer.body))
    return found


def documents_of(signer: Signer) -> dict[str, Page]:
    """Return the DID document and the JWK set of a signer outside the installation."""
    home = "https://" + signer.id.removeprefix("did:web:")
    methods, jwks = [], []
    for kind, key in signer.keys.items():
        shape = (
            {"type": "JsonWebKey", "publicKeyJwk": key.public_key.to_jwk()}
            if kind is KeyKind.RSA  # which has no form as Multikey
            else {"type": "Multikey", "publicKeyMultibase": key.public_key.to_multikey()}
        )
        methods.append({"id": signer.method(kind), "controller": signer.id, **shape})
        jwks.append(key.public_key.to_jwk() | {"kid": signer.method(kind)})
    did_document = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": signer.id,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }
    return {
        f"{home}/.well-known/did.json": (
            "application/json",
            json.dumps(did_document).encode(),
            200,
        ),
        f"{home}/jwks.json": ("application/json", json.dumps({"keys": jwks}).encode(), 200),
    }


def _addresses(value: Any) -> Iterator[str]:
    """Yield the addresses of the installation that a document names, without fragments."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for member in value:
            yield from _addresses(member)
    elif isinstance(value, str) and value.startswith(f"{BASE_URL}/"):
        yield value.partition("#")[0]


def _forgers(mallory: Signer, *, now: datetime) -> Forgers:
    return Forgers(
        secure=lambda document, method: mallory.secure(document, method=method, now=now),
        sign_jwt=mallory.raw_token,
        jwks={
            str(algorithm): mallory.keys[kind].public_key.to_jwk()
            for algorithm, kind in _KIND.items()
        },
    )


def _dated(credential: Document, *, now: datetime) -> tuple[Document, Document]:
    """Return the unsecured credential once expired yesterday and once valid from tomorrow."""
    day, unsecured = timedelta(days=1), _unsecured(credential)
    past = {
        "validFrom": timestamps.write(now - 300 * day),
        "validUntil": timestamps.write(now - day),
    }
    future = {
        "validFrom": timestamps.write(now + day),
        "validUntil": timestamps.write(now + 300 * day),
    }
    return unsecured | past, unsecured | future


def _unsecured(credential: Document) -> Document:
    return {name: value for name, value in credential.items() if name != "proof"}


def _chunks(image: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and the whole bytes of each chunk of a PNG."""
    place = _PNG_SIGNATURE_BYTES
    while place < len(image):
        end = place + struct.unpack_from(">I", image, place)[0] + 12
        yield image[place + 4 : place + 8], image[place:end]
        place = end


def _without_text(image: bytes) -> bytes:
    kept = [chunk for kind, chunk in _chunks(image) if kind != b"iTXt"]
    return image[:_PNG_SIGNATURE_BYTES] + b"".join(kept)


def _with_chunk(image: bytes, kind: bytes, content: bytes) -> bytes:
    """Return the image with a chunk more before its end."""
    chunk = struct.pack(">I", len(content)) + kind + content
    chunk += struct.pack(">I", zlib.crc32(chunk[4:]))
    before = [chunk for kind, chunk in _chunks(image) if kind != b"IEND"]
    end = [chunk for kind, chunk in _chunks(image) if kind == b"IEND"]
    return image[:_PNG_SIGNATURE_BYTES] + b"".join([*before, chunk, *end])


def _text(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
