"""The first schema.

Frozen: it makes the tables as they were when it was written, and does not follow `catalogue.tables`.
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables, and the one row of `head`."""
    key_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    counted = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    head = op.create_table(
        "head",
        sa.Column(
            "one",
            sa.Integer,
            sa.CheckConstraint("one = 1", name="head_is_one_row"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("catalogue", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("next_number", sa.BigInteger, nullable=False),
        sa.Column("purged", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(head, [{"one": 1, "catalogue": str(uuid.uuid4()), "sequence": 0, "next_number": 0, "purged": 0}])
    op.create_table(
        "items",
        sa.Column("id", key_text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("image", sa.Text, nullable=False),
        sa.Column("crop", sa.Text),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("attributes", sa.Text, nullable=False),
    )
    op.create_index("items_by_number", "items", ["number"], unique=True)
    op.create_index("items_by_sequence", "items", ["sequence"])
    op.create_index("items_by_content", "items", ["content"])
    op.create_table("columns", sa.Column("name", key_text, primary_key=True))
    op.create_table(
        "embeddings",
        sa.Column("content", sa.LargeBinary, primary_key=True),
        sa.Column("model", key_text, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "adopted",
        sa.Column("version", key_text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "imports",
        sa.Column("place", counted, primary_key=True, autoincrement=True),
        sa.Column("id", key_text, nullable=False, unique=True),
        sa.Column("caller", key_text, nullable=False),
        sa.Column("key", key_text),
        sa.Column("body_sha256", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("max_removed", sa.Double, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("format", sa.Text),
        sa.Column("mapping", sa.Text),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("position", "rows", "created", "replaced", "unchanged", "deleted", "failed")
        ),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("detail", sa.Text),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("lease_s", sa.Double, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.Column("first_number", sa.BigInteger),
        sa.UniqueConstraint("caller", "key", name="imports_by_key"),
    )
    op.create_table(
        "import_seen",
        sa.Column("import_id", key_text, sa.ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("item_id", key_text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "import_problems",
        sa.Column("place", counted, primary_key=True, autoincrement=True),
        sa.Column("import_id", key_text, sa.ForeignKey("imports.id", ondelete="CASCADE"), nullable=False),
        sa.Column("row", sa.BigInteger, nullable=False),
        sa.Column("item_id", sa.Text),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("import_problems_by_import", "import_problems", ["import_id", "place"])


def downgrade() -> None:
    """There is nothing before it.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("the first schema has none before it")
