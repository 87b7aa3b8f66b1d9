"""Endorsements that we gave, and those that we received for our badge classes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "given_endorsement",
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("endorsed", sa.String(length=2000), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["status_list"],
            ["status_list.number"],
            name=op.f("fk_given_endorsement_status_list_status_list"),
        ),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_given_endorsement")),
        sa.UniqueConstraint("address", name=op.f("uq_given_endorsement_address")),
        sa.UniqueConstraint(
            "status_list",
            "status_index",
            name=op.f("uq_given_endorsement_status_list_status_index"),
        ),
    )
    op.create_table(
        "received_endorsement",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=2000), nullable=False),
        sa.Column("achievement", sa.String(length=300), nullable=False),
        sa.Column("endorser", sa.String(length=2000), nullable=False),
        sa.Column("method", sa.String(length=2000), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_received_endorsement")),
    )
    op.create_index(
        op.f("ix_received_endorsement_achievement"), "received_endorsement", ["achievement"]
    )


def downgrade() -> None:
    op.drop_table("received_endorsement")
    op.drop_table("given_endorsement")
