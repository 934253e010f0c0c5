"""The classes of a catalogue and the class of each item, split into training and test items."""

import dataclasses
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.errors import CatalogueError
from contracts.hold_out import held_out
from contracts.items import Item
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue


@dataclass(frozen=True, slots=True)
class LabelledItems:
    """Items with their classes, in catalogue order.

    Attributes:
        items: N items.
        labels: (N,) int64, positions in the list of classes.
    """

    items: Sequence[Item]
    labels: NDArray[np.int64]

    def rows(self, kept: NDArray[np.int64]) -> "LabelledItems":
        """Some of the rows, in the given order."""
        return LabelledItems([self.items[row] for row in kept.tolist()], self.labels[kept])


@dataclass(frozen=True, slots=True)
class TrainingItems:
    """The items to train and test on.

    Attributes:
        classes: names, in the order of the logits.
        train, test: labelled items, at least one each.
        unlabelled: number of items left out because they have no value of the target.
        unknown: number of test items left out because no training item is of their class.
    """

    classes: tuple[str, ...]
    train: LabelledItems
    test: LabelledItems
    unlabelled: int
    unknown: int


def check_target(catalogue: Catalogue, target: str) -> None:
    """Check that a catalogue has an attribute.

    Raises:
        CatalogueError: no item has it; lists those that there are.
    """
    if any(target in item.attributes for item in catalogue.items):
        return
    columns = Counter(column for item in catalogue.items for column in item.attributes)
    raise CatalogueError(
        f"no item in {catalogue.root} has the attribute {target!r}; pass --target with one of these: "
        f"{', '.join(columns) or 'none, the catalogue has no attributes; add a column to its CSV file'}"
    )


def label_items(
    catalogue: Catalogue, target: str, *, crop_to_box: bool, pictures: Sequence[Hashable | None] | None = None
) -> TrainingItems:
    """Take the classes from an attribute; items without it are left out.

    Args:
        target: the attribute.
        crop_to_box: keep the items' boxes; otherwise whole pictures are used.
        pictures: for each item a key, equal for items that show the same picture; None: unknown.

    Raises:
        CatalogueError: no item has the attribute, it has only one value, or nothing is left to train or test on.
    """
    check_target(catalogue, target)
    labelled = [item for item in catalogue.items if target in item.attributes]
    if not crop_to_box:
        labelled = [dataclasses.replace(item, crop=None) for item in labelled]
    out = zip(catalogue.items, held_out(catalogue.items, pictures).tolist(), strict=True)
    tested = {item.id for item, is_out in out if is_out}
    train = [item for item in labelled if item.id not in tested]
    test = [item for item in labelled if item.id in tested]
    classes = _classes(catalogue, target, train)
    number = {name: position for position, name in enumerate(classes)}
    known = [item for item in test if item.attributes[target] in number]
    _check_classes(catalogue, target, Counter(item.attributes[target] for item in train), len(test), len(known))
    return TrainingItems(
        classes,
        _numbered(train, target, number),
        _numbered(known, target, number),
        unlabelled=len(catalogue.items) - len(labelled),
        unknown=len(test) - len(known),
    )


def check_trainable(train: LabelledItems, test: LabelledItems, unreadable: int, report: str) -> None:
    """Check that the readable pictures suffice for a training.

    Args:
        train, test: items whose pictures can be read.
        unreadable: number of pictures that cannot be read.
        report: the file that lists them.

    Raises:
        CatalogueError: fewer than two classes are left to train on, or nothing to test on.
    """
    if len(np.unique(train.labels)) >= 2 and len(test.items) > 0:
        return
    raise CatalogueError(
        f"{unreadable} pictures cannot be read, and what is left ({len(train.items)} to train on, of "
        f"{len(np.unique(train.labels))} classes; {len(test.items)} to test on) is too little; {report} lists the "
        "reasons; repair or replace the files and run the same command again"
    )


def _classes(catalogue: Catalogue, target: str, train: Sequence[Item]) -> tuple[str, ...]:
    # DeepFashion numbers its categories. Their order, and those without a picture, are part of the network.
    if target == CATEGORY_ATTRIBUTE and catalogue.kind == "deepfashion":
        return catalogue.categories
    return tuple(sorted({item.attributes[target] for item in train}))


def _check_classes(catalogue: Catalogue, target: str, counts: Counter[str], tests: int, known: int) -> None:
    if len(counts) < 2:
        what = f"one value, {next(iter(counts))!r}" if counts else "no value"
        raise CatalogueError(
            f"{target!r} has {what} among the training items of {catalogue.root}; at least two are "
            "needed to learn to tell them apart: pass another --target or a catalogue with more classes"
        )
    if not tests:
        raise CatalogueError(
            f"no labelled item of {catalogue.root} is left for testing ({counts.total()} train); items without a "
            "partition are split 80 to 20 by their titles or ids, so add more items"
        )
    if not known:
        raise CatalogueError(
            f"none of the {tests:,} test items of {catalogue.root} has a value of {target!r} that a training item "
            "has, so nothing can be tested; pass another --target, such as the category"
        )


def _numbered(items: Sequence[Item], target: str, number: dict[str, int]) -> LabelledItems:
    labels = np.array([number[item.attributes[target]] for item in items], np.int64)
    return LabelledItems(items, labels)
