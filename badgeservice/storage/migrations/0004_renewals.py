"""An award counts how often its badge was earned before, so that a badge can be renewed.

Going back is possible as long as nothing was renewed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LIVE = sa.text("state IN ('offered', 'accepted')")


def upgrade() -> None:
    op.drop_index("uq_award_live", "award")
    op.add_column("award", sa.Column("renewal", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("award") as batch_op:
        batch_op.alter_column("renewal", server_default=None)
    _index(["person_id", "slug", "class_version", "renewal"])


def downgrade() -> None:
    op.drop_index("uq_award_live", "award")
    # A person with two live awards of one class cannot go back: the index says so.
    _index(["person_id", "slug", "class_version"])
    with op.batch_alter_table("award") as batch_op:
        batch_op.drop_column("renewal")


def _index(columns: list[str]) -> None:
    op.create_index(
        "uq_award_live", "award", columns, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
    )
