"""An issuer of Open Badges 2.0 with an RSA key and an address: ours, or Mallory's.

Whatever is published is kept with its address, to be hosted by the world of the peers.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import tampering
from tampering import Copy, Question

from badgeservice.issuing.keyring import SigningKey
from badgeservice.openbadges import strict_json, timestamps, v2
from badgeservice.openbadges.proofs import jws

Document = dict[str, Any]
Page = tuple[str, bytes, int]
"""What stands at an address: media type, bytes, HTTP status."""

MEDIA_TYPE = "application/ld+json"
EDITED = "Passed every quiz with the best marks."
_DAY = timedelta(days=1)


class Publisher:
    """An issuer whose documents stand under `home`, an address without a slash at its end."""

    def __init__(self, home: str, key: SigningKey, image: str, *, now: datetime) -> None:
        self.home, self._now = home, now
        self._key = key
        self.pages: dict[str, Page] = {}
        self.image = image
        self.key = f"{home}/key"
        self.issuer = f"{home}/issuer"
        self.badge_class = f"{home}/badge-classes/1"
        self._revoked: list[tuple[str, str | None]] = []
        self._publish_issuer()

    @property
    def pem(self) -> bytes:
        """The public key as others find it, which an attacker can use as a secret."""
        return self._key.public_key.to_pem().encode()

    def hosted(self, **changes: Any) -> Document:
        """Publish an assertion with these changes and return it."""
        address = changes.pop("id", f"{self.home}/assertions/{uuid.uuid4()}")
        assertion = self._assertion(address, v2.hosted_assertion) | changes
        return self.publish(_present(assertion))

    def signed(self, **changes: Any) -> str:
        """Return an assertion with these changes, signed."""
        return self.token(self.to_be_signed(**changes))

    def to_be_signed(self, **changes: Any) -> Document:
        """Return an assertion with these changes, before it is signed."""
        build = lambda **values: v2.signed_assertion(creator=self.key, **values)  # noqa: E731  # one use
        return _present(self._assertion(f"urn:uuid:{uuid.uuid4()}", build) | changes)

    def token(self, assertion: Document) -> str:
        """Return an assertion as JWS."""
        return jws.sign(assertion, sign=self._key.sign)

    def dates(self) -> tuple[tuple[str, Document], ...]:
        """Return the changes that make an assertion no longer, or not yet, good."""
        past, future = self._now - 300 * _DAY, self._now + _DAY
        return (
            (
                "expired",
                {
                    "issuedOn": timestamps.write(past),
                    "expires": timestamps.write(self._now - _DAY),
                },
            ),
            ("not yet valid", {"issuedOn": timestamps.write(future)}),
        )

    def publish(self, document: Document, *, status: int = 200) -> Document:
        """Let a document stand at its address."""
        self.pages[document["id"]] = (MEDIA_TYPE, strict_json.dumps(document), status)
        return document

    def revoke(self, *identifiers: str) -> None:
        """Revoke badges in both ways: at their address, and in the list."""
        for identifier in identifiers:
            if identifier.startswith("http"):
                self.publish(v2.revoked_assertion(id=identifier, reason="Test"), status=410)
            self._revoked.append((identifier, "Test"))
        self._publish_issuer()

    def _assertion(self, identifier: str, build: Callable[..., Document]) -> Document:
        return build(
            id=identifier,
            recipient=v2.recipient("ada@example.org", salt=uuid.uuid4().hex),
            badge=self.badge_class,
            issued_on=self._now - _DAY,
            expires=self._now + 300 * _DAY,
            narrative="Passed the quiz.",
        )

    def _publish_issuer(self) -> None:
        revocations = f"{self.home}/revocations"
        public = self._key.public_key
        self.publish(v2.cryptographic_key(id=self.key, owner=self.issuer, key=public))
        self.publish(v2.revocation_list(id=revocations, issuer=self.issuer, revoked=self._revoked))
        self.publish(
            v2.profile(
                id=self.issuer,
                name="Digital school",
                url=self.home,
                email="badges@example.org",
                public_key=self.key,
                revocation_list=revocations,
                starts_with=f"{self.home}/assertions/",
            )
        )
        self.publish(
            v2.badge_class(
                id=self.badge_class,
                name="Safety",
                description="Recognises a fraudulent message.",
                image=self.image,
                criteria="Pass the quiz with 80 %.",
                issuer=self.issuer,
            )
        )


def _present(document: Document) -> Document:
    """Return a document without the members that were set to None."""
    return {name: value for name, value in document.items() if value is not None}


# What is wrong with the form of an assertion, whoever publishes it.
_FAULTS: tuple[tuple[str, Document], ...] = (
    ("no recipient", {"recipient": None}),
    ("no badge class", {"badge": None}),
    ("no date of issue", {"issuedOn": None}),
    ("date without zone", {"issuedOn": "2026-11-01T00:00:00"}),
    ("recipient without identity", {"recipient": {"type": "email", "hashed": True}}),
    ("type is another", {"type": "Diploma"}),
)


def hosted_copies(us: Publisher, mallory: Publisher) -> Iterator[Copy]:
    """Yield hosted assertions as they are submitted; publish what each is measured against."""
    for _ in range(2):
        yield Copy("genuine", Question.NONE, us.hosted())
    yield Copy("edited copy", Question.MEANING, us.hosted() | {"narrative": EDITED})
    nowhere = us.hosted()
    del us.pages[nowhere["id"]]
    yield Copy("address of nothing", Question.SIGNATURE, nowhere)
    ours = {"badge": us.badge_class}
    yield Copy("hosted by another", Question.ISSUER, mallory.hosted(**ours))
    alike = us.home.replace("https://badges.example", "https://badges.example.mallory.example")
    alike = f"{alike}/assertions/1"
    yield Copy("hosted at an address like ours", Question.ISSUER, mallory.hosted(**ours, id=alike))
    revoked = us.hosted()
    us.revoke(revoked["id"])
    yield Copy("revoked", Question.STATUS, revoked)
    for name, changes in us.dates():
        yield Copy(name, Question.DATES, us.hosted(**changes))
    for name, changes in _FAULTS:
        yield Copy(name, Question.STRUCTURE, us.hosted(**changes))


def signed_copies(us: Publisher, mallory: Publisher) -> Iterator[Copy]:
    """Yield signed assertions, and forgeries."""
    genuine = us.to_be_signed()
    token = us.token(genuine)
    head, body, signature = token.split(".")
    yield Copy("genuine", Question.NONE, token)
    yield Copy("genuine", Question.NONE, us.signed())
    edited = tampering.encode(genuine | {"narrative": EDITED})
    yield Copy("edited claim", Question.SIGNATURE, f"{head}.{edited}.{signature}")
    yield Copy("truncated signature", Question.SIGNATURE, f"{head}.{body}.{signature[:-4]}")
    zeros = tampering.encode_bytes(bytes(256))
    yield Copy("signature of zeros", Question.SIGNATURE, f"{head}.{body}.{zeros}")
    header = tampering.decode(head)
    yield from tampering.confusions(header, body, us.pem)
    yield Copy("other key", Question.SIGNATURE, mallory.token(genuine))
    of_mallory = genuine["verification"] | {"creator": mallory.key}
    foreign = mallory.token(genuine | {"verification": of_mallory})
    yield Copy("key of another issuer", Question.ISSUER, foreign)
    revoked = us.to_be_signed()
    us.revoke(revoked["id"])
    yield Copy("revoked", Question.STATUS, us.token(revoked))
    for name, changes in us.dates():
        yield Copy(name, Question.DATES, us.signed(**changes))
    for name, changes in _FAULTS:
        yield Copy(name, Question.STRUCTURE, us.signed(**changes))
