"""Every column was looked at by someone who asked: is this about a person?

A new column fails here until it is a `PersonalData` column or stands in one of the two lists below.
To decide, ask what the column can hold on its worst day: a free text can hold a name, a code cannot.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, String, Table
from sqlalchemy.orm import Session

from badgeservice.storage.base import Base
from badgeservice.storage.vault import PersonalData, register_of_processing

# Says nothing about any person: what is offered to everyone, and what the register of badges keeps
# after erasure (docs/decisions/0004-personal-data.md).
NOT_ABOUT_A_PERSON: dict[str, set[str]] = {
    "allowed_activity": {
        "organisation_id", "activity", "version", "kind", "title", "competences", "level",
        "strength", "threshold", "valid_from", "valid_until", "allowed_at", "digest",
    },
    # Of an organisation's program; the last use is a day.
    "api_key": {
        "id", "organisation_id", "digest", "hint", "actions", "activities", "created_at",
        "expires_at", "revoked_at", "revoked_reason", "last_used_on",
    },
    "artwork": {"sha256", "media_type", "data"},
    "audit_event": {
        "sequence", "at", "actor", "action", "subject", "details", "previous", "digest",
    },
    "badge_class_version": {"slug", "version", "document", "digest", "state", "published_at"},
    "badge": {
        "public_id", "award_id", "address", "class_slug", "awarded_at", "edition", "state",
        "state_since", "state_reason", "visibility", "renews",
        "holder_erased_at",
    },
    "carried_bit": {"status_list", "status_index", "carried_at"},
    "credential": {
        "public_id", "edition", "class_version", "language", "issued_at", "valid_until",
        "content_digest", "superseded_at", "superseded_reason", "ob2_id",
    },
    "credential_bytes": {"public_id", "edition", "format"},
    "given_endorsement": {
        "public_id", "address", "endorsed", "status_list", "status_index", "given_at",
        "valid_until", "withdrawn_at", "content",
    },
    "intent": {
        "public_id", "edition", "award_id", "status_list", "status_index", "state", "reserved_at", "ob2_id",
    },
    # Why is told by the operator, to operators.
    "issuing_halt": {"id", "since", "reason"},
    # Whom a list names; a list that names a person as issuer has published that itself.
    "issuer_key": {"issuer", "thumbprint", "first_seen", "confirmed_at"},
    "issuer_list": {
        "id", "publisher", "issued", "valid_until", "digest", "content", "imported_at", "removed_at",
    },
    "module_content": {"digest", "canonical"},
    "organisation": {"id", "slug", "name"},
    # Who stands in a list is sealed; what is left are its lines by number.
    "result_list": {
        "id", "organisation_id", "activity", "dates_are_doubtful", "corrections", "state", "job_id",
        "created_at", "sent_at", "finished_at",
    },
    "result_list_row": {
        "list_id", "number", "day_is_ambiguous", "state", "fate", "problems",
    },
    "received_endorsement": {
        "digest", "address", "achievement", "endorser", "method", "received_at", "verified_at",
        "valid_from", "valid_until", "removed_at", "content",
    },
    "reminder": {"public_id", "state", "state_since"},
    "released_form": {"public_id", "edition", "format", "digest", "method"},
    "short_code": {"code", "public_id"},
    "status_list": {"number", "version", "reserved", "published_at", "published"},
}  # fmt: skip

# Says something about a person, but only to someone who knows whose identifier stands beside it:
# facts by code, count and time, never words. Erasure deletes the rows; in a backup the identifier
# that is left leads to nobody, because the key of its holder is gone.
ONLY_THROUGH_AN_IDENTIFIER: dict[str, set[str]] = {
    "result_list": {"sent_by"},
    "attempt": {
        "id", "person_id", "module_id", "module_version", "content_digest", "mode", "state", "draw",
        "started_at", "closes_at", "submitted_at",
    },
    "award": {
        "id", "person_id", "slug", "class_version", "renewal", "rule_version", "origin", "used", "strength",
        "decided_at", "valid_until", "state", "state_since", "accepted_at", "dossier_digest",
    },
    "credential_bytes": {"holder_id"},
    "evidence": {
        "id", "person_id", "kind", "activity", "activity_version", "content_digest", "competences",
        "level", "strength", "identity", "outcome", "score", "threshold", "critical_passed",
        "source_organisation", "reference", "edition", "replaces", "agent", "method", "details",
        "occurred_at", "recorded_at", "state", "state_since", "state_reason",
    },
    "holder_key": {"holder_id", "wrapped_key"},
    "job": {
        "id", "kind", "key", "owner", "arguments", "state", "done", "total", "attempts", "problem",
        "created_at", "due_at", "started_at", "finished_at", "holder", "lease_until",
    },
    "invitation": {
        "batch", "person_id", "organisation_id", "is_offered", "state", "created_at", "state_since",
    },
    "organisation_member": {"organisation_id", "person_id", "role", "since"},
    "person": {"id", "controller_id", "language", "state", "created_at", "session_epoch"},
    # Which evidence came together; the texts of the rows are not kept.
    "submission": {
        "id", "organisation_id", "key_digest", "body_digest", "agent", "received_at", "answer",
    },
    "saved_answer": {"attempt_id", "question_id", "saved_at"},
    "sign_in_request": {
        "id", "person_id", "token_digest", "code_digest", "created_at", "expires_at", "used_at",
        "attempts",
    },
}  # fmt: skip


@pytest.fixture
def tables(session: Session) -> Mapping[str, Table]:
    """Every table of every room: `session` has loaded their models."""
    return Base.metadata.tables


def in_the_open(tables: Mapping[str, Table]) -> set[str]:
    """Return every column that is not registered as personal data, as "table.column"."""
    return {
        f"{table.name}.{column.name}"
        for table in tables.values()
        for column in table.columns
        if not isinstance(column.type, PersonalData)
    }


def listed(lists: dict[str, set[str]]) -> set[str]:
    """Return the entries of a list, as "table.column"."""
    return {f"{table}.{column}" for table, columns in lists.items() for column in columns}


def test_somebody_has_decided_on_every_column(tables: Mapping[str, Table]) -> None:
    """Undecided columns fail: register them, or list them with the reviewer's eyes open."""
    decided = listed(NOT_ABOUT_A_PERSON) | listed(ONLY_THROUGH_AN_IDENTIFIER)

    assert sorted(in_the_open(tables) - decided) == []


def test_no_decision_is_left_over(tables: Mapping[str, Table]) -> None:
    """A column that is gone, or is registered by now, leaves the lists."""
    decided = listed(NOT_ABOUT_A_PERSON) | listed(ONLY_THROUGH_AN_IDENTIFIER)

    assert sorted(decided - in_the_open(tables)) == []


def test_a_column_is_decided_once() -> None:
    """It cannot be about nobody and about somebody."""
    assert listed(NOT_ABOUT_A_PERSON) & listed(ONLY_THROUGH_AN_IDENTIFIER) == set()


def test_a_new_column_stands_in_the_open() -> None:
    """The check sees what it must see: a plain column of bytes is not a sealed one."""
    sealed = PersonalData(purpose="…", basis="…", retention="…")
    table = Table(
        "person", MetaData(), Column("phone", String), Column("photo", LargeBinary),
        Column("email", sealed),
    )  # fmt: skip

    assert in_the_open({"person": table}) == {"person.phone", "person.photo"}
    assert [line.column for line in register_of_processing({"person": table})] == ["person.email"]


def test_every_line_of_the_register_says_why(tables: Mapping[str, Table]) -> None:
    """Purpose, legal ground by its article, and how long: what a person may ask us (art. 13)."""
    register = register_of_processing(dict(tables))

    assert len(register) >= 5
    for line in register:
        assert line.purpose, line.column
        assert "art. 6(1)(" in line.basis, line.column
        assert line.retention, line.column
