"""A badge has editions, and an edition has forms.

Until now a badge was one credential in three forms, with their digests in its columns. Nothing that
was signed changes: rows are moved, bytes are copied.

Going back is possible as long as no badge has been corrected: the former tables have room for one
edition, and what they cannot hold would be lost, so it is refused.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_FORMS = (
    ("json", "json_digest", "verification_method"),
    ("jwt", "jwt_digest", "jwt_key"),
    ("png", "png_digest", "NULL"),
)


def upgrade() -> None:
    op.create_table(
        "badge",
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("award_id", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("class_slug", sa.String(length=100), nullable=False),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_reason", sa.String(length=200), nullable=True),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("renews", sa.String(length=22), nullable=True),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_badge")),
        sa.UniqueConstraint("address", name=op.f("uq_badge_address")),
        sa.UniqueConstraint("award_id", name=op.f("uq_badge_award_id")),
    )
    op.create_index(op.f("ix_badge_renews"), "badge", ["renews"])
    op.execute(
        "INSERT INTO badge SELECT credential.public_id, award_id, address, class_slug, awarded_at,"
        " 1, credential.state, state_since, state_reason, visibility, NULL"
        " FROM credential JOIN intent ON intent.public_id = credential.public_id"
    )
    for table in ("credential_bytes", "credential", "intent"):
        _set_aside(table)
    op.create_table(
        "intent",
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("award_id", sa.String(length=64), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["status_list"], ["status_list.number"], name=op.f("fk_intent_status_list_status_list")
        ),
        sa.PrimaryKeyConstraint("public_id", "edition", name=op.f("pk_intent")),
        sa.UniqueConstraint("award_id", "edition", name=op.f("uq_intent_award_id_edition")),
        sa.UniqueConstraint(
            "status_list", "status_index", name=op.f("uq_intent_status_list_status_index")
        ),
    )
    op.create_table(
        "credential",
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("class_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_reason", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["public_id", "edition"],
            ["intent.public_id", "intent.edition"],
            name=op.f("fk_credential_public_id_edition_intent"),
        ),
        sa.ForeignKeyConstraint(
            ["public_id"], ["badge.public_id"], name=op.f("fk_credential_public_id_badge")
        ),
        sa.PrimaryKeyConstraint("public_id", "edition", name=op.f("pk_credential")),
        sa.UniqueConstraint("content_digest", name=op.f("uq_credential_content_digest")),
    )
    op.create_table(
        "released_form",
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["public_id", "edition"],
            ["credential.public_id", "credential.edition"],
            name=op.f("fk_released_form_public_id_edition_credential"),
        ),
        sa.PrimaryKeyConstraint("public_id", "edition", "format", name=op.f("pk_released_form")),
        sa.UniqueConstraint("digest", name=op.f("uq_released_form_digest")),
    )
    op.create_index(op.f("ix_released_form_method"), "released_form", ["method"])
    op.create_table(
        "credential_bytes",
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("holder_id", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["public_id", "edition", "format"],
            ["released_form.public_id", "released_form.edition", "released_form.format"],
            name=op.f("fk_credential_bytes_public_id_edition_format_released_form"),
        ),
        sa.PrimaryKeyConstraint("public_id", "edition", "format", name=op.f("pk_credential_bytes")),
    )
    op.create_index(op.f("ix_credential_bytes_holder_id"), "credential_bytes", ["holder_id"])
    op.execute(
        "INSERT INTO intent SELECT public_id, 1, award_id, status_list, status_index, state,"
        " reserved_at FROM former_intent"
    )
    op.execute(
        "INSERT INTO credential SELECT public_id, 1, class_version, language, issued_at,"
        " valid_until, content_digest, NULL, NULL FROM former_credential"
    )
    for form, digest, method in _FORMS:
        op.execute(
            f"INSERT INTO released_form SELECT public_id, 1, '{form}', {digest}, {method}"
            " FROM former_credential"
        )
    op.execute(
        "INSERT INTO credential_bytes SELECT public_id, 1, format, holder_id, sealed"
        " FROM former_credential_bytes"
    )
    for table in ("credential_bytes", "credential", "intent"):
        op.drop_table(f"former_{table}")


def downgrade() -> None:
    _refuse_what_would_be_lost()
    for table in ("credential_bytes", "released_form", "credential", "intent", "badge"):
        _set_aside(table)
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
    op.create_index(op.f("ix_credential_bytes_holder_id"), "credential_bytes", ["holder_id"])
    op.execute(
        "INSERT INTO intent SELECT public_id, award_id, status_list, status_index, state,"
        " reserved_at FROM former_intent"
    )
    op.execute(
        "INSERT INTO credential SELECT badge.public_id, address, class_slug, class_version,"
        " language, json.method, jwt.method, awarded_at, issued_at, valid_until, content_digest,"
        " json.digest, jwt.digest, png.digest, badge.state, state_since, state_reason, visibility"
        " FROM former_badge AS badge"
        " JOIN former_credential AS credential ON credential.public_id = badge.public_id"
        + "".join(
            f" JOIN former_released_form AS {form}"
            f" ON {form}.public_id = badge.public_id AND {form}.format = '{form}'"
            for form, *_ in _FORMS
        )
    )
    op.execute(
        "INSERT INTO credential_bytes SELECT public_id, format, holder_id, sealed"
        " FROM former_credential_bytes WHERE format IN ('json', 'jwt', 'png')"
    )
    for table in ("credential_bytes", "released_form", "credential", "intent", "badge"):
        op.drop_table(f"former_{table}")


def _set_aside(table: str) -> None:
    """Rename a table, and give up the names that the one in its place will want.

    Names of constraints and indexes are unique in a PostgreSQL schema.
    """
    connection = op.get_bind()
    inspector = sa.inspect(connection)
    if connection.dialect.name == "postgresql":
        constraints = [
            inspector.get_pk_constraint(table),
            *inspector.get_unique_constraints(table),
            *inspector.get_foreign_keys(table),
        ]
        for name in (str(each["name"]) for each in constraints):
            op.execute(f'ALTER TABLE "{table}" RENAME CONSTRAINT "{name}" TO "former_{name[:50]}"')
    for index in inspector.get_indexes(table):
        if not index.get("duplicates_constraint"):
            op.drop_index(str(index["name"]), table)
    op.rename_table(table, f"former_{table}")


def _refuse_what_would_be_lost() -> None:
    """Raise when there is something that the former tables have no room for."""
    connection = op.get_bind()
    for what, query in (
        ("a badge that was corrected", "SELECT count(*) FROM intent WHERE edition > 1"),
        (
            "a badge that is suspended or was withdrawn",
            "SELECT count(*) FROM badge WHERE state NOT IN ('active', 'revoked')",
        ),
        (
            "a form of a badge that came later",
            "SELECT count(*) FROM released_form WHERE format NOT IN ('json', 'jwt', 'png')",
        ),
        ("a badge that renews another", "SELECT count(*) FROM badge WHERE renews IS NOT NULL"),
    ):
        if connection.execute(sa.text(query)).scalar():
            raise RuntimeError(f"the former tables have no room for {what}; restore a backup")
