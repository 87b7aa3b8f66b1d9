"""Reminders: the one mail to the holder of a badge that its time ends soon."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("state", sa.String(length=13), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["public_id"], ["badge.public_id"], name=op.f("fk_reminder_public_id_badge")
        ),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_reminder")),
    )


def downgrade() -> None:
    op.drop_table("reminder")
