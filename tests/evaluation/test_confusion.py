"""Asked for, was given: counted as a plain loop counts."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.items import Item
from evaluation.confusion import MOST_CLASSES, Confusion, confusion, most_mistaken
from evaluation.confusion_view import Cell, view_confusion

KINDS = ("Caps", "Dresses", "Jeans", "Shirts", "Tops")
CLASS_MAP = {"hat": frozenset({"Caps"}), "top": frozenset({"Tops", "Shirts"}), "body": frozenset({"Rompers"})}


def items_of(kinds: Sequence[str | None], by: str) -> list[Item]:
    return [Item(str(row), "", {} if kind is None else {by: kind}) for row, kind in enumerate(kinds)]


def drawn(seed: int) -> tuple[NDArray[np.int64], list[Item], list[Item]]:
    """Results of 40 queries in 60 items, some lists shorter than ten, some items without a kind."""
    generator = np.random.default_rng(seed)
    gallery = items_of([None if row % 9 == 0 else str(generator.choice(KINDS)) for row in range(60)], "type")
    queries = items_of([str(generator.choice(list(CLASS_MAP))) for _ in range(40)], "category")
    found = np.stack([generator.permutation(60)[:20] for _ in range(40)]).astype(np.int64)
    for row, length in enumerate(generator.integers(0, 21, 40).tolist()):
        found[row, length:] = -1
    return found, queries, gallery


def counted(found: Confusion) -> dict[tuple[str, str | None], tuple[int, bool]]:
    return {(asked.name, one.value): (one.results, one.right) for asked in found.classes for one in asked.given}


def by_a_loop(
    found: NDArray[np.int64], queries: Sequence[Item], gallery: Sequence[Item], fits: Mapping[str, frozenset[str]]
) -> dict[tuple[str, str | None], tuple[int, bool]]:
    counts: Counter[tuple[str, str | None]] = Counter()
    for query, rows in zip(queries, found.tolist(), strict=True):
        for row in rows[:10]:
            if row >= 0:
                counts[query.attributes["category"], gallery[row].attributes.get("type")] += 1
    return {pair: (count, pair[1] in fits[pair[0]]) for pair, count in counts.items()}


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_a_loop(seed: int) -> None:
    found, queries, gallery = drawn(seed)
    result = confusion(
        found, queries, gallery, asked_by="category", given_by="type", class_map=CLASS_MAP, space="served"
    )
    assert result is not None
    assert counted(result) == by_a_loop(found, queries, gallery, CLASS_MAP)
    for asked in result.classes:
        assert asked.queries == sum(query.attributes["category"] == asked.name for query in queries)
        assert asked.results == sum(one.results for one in asked.given)
        assert [one.results for one in asked.given] == sorted((one.results for one in asked.given), reverse=True)


def test_without_a_class_map_the_own_kind_fits() -> None:
    gallery = items_of(["Caps", "Jeans", None], "type")
    result = confusion(
        np.array([[0, 1, 2], [1, 0, -1]]),
        items_of(["Caps", "Jeans"], "type"),
        gallery,
        asked_by="type",
        given_by="type",
        class_map=None,
        space="full",
    )
    assert result is not None
    assert counted(result) == {
        ("Caps", "Caps"): (1, True),
        ("Caps", "Jeans"): (1, False),
        ("Caps", None): (1, False),
        ("Jeans", "Jeans"): (1, True),
        ("Jeans", "Caps"): (1, False),
    }
    assert [(pair.asked.name, pair.given.value, pair.share) for pair in most_mistaken(result, 2)] == [
        ("Caps", None, 1 / 3),
        ("Caps", "Jeans", 1 / 3),
    ]


def test_what_names_single_things_is_not_counted() -> None:
    names = [f"style {number}" for number in range(MOST_CLASSES + 1)]
    queries = items_of(names, "style")
    found = np.zeros((len(queries), 1), np.int64)
    for by, count in (("style", len(queries)), ("id", 3)):
        assert (
            confusion(found[:count], queries[:count], queries, asked_by=by, given_by=by, class_map=None, space="served")
            is None
        )


def test_a_page_shows_the_classes_and_kinds_that_matter() -> None:
    gallery = items_of([f"kind {number:02}" for number in range(40)], "type")
    # Each class gets its own kind once, and the one before it more often the later it comes.
    found = np.full((40, 10), -1, np.int64)
    for row in range(40):
        wrong = row // 5
        found[row, 0] = row
        found[row, 1 : 1 + wrong] = row - 1
    result = confusion(found, gallery, gallery, asked_by="type", given_by="type", class_map=None, space="served")
    assert result is not None
    view = view_confusion(result)
    assert [row.asked.name for row in view.rows[:5]] == [f"kind {number}" for number in range(35, 40)]
    assert (len(view.rows), view.further, len(view.columns), len(view.mistaken)) == (15, 25, 8, 12)
    first = view.rows[0]
    place = view.columns.index("kind 34")
    assert first.cells[place] == Cell(7 / 8, right=False)
    assert first.right == 1 / 8
    for shown in view.rows:
        inside = sum(cell.share for cell in shown.cells if cell is not None and not cell.right)
        assert shown.right + inside + shown.others == pytest.approx(1.0)


def test_columns_are_kinds_that_were_given_wrongly() -> None:
    # Twice as often right as wrong, and right for every class that is shown.
    found = np.array([[0, 0, 1], [1, 1, 2]])
    gallery = items_of(["Caps", "Jeans", "Tops"], "type")
    result = confusion(found, gallery[:2], gallery, asked_by="type", given_by="type", class_map=None, space="served")
    assert result is not None
    assert sorted(view_confusion(result).columns, key=str) == ["Jeans", "Tops"]
