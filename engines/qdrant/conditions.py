"""Tests of attributes as filters of Qdrant."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from qdrant_client import models

from contracts.text_form import is_unicode
from engines.qdrant.held_columns import HeldColumn
from index.columns.column import ValueTest
from index.columns.fields import FieldTest
from index.columns.list import AnyMember
from index.columns.number import AnyNumber
from index.columns.text import AnyText


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions on points.

    Attributes:
        needed: all hold for a candidate.
        unwanted: none holds for one; a point without the key passes.
        nothing: whether nothing can pass.
    """

    needed: tuple[models.Condition, ...] = ()
    unwanted: tuple[models.Condition, ...] = ()
    nothing: bool = False

    def __bool__(self) -> bool:
        return bool(self.needed or self.unwanted or self.nothing)

    def among(self, numbers: Iterable[int]) -> "Where":
        """These, among the items with some numbers."""
        return replace(self, needed=(*self.needed, models.HasIdCondition(has_id=list(numbers))))

    def without(self, numbers: Collection[int]) -> "Where":
        """These, without the items with some numbers."""
        if not numbers:
            return self
        return replace(self, unwanted=(*self.unwanted, models.HasIdCondition(has_id=list(numbers))))

    def having(self, key: str) -> "Where":
        """These, with a value of a key."""
        empty = models.IsEmptyCondition(is_empty=models.PayloadField(key=key))
        return replace(self, unwanted=(*self.unwanted, empty))

    def with_one_of(self, key: str, texts: Iterable[str]) -> "Where":
        """These, with one of some values of a key."""
        return replace(self, needed=(*self.needed, one_of(key, list(texts))))

    def to_filter(self) -> models.Filter | None:
        """As a filter; None: everything passes."""
        if not self.needed and not self.unwanted:
            return None
        return models.Filter(must=list(self.needed) or None, must_not=list(self.unwanted) or None)


def where_tests(columns: Mapping[str, HeldColumn], needed: Sequence[FieldTest], unwanted: Sequence[FieldTest]) -> Where:
    """The conditions of a query; see `index.part.Part.candidates`."""
    must, must_not = [], []
    for test in needed:
        condition = _condition(columns, test)
        if condition is None:
            return Where(nothing=True)
        must.append(condition)
    for test in unwanted:
        condition = _condition(columns, test)
        if condition is not None:
            must_not.append(condition)
    return Where(tuple(must), tuple(must_not))


def one_of(key: str, texts: list[str]) -> models.FieldCondition:
    """Whether a key has one of some values."""
    return models.FieldCondition(key=key, match=models.MatchAny(any=texts))


def _condition(columns: Mapping[str, HeldColumn], test: FieldTest) -> models.Condition | None:
    """A test as a condition; None: no value passes it."""
    column = columns.get(test.field)
    if column is None:
        return None
    ways = _ways(column, test.test)
    if not ways:
        return None
    return ways[0] if len(ways) == 1 else models.Filter(should=ways)


def _ways(column: HeldColumn, test: ValueTest) -> list[models.Condition]:
    """The ways to pass a test, any of which will do."""
    match test:
        case AnyMember(texts):
            return _having(column.values_key, texts)
        case AnyText(texts):
            return _texts(column, texts)
        case AnyNumber(texts, ranges):
            bounds = [(_bound(within.low), _bound(within.high)) for within in ranges]
            return [
                *_texts(column, texts),
                *(
                    models.FieldCondition(key=column.number_key, range=models.Range(gte=low, lte=high))
                    for low, high in bounds
                ),
            ]
        case _:
            raise TypeError(f"Qdrant knows no filter for {type(test).__name__}")


def _texts(column: HeldColumn, texts: Sequence[str]) -> list[models.Condition]:
    """Whole values, also those that are stored in another form than that of conditions."""
    ways = _having(column.whole_key, texts)
    return ways + _having(column.form_key, texts) if column.other_forms else ways


def _having(key: str, texts: Sequence[str]) -> list[models.Condition]:
    known = [text for text in texts if is_unicode(text)]
    return [one_of(key, known)] if known else []


def _bound(number: float) -> float | None:
    return number if math.isfinite(number) else None
