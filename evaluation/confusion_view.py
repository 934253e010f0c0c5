"""The part of a confusion that fits on a page: the classes and kinds that matter."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.confusion import AskedClass, Confusion, Given, Mistaken, most_mistaken

_MISTAKEN = 12
_ROWS = 15
_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """What share of a class's first results has a kind, 0 to 1, and whether that fits the class."""

    share: float
    right: bool


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class of queries.

    Attributes:
        asked: the class.
        right: share of its first results that fit, 0 to 1.
        cells: for each column; None where no result has that kind.
        others: share of its results that are wrong and in no column.
    """

    asked: AskedClass
    right: float
    cells: Sequence[Cell | None]
    others: float


@dataclass(frozen=True, slots=True)
class ConfusionView:
    """What is shown of a confusion.

    Attributes:
        confusion: all of it.
        mistaken: the most frequent mistakes first.
        columns: the kinds that were most often given wrongly; None: items without a value.
        rows: the classes with the most wrong results, these first.
        further: number of classes that are not shown.
    """

    confusion: Confusion
    mistaken: Sequence[Mistaken]
    columns: Sequence[str | None]
    rows: Sequence[ClassRow]
    further: int


def view_confusion(found: Confusion) -> ConfusionView:
    """Choose what to show; classes without a wrong result are not shown."""
    wrong = [asked for asked in found.classes if asked.right < asked.results]
    shown = sorted(wrong, key=lambda asked: (asked.right - asked.results, asked.name))[:_ROWS]
    totals: Counter[str | None] = Counter()
    for asked in shown:
        totals.update({given.value: given.results for given in asked.given if not given.right})
    columns = [value for value, _ in totals.most_common(_COLUMNS)]
    return ConfusionView(
        found,
        most_mistaken(found, _MISTAKEN),
        columns,
        [_row(asked, columns) for asked in shown],
        len(found.classes) - len(shown),
    )


def _row(asked: AskedClass, columns: Sequence[str | None]) -> ClassRow:
    given = {one.value: one for one in asked.given}
    others = sum(one.results for one in asked.given if not one.right and one.value not in columns)
    return ClassRow(
        asked,
        asked.right / asked.results,
        [_cell(given.get(value), asked.results) for value in columns],
        others / asked.results,
    )


def _cell(given: Given | None, results: int) -> Cell | None:
    return None if given is None else Cell(given.results / results, given.right)
