"""Lists of results that partners upload, and their lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "result_list",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("sent_by", sa.String(length=36), nullable=True),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("activity", sa.String(length=100), nullable=False),
        sa.Column("dates_are_doubtful", sa.Boolean(), nullable=False),
        sa.Column("corrections", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_result_list_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_list")),
    )
    op.create_index(
        op.f("ix_result_list_organisation_id_created_at"),
        "result_list",
        ["organisation_id", "created_at"],
    )
    op.create_index(op.f("ix_result_list_state_created_at"), "result_list", ["state", "created_at"])
    op.create_index(op.f("ix_result_list_sent_by"), "result_list", ["sent_by"])
    op.create_table(
        "result_list_row",
        sa.Column("list_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=True),
        sa.Column("person_index", sa.LargeBinary(), nullable=True),
        sa.Column("deed_index", sa.LargeBinary(), nullable=True),
        sa.Column("day_is_ambiguous", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("fate", sa.String(length=10), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["result_list.id"],
            name=op.f("fk_result_list_row_list_id_result_list"),
        ),
        sa.PrimaryKeyConstraint("list_id", "number", name=op.f("pk_result_list_row")),
    )
    op.create_index(
        op.f("ix_result_list_row_list_id_state_number"),
        "result_list_row",
        ["list_id", "state", "number"],
    )
    op.create_index(
        op.f("ix_result_list_row_list_id_deed_index"),
        "result_list_row",
        ["list_id", "deed_index"],
    )
    op.create_index(op.f("ix_result_list_row_person_index"), "result_list_row", ["person_index"])


def downgrade() -> None:
    op.drop_table("result_list_row")
    op.drop_table("result_list")
