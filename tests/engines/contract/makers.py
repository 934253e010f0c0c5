"""All implementations of a part, each made of given items."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.changed_item import ChangedItem
from contracts.items import Item
from contracts.text_form import one_form
from engines.engine import Engine
from index.base_part import BasePart
from index.base_version import BaseVersion
from index.bundle_part import BundlePart
from index.columns.column import ColumnKind
from index.embedded_rows import EmbeddedRows
from index.live_index import LiveIndex
from index.merged_part import MergedPart
from index.part import Part
from tests.engines.contract.contents import MODEL, Content, draw_vectors

MakePart = Callable[[Content], AbstractContextManager[Part]]
MakeBase = Callable[[Content], AbstractContextManager[BasePart]]


def bundle_part(content: Content) -> BundlePart:
    """A bundle in memory."""
    bundle = content.bundle()
    rows = EmbeddedRows(
        bundle.gallery, bundle.full_embeddings, bundle.attributes, bundle.numbers, scoring=bundle.scoring
    )
    return BundlePart(rows, bundle.items)


@contextmanager
def in_memory(content: Content) -> Iterator[BasePart]:
    yield bundle_part(content)


@contextmanager
def hidden(content: Content) -> Iterator[BasePart]:
    """A bundle with more items, which were taken away."""
    more = _with_others(content, content.numbers)
    yield bundle_part(more).without(np.setdiff1d(more.numbers, content.numbers))


@contextmanager
def merged(content: Content) -> Iterator[Part]:
    """Two bundles of every other item, more or less."""
    first = np.random.default_rng(3).random(len(content)) < 0.4
    first[0], first[-1] = True, False
    yield MergedPart([bundle_part(content.some(np.flatnonzero(rows))) for rows in (first, ~first)])


@contextmanager
def held(engine: Engine, content: Content) -> Iterator[BasePart]:
    """A version that an engine holds as long as it is needed."""
    bundle = content.bundle()
    engine.load(bundle)
    try:
        yield engine.open(bundle.version)
    finally:
        engine.remove(bundle.version)


@contextmanager
def overlay(content: Content, make: MakeBase = in_memory) -> Iterator[Part]:
    """Half of the items, older states of some others and some that were deleted; and the changes since."""
    forms = Counter(one_form(item.id) for item in content.items)
    # No change of a live catalogue has an id in another form.
    old_forms = [one_form(item.id) != item.id or forms[item.id] > 1 for item in content.items]
    half = np.array(old_forms) | (np.arange(len(content)) % 2 == 0)
    before = _with_others(content.some(np.flatnonzero(half)), content.numbers)
    stale = np.setdiff1d(before.numbers[1::7], content.numbers[old_forms])
    old = Content(
        [
            Item(item.id, "old.jpg", {"title": "Old", **item.attributes}) if number in stale else item
            for number, item in zip(before.numbers.tolist(), before.items, strict=True)
        ],
        before.embeddings,
        before.numbers,
        # As a build of these items would know it: not the columns of the others.
        {
            name: kind
            for name, kind in content.kinds.items()
            if kind.name != "text" or any(name in item.attributes for item in before.items)
        },
        content.scoring,
        content.reduction,
    )
    with make(old) as base:
        yield _changed(base, old, before, stale, content)


def _changed(base: BasePart, old: Content, before: Content, stale: NDArray[np.int64], content: Content) -> Part:
    """The part after all changes that make `content` of `old`."""
    live = LiveIndex.over(_version(base, old))
    known = {
        item.id: (number, item, vector)
        for number, item, vector in zip(content.numbers.tolist(), content.items, content.embeddings, strict=True)
    }
    gone = {item.id: number for number, item in zip(before.numbers.tolist(), before.items, strict=True)}
    changes = [ChangedItem(item_id, gone[item_id], 1, None, None) for item_id in gone if item_id not in known]
    unchanged = set(before.numbers.tolist()).difference(stale.tolist())
    changes += [
        ChangedItem(item_id, *_state(known[item_id])) for item_id in known if known[item_id][0] not in unchanged
    ]
    # Many at first and a few later, so that there is more than one level.
    for begin, end in ((0, max(1, len(changes) - 5)), (max(1, len(changes) - 5), len(changes))):
        live = live.changed(changes[begin:end])
    return MergedPart(live.parts)


def _version(base: BasePart, content: Content) -> BaseVersion[BasePart]:
    return BaseVersion(
        version="v",
        model=MODEL,
        catalogue_root="/catalogue",
        part=base,
        reduction=content.reduction,
        scoring=content.scoring,
        resemblance_from=None,
        catalogue="c",
        sequence=0,
    )


def _state(known: tuple[int, Item, object]) -> tuple[int, int, Item, object]:
    number, item, vector = known
    return number, 2, item, vector


def _with_others(content: Content, taken: NDArray[np.int64]) -> Content:
    """The items, and others between and before them, whose numbers are not taken."""
    free = np.setdiff1d(np.arange(content.numbers.min() + 40), taken)
    generator = np.random.default_rng(9)
    numbers = np.concatenate([content.numbers, free])
    order = np.argsort(numbers)
    others = [
        Item(f"other/{number}", "other.jpg", {"title": f"Shirt {number}", "colour": "Other", "year": str(number)})
        for number in free.tolist()
    ]
    items = [*content.items, *others]
    embeddings = np.concatenate([content.embeddings, draw_vectors(len(others), generator)])
    kinds: dict[str, ColumnKind] = {**_kinds_of(others, content), **content.kinds}
    return Content(
        [items[row] for row in order.tolist()],
        embeddings[order],
        numbers[order],
        kinds,
        content.scoring,
        content.reduction,
    )


def _kinds_of(others: list[Item], content: Content) -> Mapping[str, ColumnKind]:
    return {name: content.kinds[name] for item in others for name in item.attributes if name in content.kinds}


BASE_MAKERS: Final[Mapping[str, MakeBase]] = {"memory": in_memory, "hidden": hidden}
MAKERS: Final[Mapping[str, MakePart]] = {**BASE_MAKERS, "merged": merged, "overlay": overlay}
