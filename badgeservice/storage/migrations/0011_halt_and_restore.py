"""Issuing that is halted, and bits that a restored register cannot explain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issuing_halt",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuing_halt")),
    )
    op.create_table(
        "carried_bit",
        sa.Column("status_list", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("carried_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["status_list"],
            ["status_list.number"],
            name=op.f("fk_carried_bit_status_list_status_list"),
        ),
        sa.PrimaryKeyConstraint("status_list", "status_index", name=op.f("pk_carried_bit")),
    )


def downgrade() -> None:
    bind = op.get_bind()
    for table in ("issuing_halt", "carried_bit"):
        if bind.scalar(sa.text(f"SELECT count(*) FROM {table}")):
            raise RuntimeError(f"{table} has rows, which the release before cannot keep")
    op.drop_table("carried_bit")
    op.drop_table("issuing_halt")
