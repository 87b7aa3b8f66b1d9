"""What was told to the holders of badges."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from badgeservice.storage.base import Base, UtcDateTime, Word


class ReminderState(StrEnum):
    """How far the mail has come."""

    SENDING = "sending"
    """Handed to the mail server, which has not answered; it is not sent again after a crash."""
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"


class Reminder(Base):
    """The one mail to the holder of a badge that its time ends soon. It stays: nobody is told twice."""

    __tablename__ = "reminder"

    public_id: Mapped[str] = mapped_column(ForeignKey("badge.public_id"), primary_key=True)
    state: Mapped[ReminderState] = mapped_column(Word(ReminderState, 13))
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
