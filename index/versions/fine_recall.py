"""How often the first look-alike is of the same kind as the query, by the items' own attributes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson

from contracts.errors import BundleError
from index.bundle import Bundle
from index.versions.replay import Answers

_FEWEST_VALUES, _MOST_VALUES = 2, 200
_KNOWN_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class AttributeAgreement:
    """Share of the queries whose first look-alike has the same value of one attribute, 0 to 1."""

    attribute: str
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class FineRecall:
    """Share of the queries whose first look-alike agrees in all attributes.

    Attributes:
        attributes: those that must agree.
        queries: number of queries judged: the sampled items that have all of the attributes in both bundles.
        old, new: share in each bundle, 0 to 1.
        standard_error: of the difference, from sampling the queries.
        by_attribute: the same share for each attribute alone.
    """

    attributes: tuple[str, ...]
    queries: int
    old: float
    new: float
    standard_error: float
    by_attribute: tuple[AttributeAgreement, ...]


def usual_attributes(old: Bundle, new: Bundle) -> list[str]:
    """Categories that tell items apart: 2 to 200 values, known for half of the items, in both bundles."""
    return [name for name in old.attributes.columns if _tells_kinds(old, name) and _tells_kinds(new, name)]


def check_attributes(old: Bundle, new: Bundle, names: Sequence[str]) -> None:
    """Check that both bundles have the attributes.

    Raises:
        BundleError: one is missing; the message names it and those that both have.
    """
    both = [name for name in old.attributes.columns if name in new.attributes.columns]
    for name in names:
        if name not in both:
            known = f"both have: {', '.join(both[:100])}" if both else "they have none in common"
            raise BundleError(f"the attribute {name!r:.100} is not in both bundles; {known}")


def fine_recall(old: Bundle, new: Bundle, answers: Sequence[Answers], attributes: Sequence[str]) -> FineRecall | None:
    """Judge the first look-alikes of items that both bundles have.

    Args:
        attributes: at least one.

    Returns:
        None if no item has all of the attributes in both bundles.
    """
    before = [_agreements(old, answer.item, answer.old, attributes) for answer in answers]
    after = [_agreements(new, answer.item, answer.new, attributes) for answer in answers]
    pairs = [(b, a) for b, a in zip(before, after, strict=True) if b is not None and a is not None]
    if not pairs:
        return None
    agrees = np.array(pairs, np.float64)  # (queries, 2, attributes)
    single = agrees.sum(axis=0) / len(pairs)
    right = agrees.min(axis=2)
    shares = right.sum(axis=0) / len(pairs)
    return FineRecall(
        attributes=tuple(attributes),
        queries=len(pairs),
        old=float(shares[0]),
        new=float(shares[1]),
        standard_error=float((right[:, 1] - right[:, 0]).std() / np.sqrt(len(pairs))),
        by_attribute=tuple(
            AttributeAgreement(name, float(single[0, place]), float(single[1, place]))
            for place, name in enumerate(attributes)
        ),
    )


def _tells_kinds(bundle: Bundle, name: str) -> bool:
    column = bundle.attributes.columns.get(name)
    return (
        column is not None
        and column.kind.categorical
        and _FEWEST_VALUES <= len(column.values) <= _MOST_VALUES
        and sum(column.counts) >= _KNOWN_SHARE * len(bundle.items)
    )


def _agreements(
    bundle: Bundle, item: str, found: tuple[str, ...] | None, attributes: Sequence[str]
) -> list[bool] | None:
    """Whether the first look-alike agrees, for each attribute; None if the item lacks one."""
    wanted = _attributes(bundle, item)
    if not all(name in wanted for name in attributes):
        return None
    first = _attributes(bundle, found[0]) if found else {}
    return [first.get(name) == wanted[name] for name in attributes]


def _attributes(bundle: Bundle, item: str) -> dict[str, str]:
    row = bundle.items.row(item)
    attributes: dict[str, str] = {} if row is None else orjson.loads(bundle.items.attributes_json(row))
    return attributes
