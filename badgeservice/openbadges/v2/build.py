"""Builds Open Badges 2.0 documents from plain values.

Every function returns a new document in which what is absent is left out. Nothing is signed here,
and nothing is judged: `lint` does that, on these documents as on a stranger's.
Source: Open Badges 2.0, "Open Badges Vocabulary".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from badgeservice.openbadges import Document, identity, timestamps
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.v2.vocabulary import CONTEXT, HOSTED, SIGNED


def recipient(email: str, *, salt: str) -> Document:
    """Return an IdentityObject that names a person by the hash of an e-mail address.

    `salt` is fresh and random for each badge: at least 128 bits, as text.

    >>> recipient("Nobody@example.org", salt="deadsea")["identity"][:19]
    'sha256$ecf5409f3f4b'
    """
    return {
        "type": "email",
        "hashed": True,
        "salt": salt,
        "identity": identity.digest(identity.normal("email", email), salt),
    }


def evidence(
    *,
    id: str | None = None,
    name: str | None = None,
    narrative: str | None = None,
    description: str | None = None,
    genre: str | None = None,
) -> Document:
    """Return an Evidence; `narrative` is Markdown."""
    return _present(
        id=id,
        type="Evidence",
        name=name,
        narrative=narrative,
        description=description,
        genre=genre,
    )


def hosted_assertion(
    *,
    id: str,
    recipient: Document,
    badge: str,
    issued_on: datetime,
    expires: datetime | None = None,
    image: str | None = None,
    narrative: str | None = None,
    evidence: Sequence[Document] = (),
) -> Document:
    """Return an Assertion that is verified by being at `id`, the address that serves it.

    `badge` is the address of the BadgeClass, and `image` that of the baked image.
    """
    return _assertion(
        id=id,
        recipient=recipient,
        badge=badge,
        verification={"type": HOSTED[0]},
        issued_on=issued_on,
        expires=expires,
        image=image,
        narrative=narrative,
        evidence=evidence,
    )


def signed_assertion(
    *,
    id: str,
    recipient: Document,
    badge: str,
    issued_on: datetime,
    creator: str,
    expires: datetime | None = None,
    image: str | None = None,
    narrative: str | None = None,
    evidence: Sequence[Document] = (),
) -> Document:
    """Return an Assertion to be signed by the key at `creator`; its `id` is a `urn:uuid`."""
    return _assertion(
        id=id,
        recipient=recipient,
        badge=badge,
        verification={"type": SIGNED[0], "creator": creator},
        issued_on=issued_on,
        expires=expires,
        image=image,
        narrative=narrative,
        evidence=evidence,
    )


def revoked_assertion(*, id: str, reason: str | None = None) -> Document:
    """Return what stands at a hosted assertion's address once the badge is revoked."""
    return _present(
        **{"@context": CONTEXT},
        type="Assertion",
        id=id,
        revoked=True,
        revocationReason=reason,
    )


def alignment(
    *,
    target_name: str,
    target_url: str,
    target_code: str | None = None,
    target_description: str | None = None,
    target_framework: str | None = None,
) -> Document:
    """Return an AlignmentObject: a reference to an entry of a skills framework."""
    return _present(
        type="AlignmentObject",
        targetName=target_name,
        targetUrl=target_url,
        targetCode=target_code,
        targetDescription=target_description,
        targetFramework=target_framework,
    )


def badge_class(
    *,
    id: str,
    name: str,
    description: str,
    image: str,
    image_caption: str | None = None,
    criteria: str,
    criteria_id: str | None = None,
    issuer: str,
    alignments: Sequence[Document] = (),
    tags: Sequence[str] = (),
    language: str | None = None,
    version: str | None = None,
) -> Document:
    """Return a BadgeClass; `criteria` is Markdown, `image` and `issuer` are addresses."""
    picture = image if image_caption is None else {"id": image, "caption": image_caption}
    return _present(
        **{"@context": CONTEXT, "@language": language},
        type="BadgeClass",
        id=id,
        name=name,
        description=description,
        image=picture,
        criteria=_present(id=criteria_id, narrative=criteria),
        issuer=issuer,
        alignment=list(alignments),
        tags=list(tags),
        version=version,
    )


def profile(
    *,
    id: str,
    name: str,
    url: str,
    email: str,
    description: str | None = None,
    image: str | None = None,
    telephone: str | None = None,
    public_key: str,
    revocation_list: str,
    starts_with: str,
) -> Document:
    """Return the Profile of an issuer that hosts and signs.

    Validators of 2.0 accept one key for each Profile, so `public_key` is one address. Hosted
    assertions of this issuer begin with `starts_with`, an address that ends in a slash.
    """
    return _present(
        **{"@context": CONTEXT},
        type="Profile",
        id=id,
        name=name,
        url=url,
        email=email,
        description=description,
        image=image,
        telephone=telephone,
        publicKey=public_key,
        revocationList=revocation_list,
        verification={
            "type": "VerificationObject",
            "verificationProperty": "id",
            "startsWith": starts_with,
        },
    )


def cryptographic_key(*, id: str, owner: str, key: PublicKey) -> Document:
    """Return a CryptographicKey; `owner` is the id of the Profile that names it."""
    return {
        "@context": CONTEXT,
        "type": "CryptographicKey",
        "id": id,
        "owner": owner,
        "publicKeyPem": key.to_pem(),
    }


def revocation_list(*, id: str, issuer: str, revoked: Iterable[tuple[str, str | None]]) -> Document:
    """Return a RevocationList of the ids in `revoked`, each with its reason if it has one.

    An id that stands there alone is named twice, as an object and as text: 1EdTech's old validator
    turns a list of one into the one, and then reads it letter by letter.
    """
    entries: list[Document | str] = [
        _present(id=identifier, revocationReason=reason) for identifier, reason in revoked
    ]
    if len(entries) == 1:
        entries += [entry["id"] for entry in entries if isinstance(entry, dict)]
    return {
        "@context": CONTEXT,
        "type": "RevocationList",
        "id": id,
        "issuer": issuer,
        "revokedAssertions": entries,
    }


def _assertion(
    *,
    id: str,
    recipient: Document,
    badge: str,
    verification: Document,
    issued_on: datetime,
    expires: datetime | None,
    image: str | None,
    narrative: str | None,
    evidence: Sequence[Document],
) -> Document:
    return _present(
        **{"@context": CONTEXT},
        type="Assertion",
        id=id,
        recipient=recipient,
        badge=badge,
        verification=verification,
        issuedOn=timestamps.write(issued_on),
        expires=timestamps.write(expires) if expires is not None else None,
        image=image,
        narrative=narrative,
        evidence=list(evidence),
    )


def _present(**members: Any) -> Document:
    """Return the members that say something: neither None nor an empty list."""
    return {name: value for name, value in members.items() if value is not None and value != []}
