"""Whose key is it? Asked of the issuer, and of nobody else.

A key counts only if the document at the issuer's own identifier lists it for issuing. What a file
says of keys proves nothing about the issuer: not the fragment of an address, not a key in a header,
not a key document that names the issuer as its controller.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from badgeservice.errors import (
    DIDRefused,
    FetchFailed,
    KeyRefused,
    MethodRefused,
    UnreadableJSON,
)
from badgeservice.openbadges import Document, controller, did, strict_json
from badgeservice.openbadges.keys import PublicKey
from badgeservice.verification import reading
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Code, Doubt


def key(case: Case, method_id: str) -> PublicKey:
    """Return the key that the credential's issuer publishes as `method_id` for issuing.

    A key that its issuer has revoked is no key to a stranger, because anyone may have signed with
    it at any time. An issuer of ours has more than that to say: its register holds what the key
    signed for us, so a revoked key of ours still verifies, and the register's own check decides.

    Raises `Doubt`: unknown if the issuer cannot be asked, failed if it does not own the key.
    """
    issuer = reading.reference(case.credential, "issuer")
    if issuer is None:
        raise Doubt(Code.ISSUER_MISSING)
    document = _issuer_document(case, issuer)
    try:
        return controller.find_method(
            document,
            method_id,
            controller=issuer,
            now=case.now,
            even_revoked=case.register.owns(issuer),
        )
    except (MethodRefused, KeyRefused) as error:
        raise Doubt(Code(error.code), error.message) from None


def _issuer_document(case: Case, issuer: str) -> Document:
    """Return the issuer's controller document, whose `id` is the issuer's identifier itself."""
    if case.register.owns(issuer):
        # Our own installation answers to its own name, in process. While it is being tried out at
        # an address that no DID may name, nobody else could resolve it.
        return _found(issuer, _fetched(case, issuer))
    try:
        if issuer.startswith("did:key:"):
            return did.resolve_did_key(issuer)
        address = did.did_web_url(issuer) if issuer.startswith("did:web:") else issuer
    except DIDRefused as error:
        raise Doubt(Code(error.code), error.message) from None
    if not may_be_asked(case, address):
        raise Doubt(Code.ISSUER_NOT_RESOLVABLE, issuer[:200])
    return _found(issuer, _fetched(case, address))


def _found(issuer: str, document: Document) -> Document:
    """Return a document if it is about the issuer that was asked for."""
    if document.get("id") != issuer:
        found = str(document.get("id"))[:200]
        raise Doubt(Code.ISSUER_DOCUMENT_MISMATCH, f"{issuer[:200]}: {found}")
    return document


def may_be_asked(case: Case, address: str) -> bool:
    """Tell whether `address` is one that can vouch for what it answers.

    That is https; our own installation may stand at plain http while it is being tried out, and is
    asked in process.
    """
    scheme = address.partition(":")[0]
    return scheme == "https" or (scheme == "http" and case.register.owns(_issuer(case)))


def _issuer(case: Case) -> str:
    return reading.reference(case.credential, "issuer") or ""


def _fetched(case: Case, address: str) -> Document:
    try:
        answer = case.fetch(address)
    except FetchFailed as error:
        raise Doubt(Code.ISSUER_UNREACHABLE, f"{address}: {error.message}") from None
    if _origin(answer.url) != _origin(address):
        raise Doubt(Code.ISSUER_REDIRECTED, f"{address}: to {answer.url}")
    if answer.status != 200:
        raise Doubt(Code.ISSUER_UNREACHABLE, f"{address}: HTTP status {answer.status}")
    try:
        return strict_json.load_object(answer.body)
    except UnreadableJSON as error:
        raise Doubt(Code.ISSUER_DOCUMENT_UNREADABLE, f"{address}: {error.message}") from None


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc
