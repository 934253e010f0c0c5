"""What a part answers, by one pass over plain Python values for each question."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.items import Item
from contracts.text_form import nfc, one_form
from index.columns.number import Number
from index.columns.number_style import parse_number
from index.conditions import Condition
from index.query import ColumnDescription
from tests.engines.contract.contents import Content


class Oracle:
    """The items of some content without some of them.

    Args:
        content: the items.
        gone: numbers of items that are not there.
    """

    def __init__(self, content: Content, gone: Collection[int] = ()) -> None:
        self.content = content
        self.rows = {number: row for row, number in enumerate(content.numbers.tolist()) if number not in gone}

    @property
    def numbers(self) -> list[int]:
        return list(self.rows)

    def item(self, number: int) -> Item:
        return self.content.items[self.rows[number]]

    def value(self, field: str, number: int) -> str | None:
        """The value of an item, None if it has none that is of the column's kind."""
        text = self.item(number).attributes.get(field)
        if text is None:
            return None
        kind = self.content.kinds[field]
        missing = not members(text) if kind.name == "list" else kind.name == "number" and _number(kind, text) is None
        return None if missing else text

    def named(self, field: str, number: int) -> list[str]:
        """The values of an item as conditions name them: of a list its members."""
        text = self.value(field, number)
        if text is None:
            return []
        return members(text) if self.content.kinds[field].name == "list" else [text]

    def kinds(self) -> list[tuple[str, str]]:
        return [(field, self.content.kinds[field].name) for field in self.first_places()]

    def first_places(self) -> dict[str, tuple[int, int]]:
        places: dict[str, tuple[int, int]] = {}
        for number in self.numbers:
            for place, field in enumerate(self.item(number).attributes):
                if self.value(field, number) is not None:
                    places.setdefault(field, (number, place))
        return dict(sorted(places.items(), key=lambda entry: entry[1]))

    def describe(self) -> list[ColumnDescription]:
        described = []
        for field, name in self.kinds():
            counts = dict(self.counted(field, self.numbers))
            values = sorted(counts)
            missing = sum(self.value(field, number) is None for number in self.numbers)
            kind = self.content.kinds[field]
            comparable = [_number(kind, value) for value in values] if name == "number" else []
            bounds = [number for number in comparable if number is not None]
            described.append(
                ColumnDescription(
                    field,
                    name,
                    name == "text",
                    values,
                    [counts[value] for value in values],
                    missing,
                    min(bounds, default=None),
                    max(bounds, default=None),
                )
            )
        return described

    def counted(self, field: str, numbers: Sequence[int]) -> list[tuple[str, int]]:
        """The values of a field and the numbers of items with each, by (-count, value)."""
        counts = Counter(value for number in numbers for value in self.named(field, number))
        return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))

    def not_a_number(self, field: str) -> str | None:
        texts = {self.value(field, number) for number in self.numbers}
        return min((text for text in texts if text is not None and parse_number(text) is None), default=None)

    def passing(
        self, needed: Sequence[Condition] = (), unwanted: Sequence[Condition] = (), excluded: int | None = None
    ) -> list[int]:
        return [
            number
            for number in self.numbers
            if number != excluded
            and all(self._holds(condition, number) for condition in needed)
            and not any(self._holds(condition, number) for condition in unwanted)
        ]

    def similarities(self, numbers: Sequence[int], query: NDArray[np.float32]) -> NDArray[np.float64]:
        """Cosines of reduced embeddings in float64, summed in the order of components."""
        length = math.sqrt(math.fsum(float(x) * float(x) for x in query))
        unit = [float(np.float32(float(x) / length)) if length else 0.0 for x in query]
        totals = np.zeros(len(numbers))
        columns = self.content.reduced[[self.rows[number] for number in numbers]].astype(np.float64).T
        for weight, column in zip(unit, columns, strict=True):
            totals += weight * column
        return np.clip(totals, -1.0, 1.0)

    def nearest(self, numbers: Sequence[int], query: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        similarities = self.similarities(numbers, query).tolist()
        ranked = sorted(zip(numbers, similarities, strict=True), key=lambda entry: (-entry[1], entry[0]))
        return ranked[:k]

    def scores(
        self, numbers: Sequence[int], similarities: Sequence[float], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        first, near = self.content.scoring
        query = full.astype(np.float64)[first:]
        query /= np.linalg.norm(query) or 1.0
        rows = self.content.full[[self.rows[number] for number in numbers]].astype(np.float64)[:, first:]
        lengths = np.linalg.norm(rows, axis=1)
        lengths[lengths == 0.0] = 1.0
        cosines = np.rint(rows @ query / lengths * 2.0**40) / 2.0**40
        scores = []
        for similarity, cosine in zip(similarities, cosines.tolist(), strict=True):
            left = (1.0 - cosine) / (1.0 - near) if first else 0.0
            raised = cosine if first == 0 else 1.0 - (1.0 - similarity) * (left * left)
            scores.append(similarity if first and cosine <= near else raised)
        return np.clip(np.rint(np.array(scores) * 2.0**40) / 2.0**40, -1.0, 1.0).astype(np.float32)

    def _holds(self, condition: Condition, number: int) -> bool:
        text = self.value(condition.field, number)
        if text is None:
            return False
        kind = self.content.kinds[condition.field]
        if kind.name == "list":
            return not set(members(text)).isdisjoint(condition.values)
        return any(_accepts(kind if kind.name == "number" else None, asked, text) for asked in condition.values)


def members(text: str) -> list[str]:
    """The members of a list."""
    return list(dict.fromkeys(part.strip() for part in text.split("|") if part.strip()))


def begins(value: str, prefix: str) -> bool:
    """Whether a value begins with a text, in any case."""
    letters = nfc(prefix.lstrip())
    if not letters:
        return True
    cases = {letters[0], letters[0].lower(), letters[0].upper()}
    return any(value.startswith(case) and _continues(value[len(case) :], letters[1:]) for case in cases)


def _continues(value: str, letters: str) -> bool:
    return not letters or any(
        value.startswith(case) and _continues(value[len(case) :], letters[1:])
        for case in {letters[0], letters[0].lower(), letters[0].upper()}
    )


def _accepts(kind: object | None, asked: str, text: str) -> bool:
    low, dots, high = asked.partition("..")
    if kind is None or not dots:
        return asked in {text, one_form(text)}
    number = _number(kind, text)
    return number is not None and (float(low) if low else -math.inf) <= number <= (float(high) if high else math.inf)


def _number(kind: object, text: str) -> float | None:
    assert isinstance(kind, Number)
    parse: Callable[[str], float | None] = kind.style.parse
    return parse(text)
