"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = ("default",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artwork",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_artwork")),
    )
    op.create_table(
        "audit_event",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("digest", name=op.f("uq_audit_event_digest")),
        sa.UniqueConstraint("previous", name=op.f("uq_audit_event_previous")),
    )
    op.create_table(
        "badge_class_version",
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("slug", "version", name=op.f("pk_badge_class_version")),
    )
    op.create_table(
        "holder_key",
        sa.Column("holder_id", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("holder_id", name=op.f("pk_holder_key")),
    )
    op.create_table(
        "module_content",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_module_content")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("slug", name=op.f("uq_organisation_slug")),
    )
    op.create_table(
        "status_list",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_status_list")),
    )
    op.create_table(
        "intent",
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("award_id", sa.String(length=64), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["status_list"], ["status_list.number"], name=op.f("fk_intent_status_list_status_list")
        ),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_intent")),
        sa.UniqueConstraint("award_id", name=op.f("uq_intent_award_id")),
        sa.UniqueConstraint(
            "status_list", "status_index", name=op.f("uq_intent_status_list_status_index")
        ),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("controller_id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=11), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["controller_id"],
            ["organisation.id"],
            name=op.f("fk_person_controller_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email_index", name=op.f("uq_person_email_index")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_controller_id"), ["controller_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_person_state"), ["state"], unique=False)

    op.create_table(
        "attempt",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("module_id", sa.String(length=100), nullable=False),
        sa.Column("module_version", sa.String(length=40), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("draw", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_digest"],
            ["module_content.digest"],
            name=op.f("fk_attempt_content_digest_module_content"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_attempt_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempt_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_attempt_open",
            ["person_id", "module_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "award",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("class_version", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("used", sa.JSON(), nullable=False),
        sa.Column("strength", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dossier", sa.LargeBinary(), nullable=False),
        sa.Column("dossier_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_award_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["slug", "class_version"],
            ["badge_class_version.slug", "badge_class_version.version"],
            name=op.f("fk_award_slug_class_version_badge_class_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
    )
    with op.batch_alter_table("award", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_award_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_award_live",
            ["person_id", "slug", "class_version"],
            unique=True,
            sqlite_where=sa.text("state IN ('offered', 'accepted')"),
            postgresql_where=sa.text("state IN ('offered', 'accepted')"),
        )

    op.create_table(
        "credential",
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("class_slug", sa.String(length=100), nullable=False),
        sa.Column("class_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("verification_method", sa.String(length=300), nullable=False),
        sa.Column("jwt_key", sa.String(length=300), nullable=False),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("json_digest", sa.String(length=64), nullable=False),
        sa.Column("jwt_digest", sa.String(length=64), nullable=False),
        sa.Column("png_digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_reason", sa.String(length=200), nullable=True),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["public_id"], ["intent.public_id"], name=op.f("fk_credential_public_id_intent")
        ),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_credential")),
        sa.UniqueConstraint("address", name=op.f("uq_credential_address")),
        sa.UniqueConstraint("content_digest", name=op.f("uq_credential_content_digest")),
        sa.UniqueConstraint("json_digest", name=op.f("uq_credential_json_digest")),
        sa.UniqueConstraint("jwt_digest", name=op.f("uq_credential_jwt_digest")),
        sa.UniqueConstraint("png_digest", name=op.f("uq_credential_png_digest")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("activity", sa.String(length=100), nullable=False),
        sa.Column("activity_version", sa.String(length=50), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("competences", sa.JSON(), nullable=False),
        sa.Column("level", sa.String(length=50), nullable=False),
        sa.Column("strength", sa.Integer(), nullable=False),
        sa.Column("identity", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("score", sa.String(length=40), nullable=True),
        sa.Column("threshold", sa.String(length=40), nullable=True),
        sa.Column("critical_passed", sa.Boolean(), nullable=True),
        sa.Column("source_organisation", sa.String(length=36), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("replaces", sa.String(length=36), nullable=True),
        sa.Column("agent", sa.String(length=100), nullable=False),
        sa.Column("method", sa.String(length=50), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_reason", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_evidence_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["replaces"], ["evidence.id"], name=op.f("fk_evidence_replaces_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["source_organisation"],
            ["organisation.id"],
            name=op.f("fk_evidence_source_organisation_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("replaces", name=op.f("uq_evidence_replaces")),
        sa.UniqueConstraint(
            "source_organisation",
            "reference",
            "edition",
            name=op.f("uq_evidence_source_organisation_reference_edition"),
        ),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_person_id"), ["person_id"], unique=False)

    op.create_table(
        "sign_in_request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_in_request_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_request")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sign_in_request_token_digest")),
    )
    with op.batch_alter_table("sign_in_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_request_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_sign_in_request_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "credential_bytes",
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("holder_id", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["public_id"],
            ["credential.public_id"],
            name=op.f("fk_credential_bytes_public_id_credential"),
        ),
        sa.PrimaryKeyConstraint("public_id", "format", name=op.f("pk_credential_bytes")),
    )
    with op.batch_alter_table("credential_bytes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_credential_bytes_holder_id"), ["holder_id"], unique=False
        )

    op.create_table(
        "saved_answer",
        sa.Column("attempt_id", sa.String(length=36), nullable=False),
        sa.Column("question_id", sa.String(length=100), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_saved_answer_attempt_id_attempt")
        ),
        sa.PrimaryKeyConstraint("attempt_id", "question_id", name=op.f("pk_saved_answer")),
    )


def downgrade() -> None:
    op.drop_table("saved_answer")
    with op.batch_alter_table("credential_bytes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credential_bytes_holder_id"))

    op.drop_table("credential_bytes")
    with op.batch_alter_table("sign_in_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_request_person_id"))
        batch_op.drop_index(batch_op.f("ix_sign_in_request_expires_at"))

    op.drop_table("sign_in_request")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_person_id"))

    op.drop_table("evidence")
    op.drop_table("credential")
    with op.batch_alter_table("award", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_award_live",
            sqlite_where=sa.text("state IN ('offered', 'accepted')"),
            postgresql_where=sa.text("state IN ('offered', 'accepted')"),
        )
        batch_op.drop_index(batch_op.f("ix_award_person_id"))

    op.drop_table("award")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_attempt_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index(batch_op.f("ix_attempt_person_id"))

    op.drop_table("attempt")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_state"))
        batch_op.drop_index(batch_op.f("ix_person_controller_id"))

    op.drop_table("person")
    op.drop_table("intent")
    op.drop_table("status_list")
    op.drop_table("organisation")
    op.drop_table("module_content")
    op.drop_table("holder_key")
    op.drop_table("badge_class_version")
    op.drop_table("audit_event")
    op.drop_table("artwork")
