"""Can the badge, its class and its issuer be read, each from where it counts?

A hosted assertion counts as it stands at its `id`, whatever copy was submitted; the class and the
issuer count as they stand at theirs. A signed assertion counts as it was signed, with the class in
it if one is; its issuer counts as hosted. So afterwards everything in `case.credential` was said by
whoever answers at its address, or was signed.
Source: Open Badges 2.0, "Hosted Verification" and "Signed Verification".
"""

from __future__ import annotations

from typing import Any

from badgeservice.errors import FetchFailed, ProofInvalid, UnreadableJSON
from badgeservice.openbadges import Document, strict_json, v2
from badgeservice.openbadges.proofs import jws
from badgeservice.openbadges.v2.extensions import is_extension
from badgeservice.verification import origins, reading
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.report import Finding

_KEYWORDS = ("@context", "@language")
_ALIASES: dict[object, object] = {
    "hosted": "HostedBadge",
    "signed": "SignedBadge",
    "Issuer": "Profile",
}
"""Words that mean the same."""


def check_hosted(case: Case) -> Finding:
    """Pass when all three documents could be read; establish `credential` and `hosted`."""
    copy = _assertion(case, case.submission.document or {})
    if reading.text(reading.child(copy, "verification"), "type") in v2.SIGNED:
        raise Doubt(Code.PROOF_MISSING)
    address = reading.text(copy, "id")
    if address is None or origins.origin(address) is None:
        raise Doubt(Code.NOT_HOSTED, str(copy.get("id"))[:200])
    if case.address is not None and origins.secure(case.address) != origins.secure(address):
        raise Doubt(Code.DOCUMENT_MISMATCH, f"{case.address}: {address}"[:400])
    case.hosted = fetched = fetch(case, address)
    if fetched.status == 410:
        case.credential = v2.revoked_assertion(id=address) | _said_of_revocation(fetched, address)
        return Finding(Check.PROFILE, Code.DOCUMENTS_READ, address)
    assertion = _assertion(case, _read(fetched, address), address)
    if assertion.get("id") != address:
        raise Doubt(Code.DOCUMENT_MISMATCH, f"{address}: {assertion.get('id')}"[:400])
    if "badge" in assertion:
        assertion["badge"] = _badge_class(case, assertion, is_signed=False)
    elif assertion.get("revoked") is not True:
        raise Doubt(Code.NOT_CONFORMANT, "badge: missing in Assertion")
    case.credential = assertion
    return Finding(Check.PROFILE, Code.DOCUMENTS_READ, address)


def check_signed(case: Case) -> Finding:
    """Pass when the JWS and what it refers to could be read; establish `credential`, `signed`."""
    try:
        case.signed = jws.parse(case.submission.text)
    except ProofInvalid as error:
        raise Doubt(Code(error.code), error.message) from None
    assertion = _assertion(case, case.signed.payload)
    if case.is_older:
        raise Doubt(Code.LAYOUT_UNKNOWN, "a signed badge of version 1")
    assertion["badge"] = _badge_class(case, assertion, is_signed=True)
    case.credential = assertion
    return Finding(Check.PROFILE, Code.DOCUMENTS_READ)


def fetch(case: Case, address: str) -> Fetched:
    """Return what stands at the address of a document, found or gone (410).

    Nothing is asked at plain http but our own installation, while it is being tried out.
    """
    safe = address if case.register.owns(address) else origins.secure(address)
    if not (safe.startswith("https://") or case.register.owns(address)):
        raise Doubt(Code.DOCUMENT_NOT_ADDRESSED, address[:200])
    try:
        fetched = case.fetch(safe)
    except FetchFailed as error:
        raise Doubt(Code.DOCUMENT_UNREACHABLE, f"{safe}: {error.message}"[:400]) from None
    if not origins.is_same(fetched.url, safe):
        raise Doubt(Code.DOCUMENT_REDIRECTED, f"{safe}: to {fetched.url}"[:400])
    if fetched.status not in (200, 410):
        raise Doubt(Code.DOCUMENT_UNREACHABLE, f"{safe}: HTTP status {fetched.status}"[:400])
    return fetched


def hosted_document(case: Case, address: str, class_name: str) -> Document:
    """Return the document of a class that stands at `address`, and says that it does."""
    fetched = fetch(case, address)
    if fetched.status != 200:
        raise Doubt(Code.DOCUMENT_UNREACHABLE, f"{address}: HTTP status {fetched.status}"[:400])
    document = _in_words_of_2(case, _read(fetched, address), class_name, address)
    may_be_nameless = class_name == "RevocationList"
    if document.get("id", address if may_be_nameless else None) != address:
        raise Doubt(Code.DOCUMENT_MISMATCH, f"{address}: {document.get('id')}"[:400])
    return document


def differences(copy: Any, hosted: Any, path: str = "") -> list[str]:
    """Return where `copy` says something that `hosted` does not say.

    What only the hosted document says is no difference: the copy hides it from nobody, for the
    hosted one is shown. Where one names a document by its id, the other may hold it.
    """
    if isinstance(copy, list) or isinstance(hosted, list):
        mine, theirs = (each if isinstance(each, list) else [each] for each in (copy, hosted))
        return [path] if any(_missing(item, theirs, path) for item in mine) else []
    if isinstance(copy, dict):
        meant = hosted if isinstance(hosted, dict) else {"id": hosted}
        found = []
        for name in copy.keys() - {"@context"}:
            here = f"{path}.{name}".lstrip(".")
            if name in meant:
                found += differences(copy[name], meant[name], here)
            elif name != "type":  # what has only one class need not say which
                found.append(here)
        return sorted(found)
    named = hosted.get("id") if isinstance(hosted, dict) else hosted
    if type(copy) is not type(named) or _ALIASES.get(copy, copy) != _ALIASES.get(named, named):
        return [path]
    return []


def _missing(item: Any, hosted: list[Any], path: str) -> bool:
    return all(differences(item, other, path) for other in hosted)


def copied_assertion(case: Case) -> Document:
    """Return the submitted copy of a hosted assertion, in the words of 2.0."""
    return _in_words_of_2(case, case.submission.document or {}, "Assertion")


def _assertion(case: Case, written: Document, address: str | None = None) -> Document:
    document = _in_words_of_2(case, written, "Assertion", address)
    if "Assertion" not in reading.texts(document, "type"):
        raise Doubt(Code.NOT_AN_OPEN_BADGE, str(document.get("type"))[:200])
    return document


def _badge_class(case: Case, assertion: Document, *, is_signed: bool) -> Document:
    """Return the badge class of an assertion, with its issuer inside it."""
    written = reading.child(assertion, "badge")
    address = reading.reference(assertion, "badge")
    if len(reading.values(assertion, "badge")) != 1 or not (written or address):
        raise Doubt(Code.NOT_CONFORMANT, "badge: neither an address nor one badge class")
    if written and (is_signed or address is None or origins.origin(address) is None):
        badge_class = _in_words_of_2(case, written, "BadgeClass")
    else:
        badge_class = hosted_document(case, address or "", "BadgeClass")
    issuer = reading.reference(badge_class, "issuer")
    if issuer is None:
        raise Doubt(Code.ISSUER_MISSING)
    profile = hosted_document(case, issuer, "Issuer")
    resolved = badge_class | {"issuer": profile}
    if not is_signed and (
        found := differences(badge_class, resolved, "badge")
        + differences(written, resolved, "badge")
    ):
        raise Doubt(Code.DIFFERS_FROM_HOSTED, ", ".join(found)[:400])
    return resolved


def _read(fetched: Fetched, address: str) -> Document:
    try:
        return strict_json.load_object(fetched.body)
    except UnreadableJSON as error:
        raise Doubt(Code.DOCUMENT_UNREADABLE, f"{address}: {error.message}"[:400]) from None


def _said_of_revocation(fetched: Fetched, address: str) -> Document:
    """Return why and in what words a badge is gone, as far as its address says so."""
    try:
        said = strict_json.load_object(fetched.body)
    except UnreadableJSON:
        return {}
    reason = said.get("revocationReason")
    is_about_it = said.get("id", address) == address and isinstance(reason, str)
    return {"revocationReason": reason} if is_about_it else {}


def _in_words_of_2(
    case: Case, written: Document, class_name: str, address: str | None = None
) -> Document:
    """Return a document in the words of 2.0, if they are all in their ordinary form."""
    _refuse_contexts(written)
    _refuse_odd_names(written)
    if "verify" in written and "verification" in written:
        raise Doubt(Code.VALUE_NOT_ALLOWED, "verify and verification")
    if v2.is_older(written):
        case.is_older = True
        return v2.upgrade(written, class_name, address=address)
    return v2.upgrade(written, class_name) if "verify" in written else dict(written)


def _refuse_contexts(document: Document) -> None:
    """Refuse words that may mean something else than in Open Badges."""
    if v2.is_older(document):
        return
    named = reading.values(document, "@context")
    for context in named:
        if v2.is_context(context) or v2.is_extension_context(context):
            continue
        if isinstance(context, str):
            raise Doubt(Code.CONTEXT_UNKNOWN, context[:200])
        raise Doubt(Code.CONTEXT_NOT_ALLOWED, "a context that is not an address")
    if not any(map(v2.is_context, named)):
        raise Doubt(Code.CONTEXT_UNKNOWN, "not the context of Open Badges 2.0")


def _refuse_odd_names(document: Document, path: str = "") -> None:
    """Refuse members under a disguised name, in which other readers could see another badge.

    Extensions have words of their own, which nobody is shown.
    """
    for name, value in document.items():
        here = f"{path}/{name[:80]}"
        items = value if isinstance(value, list) else [value]
        if items and all(is_extension(name, item) for item in items):
            continue
        if name not in _KEYWORDS and (name.startswith("@") or ":" in name or "/" in name):
            raise Doubt(Code.KEY_NOT_ALLOWED, ascii(here))
        for item in items:
            if isinstance(item, dict) and name != "@context":
                if "@context" in item:
                    _refuse_contexts(item)
                _refuse_odd_names(item, here)
