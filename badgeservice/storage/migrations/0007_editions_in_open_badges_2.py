"""An edition may also be an assertion of Open Badges 2.0, with an identifier of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = ("intent", "credential")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("ob2_id", sa.String(length=36), nullable=True))
        op.create_index(op.f(f"ix_{table}_ob2_id"), table, ["ob2_id"], unique=True)


def downgrade() -> None:
    known = "SELECT count(*) FROM credential WHERE ob2_id IS NOT NULL"
    if op.get_bind().execute(sa.text(known)).scalar():
        raise RuntimeError("the former tables have no room for a badge of Open Badges 2.0")
    for table in _TABLES:
        op.drop_index(op.f(f"ix_{table}_ob2_id"), table)
        op.drop_column(table, "ob2_id")
