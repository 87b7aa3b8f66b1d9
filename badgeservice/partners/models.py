"""What was sent, and who is to be told of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from badgeservice.storage.base import Base, UtcDateTime, Word


class Submission(Base):
    """A request that was answered, so that the same request gets the same answer.

    `key_digest` and `body_digest` are keyed digests of what the partner chose as its idempotency key
    and of the body. `answer` holds states, identifiers and codes, and nothing that stood in the body:
    whoever sends the body again brings it along.
    """

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("organisation_id", "key_digest"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    key_digest: Mapped[bytes] = mapped_column(LargeBinary)
    body_digest: Mapped[bytes] = mapped_column(LargeBinary)
    agent: Mapped[str] = mapped_column(String(100))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    answer: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class InvitationState(StrEnum):
    """How far the mail to a person has come."""

    WAITING = "waiting"
    SENDING = "sending"
    """Handed to the mail server, which has not answered; it is not sent again after a crash."""
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"


class Invitation(Base):
    """One mail to one person about one batch of results: that it is there, and what is offered."""

    __tablename__ = "invitation"

    batch: Mapped[str] = mapped_column(String(100), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    is_offered: Mapped[bool]
    state: Mapped[InvitationState] = mapped_column(Word(InvitationState, 20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
