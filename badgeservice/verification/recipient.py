"""Is it this person's? Asked only if somebody says whom they have before them.

A badge is a paper that anyone can carry. Whoever holds it may be asked for the e-mail address or the
DID to which it was given. The answer stands beside the verdict and never in it: a genuine badge of
somebody else is a genuine badge. Only what the issuer stands by is compared, so the proof comes first.
Whoever offers the question to strangers must limit how often they may ask: with a list of addresses
and enough tries, anyone finds out whose badge it is.
Sources: Open Badges 3.0, appendix B, "IdentityObject"; Open Badges 2.0, "IdentityObject".
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from badgeservice.openbadges import Document, identity
from badgeservice.openbadges.identity import Match
from badgeservice.verification import reading


class Answer(StrEnum):
    """Whether a badge is about somebody. Each carries one sentence in French and in English."""

    french: str
    english: str

    def __new__(cls, value: str, french: str = "", english: str = "") -> Answer:
        """Attach to each value its sentences."""
        answer = str.__new__(cls, value)
        answer._value_ = value
        answer.french, answer.english = french, english
        return answer

    def in_words(self, language: Literal["fr", "en"]) -> str:
        """Return the answer in words."""
        return self.french if language == "fr" else self.english

    MATCHES = (
        "matches",
        "Ce badge a été délivré à la personne que vous indiquez.",
        "This badge was issued to the person that you name.",
    )
    MATCHES_WEAKLY = (
        "matches_weakly",
        "L'adresse correspond, mais le badge la protège par un procédé trop faible pour le confirmer.",
        "The address fits, but the badge protects it by a method too weak to confirm it.",
    )
    DIFFERS = (
        "differs",
        "Ce badge n'a pas été délivré à l'adresse ou à l'identifiant que vous indiquez.",
        "This badge was not issued to the address or identifier that you name.",
    )
    NOT_NAMED = (
        "not_named",
        "Le badge ne dit pas, d'une façon qu'on puisse comparer, à qui il a été délivré.",
        "The badge does not say, in a way that can be compared, to whom it was issued.",
    )
    NOT_PROVEN = (
        "not_proven",
        "La personne n'a pas été comparée, car rien ne prouve encore ce que dit le badge.",
        "The person was not compared, because nothing proves yet what the badge says.",
    )


@dataclass(frozen=True)
class Recipient:
    """The answer. Who was asked for is not in it: the asker knows, and nobody else should."""

    answer: Answer

    def to_json(self, language: Literal["fr", "en"] = "en") -> dict[str, Any]:
        """Return the answer as plain JSON values, with its sentence in `language`."""
        return {"answer": str(self.answer), "message": self.answer.in_words(language)}


@dataclass(frozen=True)
class _Identity:
    """How a badge names its holder. Plain if not `is_hashed`."""

    written: str
    is_hashed: bool
    salt: str


def of(credential: Document, whose: str, *, is_proven: bool) -> Recipient:
    """Return whether a credential or an assertion is about `whose`, an e-mail address or a DID.

    `credential` is the re-compacted one; an assertion of Open Badges 2.0 is told by its `recipient`.
    """
    if not is_proven:
        return Recipient(Answer.NOT_PROVEN)
    whose = whose.strip()
    found = list(_by_did(credential) if _is_did(whose) else _by_mail(credential))
    if not found:
        return Recipient(Answer.NOT_NAMED)
    # All are compared, whatever the first ones say: how long it takes tells nothing.
    matches = [_compare(each, whose) for each in found]
    if Match.SAME in matches:
        return Recipient(Answer.MATCHES)
    return Recipient(Answer.MATCHES_WEAKLY if Match.WEAK in matches else Answer.DIFFERS)


def _is_did(text: str) -> bool:
    return text.startswith("did:")


def _by_did(credential: Document) -> Iterator[_Identity]:
    """Yield the DIDs by which a badge names its holder: the subject's id, and identifiers."""
    subject = reading.child(credential, "credentialSubject")
    id = reading.text(subject, "id")
    if id is not None and _is_did(id):
        yield _Identity(id, is_hashed=False, salt="")
    yield from _identities(reading.objects(subject, "identifier"), "identityType", ("did",))
    yield from _identities(reading.objects(credential, "recipient"), "type", ("did", "id"))


def _by_mail(credential: Document) -> Iterator[_Identity]:
    """Yield the e-mail addresses, plain or hashed, by which a badge names its holder."""
    subject = reading.child(credential, "credentialSubject")
    yield from _identities(
        reading.objects(subject, "identifier"), "identityType", identity.EMAIL_TYPES
    )
    yield from _identities(reading.objects(credential, "recipient"), "type", identity.EMAIL_TYPES)


def _identities(written: list[Document], kind: str, kinds: tuple[str, ...]) -> Iterator[_Identity]:
    """Yield those of the written identities that are of these kinds and can be read."""
    for each in written:
        value = reading.text(each, "identityHash") or reading.text(each, "identity")
        if reading.text(each, kind) in kinds and value is not None:
            hashed = each.get("hashed")
            yield _Identity(
                value,
                # What looks like a hash is one, whatever it says: nobody has such an address.
                is_hashed=hashed is True or identity.is_digest(value),
                salt=reading.text(each, "salt") or "",
            )


def _compare(written: _Identity, whose: str) -> Match:
    """Compare in constant time; an address also in lower case, in which issuers hash it.

    Nobody's mail depends on the case of their address, so a plain one is compared without it.
    """
    if written.is_hashed:
        return identity.compare(written.written, whose, hashed=True, salt=written.salt)
    mine, theirs = whose, written.written
    if not _is_did(whose):
        mine, theirs = mine.lower(), theirs.removeprefix("mailto:").strip().lower()
    is_same = hmac.compare_digest(mine.encode(errors="replace"), theirs.encode(errors="replace"))
    return Match.SAME if is_same else Match.OTHER
