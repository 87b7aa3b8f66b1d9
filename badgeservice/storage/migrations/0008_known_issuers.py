"""Lists of known issuers, and the keys seen of those on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issuer_list",
        sa.Column("id", sa.String(length=300), nullable=False),
        sa.Column("publisher", sa.String(length=100), nullable=False),
        sa.Column("issued", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer_list")),
    )
    op.create_table(
        "issuer_key",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("thumbprint", sa.String(length=43), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("issuer", "thumbprint", name=op.f("pk_issuer_key")),
    )


def downgrade() -> None:
    op.drop_table("issuer_key")
    op.drop_table("issuer_list")
