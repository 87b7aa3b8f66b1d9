"""Organisations, persons, their requests to sign in, and who may speak for an organisation."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Date, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from badgeservice.storage.base import Base, UtcDateTime, Word
from badgeservice.storage.vault import PersonalData

_CONTRACT = "contract with the person (art. 6(1)(b))"
_UNTIL_ERASED = "until the account is erased; 24 hours when it was never confirmed"


class PersonState(StrEnum):
    """How we know a person."""

    UNCONFIRMED = "unconfirmed"
    """Someone typed this address to sign in; nobody has shown yet that they read its mail."""
    INVITED = "invited"
    """An administrator or a partner entered this person, who may already hold a badge."""
    CONFIRMED = "confirmed"
    """The person has signed in."""


def _new_organisation_id() -> str:
    return f"org_{secrets.token_hex(16)}"


class Organisation(Base):
    """An organisation that decides why and how data about persons is used: the controller."""

    __tablename__ = "organisation"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=_new_organisation_id)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(200))


class Person(Base):
    """Someone who learns. Everything that says who it is, is sealed under their own key.

    `email_index` is a keyed digest by which an address is found again; it cannot be read back, and
    still is data about the person. `session_epoch` counts how often the person has signed out
    everywhere: a session that carries an older number is over.
    """

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    controller_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    email: Mapped[bytes] = mapped_column(
        PersonalData(
            purpose="send the links by which the person signs in, and news of their badges",
            basis=_CONTRACT,
            retention=_UNTIL_ERASED,
        )
    )
    email_index: Mapped[bytes] = mapped_column(
        PersonalData(
            purpose="find the account of a mail address without keeping the address readable",
            basis=_CONTRACT,
            retention=_UNTIL_ERASED,
        ),
        unique=True,
    )
    name: Mapped[bytes | None] = mapped_column(
        PersonalData(
            purpose="offer a name to show on a badge; the person may leave it out",
            basis=_CONTRACT,
            retention=_UNTIL_ERASED,
        )
    )
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[PersonState] = mapped_column(Word(PersonState, 11), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    session_epoch: Mapped[int] = mapped_column(default=0)


class SignInRequest(Base):
    """One mail with a link and a code. Only digests of both are kept.

    `attempts` counts the codes that were tried while this request was open. Using the link or the
    code sets `used_at`, which closes both.
    """

    __tablename__ = "sign_in_request"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    code_digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)


class Role(StrEnum):
    """What a person may do in the name of an organisation."""

    SUBMIT = "submit"
    """Send results of the people whom the organisation has trained."""


class OrganisationMember(Base):
    """A person who may act for an organisation when they are signed in; see `members`."""

    __tablename__ = "organisation_member"

    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    role: Mapped[Role] = mapped_column(Word(Role, 20))
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiKey(Base):
    """A key by which a program of an organisation proves itself; see `api_keys`.

    Only the SHA-256 of the key is kept; `hint` is its last characters, by which its owner tells it
    from another. `activities` limits it to some of what the organisation may cite, None does not.
    """

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    hint: Mapped[str] = mapped_column(String(4))
    actions: Mapped[list[str]] = mapped_column(JSON)
    activities: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_reason: Mapped[str | None] = mapped_column(String(20))
    last_used_on: Mapped[date | None] = mapped_column(Date)
