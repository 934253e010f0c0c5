"""Notes on the pictures of feeds.

Frozen: it makes the table as it was when it was written, and does not follow `catalogue.picture_notes`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "picture_notes",
        sa.Column("place", sa.LargeBinary, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drop the table; the next import then reads every picture again."""
    op.drop_table("picture_notes")
