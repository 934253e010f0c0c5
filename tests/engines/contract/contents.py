"""Items of which parts are made, with all that makes answers hard: ties, gaps, and texts that are code elsewhere."""

import functools
import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS, TWO_PARTS, ModelIdentity
from contracts.items import Item
from index.attributes import AttributeTable, sort_by_value
from index.bundle import Bundle
from index.columns.column import ColumnKind
from index.columns.number import Number
from index.columns.number_style import NumberStyle
from index.columns.registry import kind_named
from index.full_embeddings import half_rows
from index.gallery import Gallery
from index.items import ItemTable, write_items
from index.reduction import Reduction
from index.scoring import Scoring
from index.tabulation import tabulate_attributes
from index.unit_vectors import unit_vectors

COMPONENTS: Final = 12
SCORING: Final = Scoring(TWO_PARTS[0], 0.25)
MODEL: Final = ModelIdentity("resnet18-0123456789ab", "resnet18", "imagenet:resnet18", 224, parts=TWO_PARTS)
TWINS: Final = 100
"""Items with the same embedding."""

PRICE: Final = NumberStyle(after="EUR", decimal=".", group=",")
COLOURS: Final = ("Black", "Navy, Blue", "White", "ß", "écru", "Black ", "black", "İ", "\N{GRINNING FACE}")
CODE: Final = (
    "'; DROP TABLE versions; --",
    '"quoted"',
    "100%",
    "_",
    "a\\b",
    "$.a[0]",
    '{"a": 1}',
    "[]",
    "null",
    "true",
    "\x01\n\t",
    "%s %(a)s {} $1",
    "e\u0301",
    "x" * 3000,
)
"""Values that mean something in SQL, JSON, patterns or formats."""

NASTY: Final = """a.b[0]."c" -> 'x' %s {} \\ _"""
"""The name of a column."""

_counted = itertools.count()


@functools.cache
def _reduction() -> Reduction:
    square, _ = np.linalg.qr(np.random.default_rng(5).standard_normal((EMBEDDING_DIMENSIONS, COMPONENTS)))
    return Reduction(square.astype(np.float32), np.zeros(COMPONENTS, np.float32), "minmax", np.full(COMPONENTS, 0.05))


@dataclass(frozen=True, eq=False)
class Content:
    """Items, and how they are read.

    Attributes:
        items: in the order of `numbers`.
        embeddings: (N, 512) float32.
        numbers: (N,) int64, rising.
        kinds: of all columns that may have a value.
        scoring: of the items by full embeddings.
    """

    items: Sequence[Item]
    embeddings: NDArray[np.float32]
    numbers: NDArray[np.int64]
    kinds: Mapping[str, ColumnKind]
    scoring: Scoring = SCORING
    reduction: Reduction = field(default_factory=_reduction)

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def reduced(self) -> NDArray[np.float32]:
        """(N, C) float32 unit rows, as a part holds them."""
        return unit_vectors(self.embeddings, self.reduction)

    @cached_property
    def full(self) -> NDArray[np.float16]:
        """(N, 512) float16 unit rows, as a part holds them."""
        return half_rows(self.embeddings)

    def some(self, rows: NDArray[np.int64]) -> "Content":
        """The items in some rows, rising."""
        return Content(
            [self.items[row] for row in rows.tolist()],
            self.embeddings[rows],
            self.numbers[rows],
            self.kinds,
            self.scoring,
            self.reduction,
        )

    def bundle(self) -> Bundle:
        """A bundle of the items, with a version of its own."""
        # One that was declared stays, although no value is a list.
        declared = {"empty": "list"} if any("empty" in item.attributes for item in self.items) else {}
        tabulated = tabulate_attributes(self.items, declared, carried=self.kinds)
        stream = io.BytesIO()
        offsets = write_items(self.items, stream)
        return Bundle(
            version=f"20261127T000000Z-{next(_counted):06x}",
            model=MODEL,
            catalogue_root="/catalogue",
            created="2026-11-27T00:00:00Z",
            items=ItemTable(stream.getvalue(), offsets),
            attributes=AttributeTable(tabulated.columns, tabulated.codes, sort_by_value(tabulated.codes)),
            gallery=Gallery.of(self.reduced),
            full_embeddings=self.full,
            scoring=self.scoring,
            resemblance_from=None,
            reduction=self.reduction,
            near_from=self.scoring.near,
            numbers=self.numbers,
            catalogue="c",
            sequence=0,
        )


REDUCTION: Final = _reduction()


def draw_vectors(rows: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """(rows, 512) float32, mostly within the space that the reduction keeps."""
    latent = generator.standard_normal((rows, COMPONENTS)) * np.linspace(2.0, 0.5, COMPONENTS)
    noise = generator.standard_normal((rows, EMBEDDING_DIMENSIONS))
    return (latent @ REDUCTION.matrix.T + 0.05 * noise).astype(np.float32)


def draw_content(rows: int = 330, seed: int = 4) -> Content:
    """At least 330 items: some of a kind, others that miss nearly everything."""
    generator = np.random.default_rng(seed)
    embeddings = draw_vectors(rows, generator)
    embeddings[100 : 100 + TWINS] = embeddings[3]
    embeddings[230:260] = embeddings[:30]
    embeddings[[7, 150, 299]] = 0.0
    # The same direction as another row, of another length.
    embeddings[311] = 3.0 * embeddings[310]
    numbers = np.cumsum(generator.integers(1, 4, rows)) + 5
    numbers[-1] = 2**40
    items = [
        Item(
            f"shop/é {row}" if row % 50 else f"Shop '{row}' %",
            f"images/{row}.jpg",
            _attributes(row, rows),
            crop=(1, 2, 30 + row, 40) if row % 3 == 0 else None,
        )
        for row in range(rows)
    ]
    # As older bundles may hold it: not in the one form, once beside an item of that form.
    items[20] = Item("e\u0301/a", "20.jpg", items[20].attributes)
    items[21] = Item("\u00e9/a", "21.jpg", items[21].attributes)
    items[22] = Item("e\u0301/b", "22.jpg", items[22].attributes)
    kinds: dict[str, ColumnKind] = {"year": Number(), "price": Number(PRICE), "sizes": kind_named("list")}
    kinds |= {name: kinds.get(name, kind_named("text")) for item in items for name in item.attributes}
    kinds["empty"] = kind_named("list")
    return Content(items, embeddings, numbers.astype(np.int64), kinds)


def _attributes(row: int, rows: int) -> dict[str, str]:
    if row % 41 == 40:
        return {}
    attributes = {"title": f"Shirt {row // 3}", "colour": COLOURS[row % 13 % len(COLOURS)]}
    if row % 5:
        attributes["year"] = ("2007", "2007.0", "-3", "1e3", "2019", "+7", ".5")[row % 7]
    if row % 4 == 1:
        attributes["price"] = "call us" if row == 101 else f"{1 + row % 3},{row % 10}99.{row % 10}0 EUR"
    if row % 3:
        attributes["sizes"] = ("S|M", " M | L|", "|", "M|S", "XL", "'|%")[row % 6]
    if row % 7 == 2:
        del attributes["title"]
    if row % 2:
        attributes["mixed"] = "1..2" if row % 100 == 1 else str(row % 30)
    attributes[NASTY] = CODE[row % len(CODE)]
    if row % 6 == 0:
        attributes = {"c0": str(row % 2), "id": "'", "number": f"n{row % 5}", "NULL": "NULL", **attributes}
    if row > rows // 2:
        attributes["late"] = f"l{row % 4}"
    if row == rows - 9:
        attributes["once"] = "only here"
    if row == 2:
        attributes["empty"] = "|"
    return attributes
