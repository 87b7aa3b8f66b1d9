"""The genuine side of the corpus: a school, an academy and an attacker, with fixed test keys.

THE KEYS ARE TEST KEYS. They follow from the seeds written here, so anyone has them; nothing that
they sign means anything. Everything is fixed (keys, times, identifiers), so that a second run
writes the same bytes.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pyld import jsonld

from badgeservice.openbadges import contexts
from badgeservice.openbadges.multibase import base58_encode, base64url_encode
from badgeservice.openbadges.proofs import eddsa_rdfc_2022

Document = dict[str, Any]

ISSUED, NOW, UNTIL = "2026-11-20T12:00:00Z", "2026-11-23T09:00:00Z", "2028-11-20T12:00:00Z"
VC = "https://www.w3.org/ns/credentials/v2"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CONTEXT = [VC, OB]
SCHOOL, MALLORY = "did:web:school.example", "did:web:mallory.example"
ED, EC, RS = f"{SCHOOL}#ed25519", f"{SCHOOL}#p256", f"{SCHOOL}#rsa"
P256, P384 = f"{SCHOOL}#p256-multikey", f"{SCHOOL}#p384-multikey"
LIST = "https://status.example/lists/1"
"""At a host of its own, so that asking for it shows: nobody may before the proof has held."""
OB2 = "https://w3id.org/openbadges/v2"


class Key:
    """One seed's key pairs: Ed25519, P-256, P-384 and RSA-2048. Test keys, all of them."""

    def __init__(self, name: str) -> None:
        self.name = name
        seed = hashlib.sha256(f"badgeservice test key, worth nothing: {name}".encode()).digest()
        self.ed25519 = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        self.p256 = ec.derive_private_key(int.from_bytes(seed, "big") >> 1, ec.SECP256R1())

    @functools.cached_property
    def rsa(self) -> rsa.RSAPrivateKey:
        """The RSA pair, whose primes follow from the seed."""
        p, q = (_prime(f"{self.name} {letter}") for letter in "pq")
        e = 65_537
        d = pow(e, -1, (p - 1) * (q - 1))
        crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
        public = rsa.RSAPublicNumbers(e, p * q)
        return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()

    @property
    def raw(self) -> bytes:
        """The 32 bytes of the Ed25519 public key."""
        return self.ed25519.public_key().public_bytes_raw()

    @property
    def multikey(self) -> str:
        """The Ed25519 public key as Multikey."""
        return "z" + base58_encode(b"\xed\x01" + self.raw)

    @property
    def did(self) -> str:
        """The did:key of the Ed25519 half."""
        return f"did:key:{self.multikey}"

    @property
    def did_method(self) -> str:
        """The one verification method of `did`."""
        return f"{self.did}#{self.multikey}"

    @property
    def p256_raw(self) -> bytes:
        """The compressed point of the P-256 public key."""
        return self.p256.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    @functools.cached_property
    def p384(self) -> ec.EllipticCurvePrivateKey:
        """The P-384 pair."""
        secret = hashlib.sha384(f"{self.name}, P-384".encode()).digest()
        return ec.derive_private_key(int.from_bytes(secret, "big") >> 1, ec.SECP384R1())

    def ec_multikey(self, kind: str) -> str:
        """The public key of a kind (p256, p384) as Multikey."""
        public = getattr(self, kind).public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        prefix = {"p256": b"\x80\x24", "p384": b"\x81\x24"}[kind]
        return "z" + base58_encode(prefix + point)

    def pem(self, kind: str) -> str:
        """The public key of a kind (ed25519, p256, rsa) as PEM."""
        public = getattr(self, kind).public_key()
        return str(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())

    def jwk(self, alg: str) -> Document:
        """The public key for a JOSE algorithm as JWK."""
        if alg == "EdDSA":
            return {"kty": "OKP", "crv": "Ed25519", "x": base64url_encode(self.raw)}
        if alg == "ES256":
            numbers = self.p256.public_key().public_numbers()
            x, y = (base64url_encode(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
            return {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        n = self.rsa.public_key().public_numbers().n
        return {"kty": "RSA", "n": base64url_encode(n.to_bytes(256, "big")), "e": "AQAB"}

    def sign(self, alg: str, message: bytes) -> bytes:
        """Return a JOSE signature, deterministic for every algorithm."""
        if alg == "EdDSA":
            return self.ed25519.sign(message)
        if alg == "ES256":
            algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
            r, s = decode_dss_signature(self.p256.sign(message, algorithm))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return bytes(self.rsa.sign(message, padding.PKCS1v15(), hashes.SHA256()))


def _prime(name: str) -> int:
    """Return the first probable prime of 1024 bits after what a name hashes to."""
    stream = b"".join(hashlib.sha512(f"{name} {n}".encode()).digest() for n in range(2))
    number = int.from_bytes(stream, "big") | 3 << 1022 | 1
    while not _is_prime(number):
        number += 2
    return number


def _is_prime(number: int) -> bool:
    """Tell by Fermat and a few small divisors: enough for keys that nobody trusts."""
    if any(number % small == 0 for small in range(3, 2000, 2)):
        return False
    return number % 65_537 != 1 and all(pow(base, number - 1, number) == 1 for base in (2, 3))


SCHOOLS, MALLORYS, OTHERS = Key("school"), Key("mallory"), Key("a third party")


# --- what the issuers publish


@dataclass
class World:
    """What stands at which address: a body with its status and type, a redirect, or None: nothing."""

    answers: dict[str, Document | None] = field(default_factory=dict)

    def put(
        self, address: str, body: Document | bytes | None, *, status: int = 200, type: str = ""
    ) -> World:
        """Return this world with one answer more."""
        answer: Document = {"body": dumps(body) if isinstance(body, dict) else body}
        if status != 200:
            answer["status"] = status
        if type:
            answer["type"] = type
        return World(self.answers | {address: answer})

    def redirect(self, address: str, to: str) -> World:
        """Return this world with a redirect."""
        return World(self.answers | {address: {"redirect": to}})

    def without(self, address: str) -> World:
        """Return this world without an answer at an address."""
        return World(self.answers | {address: None})


def dumps(value: Any) -> bytes:
    """Return JSON without spaces, its members in their order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def did_web_address(did: str) -> str:
    """Return where the document of one of the plain did:web here stands."""
    return f"https://{did.removeprefix('did:web:')}/.well-known/did.json"


def did_document(did: str, key: Key, **changes: Any) -> Document:
    """Return the DID document of an issuer: its keys, all for making assertions."""
    methods: list[Document] = [
        {"id": f"{did}#ed25519", "type": "Multikey", "publicKeyMultibase": key.multikey},
        {"id": f"{did}#p256", "type": "JsonWebKey", "publicKeyJwk": key.jwk("ES256")},
        {"id": f"{did}#rsa", "type": "JsonWebKey", "publicKeyJwk": key.jwk("RS256")},
        {"id": f"{did}#ed25519-jwk", "type": "JsonWebKey", "publicKeyJwk": key.jwk("EdDSA")},
        *(
            {
                "id": f"{did}#{kind}-multikey",
                "type": "Multikey",
                "publicKeyMultibase": key.ec_multikey(kind),
            }
            for kind in ("p256", "p384")
        ),
    ]
    methods = [{"id": m["id"], "type": m["type"], "controller": did} | m for m in methods]
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
            "https://w3id.org/security/jwk/v1",
        ],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [m["id"] for m in methods],
    } | changes


def bits(*revoked: int, size: int = 131_072) -> bytes:
    """Return a bitstring with these bits set, the first bit leftmost."""
    string = bytearray(size // 8)
    for index in revoked:
        string[index // 8] |= 0x80 >> index % 8
    return bytes(string)


def encoded(bitstring: bytes) -> str:
    """Return a bitstring as encodedList."""
    return "u" + base64url_encode(gzip.compress(bitstring, mtime=0))


def status_list(
    *revoked: int, purpose: Any = "revocation", issuer: str = SCHOOL, **changes: Any
) -> Document:
    """Return an unsigned status list; in `changes`, `subject` changes its subject."""
    subject = {
        "id": f"{LIST}#list",
        "type": "BitstringStatusList",
        "statusPurpose": purpose,
        "encodedList": encoded(bits(*revoked)),
    } | changes.pop("subject", {})
    return {
        "@context": [VC],
        "id": LIST,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": ISSUED,
        "credentialSubject": {k: v for k, v in subject.items() if v is not None},
    } | changes


def world(*revoked: int) -> World:
    """Return the world of the school, in which the attacker publishes at an address of his own."""
    return (
        World()
        .put(did_web_address(SCHOOL), did_document(SCHOOL, SCHOOLS))
        .put(did_web_address(MALLORY), did_document(MALLORY, MALLORYS))
        .put(LIST, secured(status_list(*revoked)))
    )


# --- badges


def profile(issuer: str = SCHOOL, name: str = "École d'exemple") -> Document:
    """Return an issuer as it stands in its badges."""
    return {"id": issuer, "type": ["Profile"], "name": name}


def status_entry(index: Any = "94567", **changes: Any) -> Document:
    """Return a status entry; None leaves a member out."""
    entry = {
        "id": f"{LIST}#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": index,
        "statusListCredential": LIST,
    } | changes
    return {k: v for k, v in entry.items() if v is not None}


def badge(**changes: Any) -> Document:
    """Return an unsigned badge; None leaves a member out."""
    document: Document = {
        "@context": CONTEXT,
        "id": "urn:uuid:0b0e8c5e-6a4f-4d3b-9a55-0a1f5a2a7c11",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Gestes de premiers secours",
        "issuer": profile(),
        "validFrom": ISSUED,
        "validUntil": UNTIL,
        "credentialSubject": {
            "id": "urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://school.example/achievements/first-aid",
                "type": ["Achievement"],
                "name": "Gestes de premiers secours",
                "description": "Alerter, protéger, secourir.",
                "criteria": {"narrative": "Une journée de formation."},
            },
        },
        "evidence": [
            {
                "id": "https://school.example/evidence/1",
                "type": ["Evidence"],
                "name": "Mise en situation",
            }
        ],
        "credentialStatus": status_entry(),
    } | changes
    return {k: v for k, v in document.items() if v is not None}


def secured(
    document: Document, *, key: Key = SCHOOLS, method: str = ED, proof: Document | None = None
) -> Document:
    """Return a document with an embedded proof; `proof` changes it before it is signed."""
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": ISSUED,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    } | (proof or {})
    options = {k: v for k, v in options.items() if v is not None}
    return document | {"proof": options | {"proofValue": proof_value(document, options, key)}}


def proof_value(document: Document, options: Document, key: Key) -> str:
    """Return the eddsa-rdfc-2022 signature over a document and its proof's options."""
    signed = eddsa_rdfc_2022.hash_data(document, options, canonicalize=canonical).signed_bytes
    return multibase58(key.ed25519.sign(signed))


def canonical(document: Document) -> str:
    """Return the canonical statements of a document as a careless issuer's library has them.

    Not by our own code, which refuses to sign what an attacker would.
    """
    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "base": None,
        "documentLoader": _context,
    }
    return str(jsonld.normalize(document, options))


def _context(address: str, _options: object) -> Document:
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": contexts.load(address),
    }


def multibase58(data: bytes) -> str:
    """Return bytes as multibase base58btc."""
    return "z" + base58_encode(data)


@functools.cache
def _genuine() -> bytes:
    return dumps(secured(badge()))


def genuine() -> Document:
    """Return the genuine badge with its proof, a copy of one's own."""
    document: Document = json.loads(_genuine())
    return document


def claims(document: Document) -> Document:
    """Return the claims with which a token repeats what a badge says."""
    return {
        "iss": document["issuer"]["id"],
        "jti": document["id"],
        "nbf": 1_795_176_000,
        "exp": 1_858_334_400,
        "sub": document["credentialSubject"]["id"],
    }


def token(
    payload: Document | bytes | None = None,
    *,
    alg: str = "ES256",
    key: Key = SCHOOLS,
    header: Document | bytes | None = None,
    signature: bytes | None = None,
) -> str:
    """Return a compact token; None in `header` leaves a member out, bytes stand as they are."""
    kid = {"ES256": EC, "RS256": RS, "EdDSA": f"{SCHOOL}#ed25519-jwk"}[alg]
    if payload is None:
        payload = badge() | claims(badge())
    if not isinstance(header, bytes):
        said = {"alg": alg, "typ": "JWT", "kid": kid} | (header or {})
        header = dumps({k: v for k, v in said.items() if v is not None})
    body = payload if isinstance(payload, bytes) else dumps(payload)
    signed = f"{base64url_encode(header)}.{base64url_encode(body)}"
    if signature is None:
        signature = key.sign(alg, signed.encode())
    return f"{signed}.{base64url_encode(signature)}"
