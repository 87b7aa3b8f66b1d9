"""The register and what it needs: badges, their editions, the bytes of these, status lists, codes,
endorsements that we gave, and those that others gave to our badge classes.

A badge is what stands at one public address for as long as the service lives. What is signed there
is an edition of it, a credential: a correction makes a new one, and the one before is superseded.
The rows of the register say nothing about a person and outlive erasure. The bytes, which may carry
a name, stand apart and are sealed under the holder's key.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from badgeservice.storage.base import Base, UtcDateTime, Word
from badgeservice.storage.vault import PersonalData


class Visibility(StrEnum):
    """Who may see the page of a badge. It is not signed, so it can change."""

    PUBLIC = "public"
    LINK = "link"
    PRIVATE = "private"


class BadgeState(StrEnum):
    """What the register says of a badge, whatever its edition."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    """Not to be relied on until it is reinstated: known to the register alone."""
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    """Taken from the public by its holder: no longer in force, and nobody's fault."""


class Reason(StrEnum):
    """Why a badge is not in force, in neutral terms; `badgeservice.issuing.words` says them."""

    ISSUED_IN_ERROR = "issued_in_error"
    EVIDENCE_WITHDRAWN = "evidence_withdrawn"
    HOLDER_REQUEST = "holder_request"
    UNDER_REVIEW = "under_review"


class IntentState(StrEnum):
    """How far an intent to sign has come."""

    PLANNED = "planned"
    ISSUED = "issued"


class Format(StrEnum):
    """The forms in which one credential is released; the last four if it is one of 2.0 as well."""

    JSON = "json"
    JWT = "jwt"
    """VC-JWT signed with ES256."""
    JWT_RS256 = "jwt-rs256"
    """VC-JWT signed with RS256, the one algorithm that Open Badges 3.0 asks of every verifier."""
    PNG = "png"
    SVG = "svg"
    OB2_JSON = "ob2-json"
    """The hosted assertion of Open Badges 2.0."""
    OB2_JWS = "ob2-jws"
    """The signed assertion of Open Badges 2.0."""
    PNG_BOTH = "png-both"
    """An image with the credential and the hosted assertion."""
    SVG_BOTH = "svg-both"

    @property
    def suffix(self) -> str:
        """What ends the name of its file, and follows the public id in its address if it has one."""
        return _SUFFIXES[self]

    @property
    def carries(self) -> tuple[Format, ...]:
        """The forms of which an image holds the text, the newer badge first; none for the others."""
        return _CARRIED.get(self, ())


OB2_FORMATS = (Format.OB2_JSON, Format.OB2_JWS, Format.PNG_BOTH, Format.SVG_BOTH)
"""The forms of an edition whose holder chose Open Badges 2.0 as well."""

_CARRIED = {
    Format.PNG: (Format.JSON,),
    Format.SVG: (Format.JSON,),
    Format.PNG_BOTH: (Format.JSON, Format.OB2_JSON),
    Format.SVG_BOTH: (Format.JSON, Format.OB2_JSON),
}
_SUFFIXES = {
    Format.JSON: "json",
    Format.JWT: "jwt",
    Format.JWT_RS256: "rs256.jwt",
    Format.PNG: "png",
    Format.SVG: "svg",
    Format.OB2_JSON: "ob2.json",
    Format.OB2_JWS: "ob2.jws",
    Format.PNG_BOTH: "both.png",
    Format.SVG_BOTH: "both.svg",
}


class StatusList(Base):
    """A Bitstring Status List, how many of its places are reserved, and its published bytes."""

    __tablename__ = "status_list"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    reserved: Mapped[int]
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published: Mapped[bytes] = mapped_column(LargeBinary)


class Intent(Base):
    """What we planned to sign, written down before anything is signed.

    It reserves the public id, the number of the edition, the place in the status list and, if it is
    to be one, the identifier of the assertion of Open Badges 2.0. A crash between intent and
    credential leaves a planned intent, which the next attempt for the same edition takes up again:
    an award has at most one public id, and an index is never used twice.
    """

    __tablename__ = "intent"
    __table_args__ = (
        UniqueConstraint("award_id", "edition"),
        UniqueConstraint("status_list", "status_index"),
    )

    public_id: Mapped[str] = mapped_column(String(22), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # No foreign key: the award goes when its holder is erased, and the intent stays.
    award_id: Mapped[str] = mapped_column(String(64))
    status_list: Mapped[int] = mapped_column(ForeignKey("status_list.number"))
    status_index: Mapped[int]
    state: Mapped[IntentState] = mapped_column(Word(IntentState, 10))
    reserved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ob2_id: Mapped[str | None] = mapped_column(String(36), unique=True, index=True)


class Badge(Base):
    """One public address, what the register says of it, and which edition stands there.

    `state_reason` is a code, never words about a person. `renews` is the public id of the badge
    whose time this one continues. After `holder_erased_at` nothing leads to its holder any more.
    """

    __tablename__ = "badge"

    public_id: Mapped[str] = mapped_column(String(22), primary_key=True)
    # No foreign key, as above.
    award_id: Mapped[str] = mapped_column(String(64), unique=True)
    address: Mapped[str] = mapped_column(String(300), unique=True)
    class_slug: Mapped[str] = mapped_column(String(100))
    awarded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edition: Mapped[int]
    state: Mapped[BadgeState] = mapped_column(Word(BadgeState, 10))
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    state_reason: Mapped[str | None] = mapped_column(String(200))
    visibility: Mapped[Visibility] = mapped_column(Word(Visibility, 10))
    renews: Mapped[str | None] = mapped_column(String(22), index=True)
    holder_erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ShortCode(Base):
    """What people type to see the verdict on a public badge: never its address, never given again.

    It stays when the badge is hidden, erased or withdrawn, so that nobody else's badge gets it.
    """

    __tablename__ = "short_code"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    public_id: Mapped[str] = mapped_column(ForeignKey("badge.public_id"), unique=True)


class Credential(Base):
    """One edition of a badge: what was signed, as the register remembers it.

    `content_digest` is `verification.register.content_digest`. `superseded_at` is when a newer
    edition took its place, and `superseded_reason` the code of why. `ob2_id` is the UUID in the ids
    of its hosted and its signed assertion of Open Badges 2.0; None if its holder did not want them.
    """

    __tablename__ = "credential"
    __table_args__ = (
        ForeignKeyConstraint(["public_id", "edition"], ["intent.public_id", "intent.edition"]),
    )

    public_id: Mapped[str] = mapped_column(ForeignKey("badge.public_id"), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    class_version: Mapped[int]
    language: Mapped[str] = mapped_column(String(2))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content_digest: Mapped[str] = mapped_column(String(64), unique=True)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    superseded_reason: Mapped[str | None] = mapped_column(String(40))
    ob2_id: Mapped[str | None] = mapped_column(String(36), unique=True, index=True)


class ReleasedForm(Base):
    """A form in which an edition was released: its SHA-256 in hex, and the key that signed it.

    `method` is the address of that key; None for an image, which carries what is signed elsewhere,
    and for a hosted assertion, which nobody signs.
    """

    __tablename__ = "released_form"
    __table_args__ = (
        ForeignKeyConstraint(
            ["public_id", "edition"], ["credential.public_id", "credential.edition"]
        ),
    )

    public_id: Mapped[str] = mapped_column(String(22), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    format: Mapped[Format] = mapped_column(Word(Format, 16), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    method: Mapped[str | None] = mapped_column(String(300), index=True)


class CredentialBytes(Base):
    """The released bytes of the current edition in one format, and whose badge it is.

    What a newer edition replaced is not kept: its digests suffice to recognise it, and it may say
    what its holder no longer wants said.
    """

    __tablename__ = "credential_bytes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["public_id", "edition", "format"],
            ["released_form.public_id", "released_form.edition", "released_form.format"],
        ),
    )

    public_id: Mapped[str] = mapped_column(String(22), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    format: Mapped[Format] = mapped_column(Word(Format, 16), primary_key=True)
    holder_id: Mapped[str] = mapped_column(String(64), index=True)
    sealed: Mapped[bytes] = mapped_column(
        PersonalData(
            purpose="serve the badge that its holder accepted",
            basis="contract with the holder (art. 6(1)(b))",
            retention="until a newer edition replaces it, or the holder erases it",
        )
    )


class GivenEndorsement(Base):
    """An endorsement by us of something of another organisation.

    The row is written before anything is signed, with its place in a status list; `content` are the
    signed bytes, None until there are any. `endorsed` is the id of what it is about.
    """

    __tablename__ = "given_endorsement"
    __table_args__ = (UniqueConstraint("status_list", "status_index"),)

    public_id: Mapped[str] = mapped_column(String(22), primary_key=True)
    address: Mapped[str] = mapped_column(String(300), unique=True)
    endorsed: Mapped[str] = mapped_column(String(2000))
    status_list: Mapped[int] = mapped_column(ForeignKey("status_list.number"))
    status_index: Mapped[int]
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)


class ReceivedEndorsement(Base):
    """An endorsement of one of our badge classes, by another organisation, as it was verified.

    `content` are the JSON bytes that badges embed. `achievement` is the id of the class in one
    language, `endorser` that of who signed, `method` the key. `verified_at` is when the public walk
    last found it good; `removed_at` when we stopped showing it, None while we do.
    """

    __tablename__ = "received_endorsement"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    address: Mapped[str] = mapped_column(String(2000))
    achievement: Mapped[str] = mapped_column(String(300), index=True)
    endorser: Mapped[str] = mapped_column(String(2000))
    method: Mapped[str] = mapped_column(String(2000))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class IssuingHalt(Base):
    """Issuing is halted while there is a row, the one with `id` 1.

    `reason` are the operator's own words, shown to nobody else.
    """

    __tablename__ = "issuing_halt"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(300))


class CarriedBit(Base):
    """A bit that stood in the list the public had, and that the restored register cannot explain.

    It stays set for ever: a restored backup must not put in force again what was withdrawn.
    """

    __tablename__ = "carried_bit"

    status_list: Mapped[int] = mapped_column(
        ForeignKey("status_list.number"), primary_key=True, autoincrement=False
    )
    status_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    carried_at: Mapped[datetime] = mapped_column(UtcDateTime)
