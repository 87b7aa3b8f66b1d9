"""A job: work that a worker does after the request that asked for it was answered."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from badgeservice.storage.base import Base, UtcDateTime, Word


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    """It waits for a worker: not begun, or put back."""
    RUNNING = "running"
    """A worker has it, until its lease ends."""
    DONE = "done"
    FAILED = "failed"
    """It will not be tried again; `problem` says why."""


def _new_job_id() -> str:
    return f"job_{secrets.token_hex(16)}"


class Job(Base):
    """One piece of work. Of a `kind` there is one job only with the same `key`.

    `owner` is the organisation or person who may see it, None for the operator. `arguments` are
    ids, never data about persons. `done` of `total` counts what the owner understands, rows or
    badges; `total` is None while nobody knows. `attempts` counts how often it was begun since it
    last got further. It is not begun before `due_at`, when that is set. `problem` is a code, never
    a sentence. `holder` names the worker that has the job, until `lease_until`.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index(None, "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=_new_job_id)
    kind: Mapped[str] = mapped_column(String(50))
    key: Mapped[str | None] = mapped_column(String(200))
    owner: Mapped[str | None] = mapped_column(String(36), index=True)
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[JobState] = mapped_column(Word(JobState, 7), default=JobState.QUEUED)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None] = mapped_column(String(50))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    holder: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
