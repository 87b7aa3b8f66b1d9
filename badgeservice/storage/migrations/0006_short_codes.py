"""Short codes of public badges; setup gives one to those that are public already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "short_code",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["public_id"], ["badge.public_id"], name=op.f("fk_short_code_public_id_badge")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_short_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_short_code_public_id")),
    )


def downgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT count(*) FROM short_code")).scalar():
        raise RuntimeError("codes are printed on paper; the former tables have no room for them")
    op.drop_table("short_code")
