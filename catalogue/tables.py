"""The tables of the live catalogue; `migrations/` makes them.

Texts are compared byte by byte in both dialects. Attributes are JSON as text, because an answer repeats them in the
order in which they came, which PostgreSQL's own JSON type does not keep.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()
KEY_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite counts rows by itself only where the key is an INTEGER.
_COUNTED = BigInteger().with_variant(Integer(), "sqlite")

# One row. Whoever writes locks it first, so that changes become visible in the order of their sequence numbers.
HEAD = Table(
    "head",
    METADATA,
    Column("one", Integer, CheckConstraint("one = 1", name="head_is_one_row"), primary_key=True, autoincrement=False),
    Column("catalogue", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("next_number", BigInteger, nullable=False),
    # Of the newest deletion that is forgotten: what is older than that can no longer be brought up to date.
    Column("purged", BigInteger, nullable=False),
)

ITEMS = Table(
    "items",
    METADATA,
    Column("id", KEY_TEXT, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("image", Text, nullable=False),
    Column("crop", Text),
    Column("content", LargeBinary, nullable=False),
    Column("attributes", Text, nullable=False),
    Index("items_by_number", "number", unique=True),
    Index("items_by_sequence", "sequence"),
    Index("items_by_content", "content"),
)

# Every name of an attribute that any item has or had since the last `purge`.
COLUMNS = Table("columns", METADATA, Column("name", KEY_TEXT, primary_key=True))

EMBEDDINGS = Table(
    "embeddings",
    METADATA,
    Column("content", LargeBinary, primary_key=True),
    Column("model", KEY_TEXT, primary_key=True),
    # 512 float32, little-endian.
    Column("vector", LargeBinary, nullable=False),
)

ADOPTED = Table(
    "adopted",
    METADATA,
    Column("version", KEY_TEXT, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)

IMPORTS = Table(
    "imports",
    METADATA,
    Column("place", _COUNTED, primary_key=True, autoincrement=True),
    Column("id", KEY_TEXT, nullable=False, unique=True),
    Column("caller", KEY_TEXT, nullable=False),
    Column("key", KEY_TEXT),
    Column("body_sha256", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("max_removed", Double, nullable=False),
    Column("source", Text, nullable=False),
    Column("format", Text),
    Column("mapping", Text),
    Column("position", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("replaced", BigInteger, nullable=False),
    Column("unchanged", BigInteger, nullable=False),
    Column("deleted", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("sequence", BigInteger),
    Column("detail", Text),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    # Who works on it, how often it was claimed since it last got on, and a count of its signs of life.
    Column("owner", Text),
    Column("lease_s", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("beat", BigInteger, nullable=False),
    # Items from this number on were put after it began, so `replace` keeps them.
    Column("first_number", BigInteger),
    UniqueConstraint("caller", "key", name="imports_by_key"),
)

SEEN = Table(
    "import_seen",
    METADATA,
    Column("import_id", KEY_TEXT, ForeignKey(IMPORTS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("item_id", KEY_TEXT, primary_key=True),
    sqlite_with_rowid=False,
)

PROBLEMS = Table(
    "import_problems",
    METADATA,
    Column("place", _COUNTED, primary_key=True, autoincrement=True),
    Column("import_id", KEY_TEXT, ForeignKey(IMPORTS.c.id, ondelete="CASCADE"), nullable=False),
    Column("row", BigInteger, nullable=False),
    Column("item_id", Text),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("import_problems_by_import", "import_id", "place"),
)
