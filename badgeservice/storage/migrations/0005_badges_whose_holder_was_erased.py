"""A badge says when its holder was erased: its bytes are gone on purpose, not lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("badge", sa.Column("holder_erased_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    erased = "SELECT count(*) FROM badge WHERE holder_erased_at IS NOT NULL"
    if op.get_bind().execute(sa.text(erased)).scalar():
        raise RuntimeError("the former tables have no room for a badge whose holder was erased")
    op.drop_column("badge", "holder_erased_at")
