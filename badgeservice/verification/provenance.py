"""Whose key is it? Asked of the issuer, and of nobody else.

A key counts only if the document at the issuer's own identifier lists it for issuing, or, for a
token, the key set at the issuer's own site. What a file says of keys proves nothing about the
issuer: not the fragment of an address, not a key in a header, not a key document that names the
issuer as its controller. A key document is asked only where the issuer lists its address.
Sources: Controlled Identifiers 1.0, section 3.3; Open Badges 3.0, section 8.2 and the implementation
guide on key sets (`/.well-known/jwks.json`, `iss`).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from badgeservice.errors import (
    DIDRefused,
    FetchFailed,
    KeyRefused,
    MethodNotListed,
    MethodRefused,
    UnreadableJSON,
)
from badgeservice.openbadges import Document, controller, did, strict_json
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs.vc_jwt import UnverifiedToken
from badgeservice.verification import origins, reading
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Code, Doubt
from badgeservice.verification.fetching import Fetched

_NOTHING_HERE = (404, 406, 410)
"""What an address answers where no document stands, or none that software may have."""

_KEY_SET = "/.well-known/jwks.json"


def key(case: Case, method_id: str) -> PublicKey:
    """Return the key that the credential's issuer publishes as `method_id` for issuing.

    A key that its issuer has revoked is no key to a stranger, because anyone may have signed with
    it at any time. An issuer of ours has more than that to say: its register holds what the key
    signed for us, so a revoked key of ours still verifies, and the register's own check decides.

    Its thumbprint is noted in the case, so that who remembers keys can tell an old from a new one.
    Raises `Doubt`: unknown if the issuer cannot be asked, failed if it does not own the key.
    """
    issuer = _issuer(case)
    return _key(case, _issuer_document(case, issuer), method_id, issuer)


def key_of_token(case: Case, token: UnverifiedToken) -> tuple[str, PublicKey]:
    """Return the issuer's key that a token names, or shows, and the name that the issuer gives it.

    A key shown in the header is a hint: it counts if the issuer publishes the same. Raises like
    `key`.
    """
    issuer = _issuer(case)
    shown = token.header.get("jwk")
    if token.kid is None and shown is None:
        raise Doubt(Code.KEY_NOT_NAMED)
    document = _document_for_tokens(case, issuer)
    if token.kid is not None:
        named = f"{issuer}{token.kid}" if token.kid.startswith("#") else token.kid
        return named, _key(case, document, named, issuer)
    try:
        hint = PublicKey.from_jwk(shown or {})
        method_id = controller.find_method_of(
            document,
            hint,
            controller=issuer,
            now=case.now,
            even_revoked=case.register.owns(issuer),
        )
    except (KeyRefused, MethodNotListed) as error:
        raise Doubt(Code.KEY_NOT_BOUND, error.message) from None
    except MethodRefused as error:
        raise Doubt(Code(error.code), error.message) from None
    return method_id, hint


def _key(case: Case, document: Document, method_id: str, issuer: str) -> PublicKey:
    if controller.is_only_named(document, method_id, controller=issuer):
        description = _key_document(case, method_id, issuer)
        document = document | {"verificationMethod": [description]}
    try:
        found = controller.find_method(
            document,
            method_id,
            controller=issuer,
            now=case.now,
            even_revoked=case.register.owns(issuer),
        )
    except (MethodRefused, KeyRefused) as error:
        raise Doubt(Code(error.code), error.message) from None
    case.keys.append(found.thumbprint)
    return found


def _key_document(case: Case, method_id: str, issuer: str) -> Document:
    """Return what stands at the address of a key that its issuer lists by address only."""
    address = _address(case, issuer)
    if "#" in method_id or not _is_beside(method_id, address):
        raise Doubt(Code.METHOD_TYPE_UNKNOWN, f"{method_id[:200]}: listed and not described")
    return _fetched(case, method_id)


def _issuer_document(case: Case, issuer: str) -> Document:
    """Return the issuer's controller document, whose `id` is the issuer's identifier itself."""
    if case.register.owns(issuer):
        # Our own installation answers to its own name, in process. While it is being tried out at
        # an address that no DID may name, nobody else could resolve it.
        return _found(issuer, _fetched(case, issuer))
    try:
        if issuer.startswith("did:key:"):
            return did.resolve_did_key(issuer)
        if issuer.startswith("did:jwk:"):
            return did.resolve_did_jwk(issuer)
    except DIDRefused as error:
        raise Doubt(Code(error.code), error.message) from None
    return _found(issuer, _fetched(case, _address(case, issuer)))


def _address(case: Case, issuer: str) -> str:
    """Return the address of an issuer's document; raises `Doubt` if it is none to be asked."""
    try:
        address = did.did_web_url(issuer) if issuer.startswith("did:web:") else issuer
    except DIDRefused as error:
        raise Doubt(Code(error.code), error.message) from None
    if not may_be_asked(case, address):
        raise Doubt(Code.ISSUER_NOT_RESOLVABLE, issuer[:200])
    return address


def _document_for_tokens(case: Case, issuer: str) -> Document:
    """Return what tells the issuer's keys to readers of tokens.

    That is its document. If it has none, or one that says nothing of keys, it is the key set of its
    site: issuers of tokens alone publish nothing else.
    """
    if issuer.startswith("https://") and not case.register.owns(issuer):
        said = _says_of_keys(case, issuer)
        if said is not None and (key_set := _key_set(case, issuer, said)) is not None:
            return key_set
    return _issuer_document(case, issuer)


def _says_of_keys(case: Case, issuer: str) -> Document | None:
    """Return what an issuer without a list of keys says of itself; None if it has such a list."""
    answer = _answer(case, issuer)
    if answer.status in _NOTHING_HERE:
        return {}
    if answer.status != 200:
        return None
    try:
        document = strict_json.load_object(answer.body)
    except UnreadableJSON:
        return {}  # a page for people
    if controller.ASSERTION in document or document.get("id", issuer) != issuer:
        return None
    return document


def _key_set(case: Case, issuer: str, said: Document) -> Document | None:
    """Return the keys of the issuer's site for the issuer, None if there is no such set."""
    named = said.get("jwks_uri")
    address = named if isinstance(named, str) else f"https://{urlsplit(issuer).netloc}{_KEY_SET}"
    if not _is_beside(address, issuer):
        raise Doubt(Code.ISSUER_REDIRECTED, f"{issuer[:200]}: jwks_uri {address[:200]}")
    answer = _answer(case, address)
    if answer.status in _NOTHING_HERE:
        return None
    try:
        return controller.from_jwks(
            _read(answer, address),
            address=address,
            controller=issuer,
            has_to_name=not isinstance(named, str),
        )
    except MethodRefused as error:
        raise Doubt(Code(error.code), f"{address}: {error.message}") from None


def _is_beside(address: str, other: str) -> bool:
    """Tell whether the same site answers at two addresses, both of them https."""
    found = origins.origin(address)
    return found is not None and found.scheme == "https" and found == origins.origin(other)


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
    issuer = reading.reference(case.credential, "issuer") or ""
    return scheme == "https" or (scheme == "http" and case.register.owns(issuer))


def _issuer(case: Case) -> str:
    issuer = reading.reference(case.credential, "issuer")
    if issuer is None:
        raise Doubt(Code.ISSUER_MISSING)
    return issuer


def _fetched(case: Case, address: str) -> Document:
    return _read(_answer(case, address), address)


def _answer(case: Case, address: str) -> Fetched:
    try:
        answer = case.fetch(address)
    except FetchFailed as error:
        raise Doubt(Code.ISSUER_UNREACHABLE, f"{address}: {error.message}") from None
    if _origin(answer.url) != _origin(address):
        raise Doubt(Code.ISSUER_REDIRECTED, f"{address}: to {answer.url}")
    return answer


def _read(answer: Fetched, address: str) -> Document:
    if answer.status != 200:
        raise Doubt(Code.ISSUER_UNREACHABLE, f"{address}: HTTP status {answer.status}")
    try:
        return strict_json.load_object(answer.body)
    except UnreadableJSON as error:
        raise Doubt(Code.ISSUER_DOCUMENT_UNREADABLE, f"{address}: {error.message}") from None


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc
