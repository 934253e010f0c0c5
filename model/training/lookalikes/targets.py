"""Several attributes of a catalogue as targets at the same time; an item may lack some of them."""

import dataclasses
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.errors import CatalogueError
from contracts.hold_out import HeldOutBy, belonging, held_out, training_holds_out
from contracts.items import Item
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue


@dataclass(frozen=True, slots=True)
class TargetSplit:
    """A catalogue's items, split into training and test items, and the values to learn.

    Attributes:
        targets: names of the attributes.
        classes: for each target its values among the training items, sorted.
        train, test: items that have at least one of the targets; `test` may be empty.
        groups: item id -> number, the same for items that belong together, see `contracts.hold_out.belonging`.
        unlabelled: number of items left out because they have none of the targets.
        held_out_by: how items were held out.
    """

    targets: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    train: Sequence[Item]
    test: Sequence[Item]
    groups: Mapping[str, int]
    unlabelled: int
    held_out_by: HeldOutBy


def choose_targets(catalogue: Catalogue, asked: Sequence[str] | None) -> tuple[str, ...]:
    """The attributes to learn: those asked for, else the category.

    Raises:
        CatalogueError: none is asked for and there is no category; lists the possible targets.
    """
    if asked:
        return tuple(asked)
    if any(CATEGORY_ATTRIBUTE in item.attributes for item in catalogue.items):
        return (CATEGORY_ATTRIBUTE,)
    raise CatalogueError(
        f"{catalogue.root} has no attribute {CATEGORY_ATTRIBUTE!r} to learn; name the ones that make two items look "
        f"alike with --targets, such as type, colour and gender: {_columns(catalogue)}"
    )


def check_targets(catalogue: Catalogue, targets: Sequence[str]) -> None:
    """Check that a catalogue has all of the attributes.

    Raises:
        CatalogueError: no item has one of them; lists those that there are.
    """
    for target in targets:
        if not any(target in item.attributes for item in catalogue.items):
            raise CatalogueError(
                f"no item in {catalogue.root} has the attribute {target!r}; pass --targets with some of these: "
                f"{_columns(catalogue)}"
            )


def split_items(
    catalogue: Catalogue,
    targets: Sequence[str],
    *,
    crop_to_box: bool,
    hold_out: bool,
    pictures: Sequence[Hashable | None] | None = None,
) -> TargetSplit:
    """Split a catalogue into training and test items, see `contracts.hold_out`.

    Args:
        targets: attributes, at least one.
        crop_to_box: keep the items' boxes; otherwise whole pictures are used.
        hold_out: keep a fifth for testing; otherwise all items are trained on.
        pictures: for each item a key, equal for items that show the same picture; None: unknown.

    Raises:
        CatalogueError: a target has fewer than two values among the training items.
    """
    check_targets(catalogue, targets)
    labelled = [item for item in catalogue.items if any(target in item.attributes for target in targets)]
    if not crop_to_box:
        labelled = [dataclasses.replace(item, crop=None) for item in labelled]
    # By all items, because the unlabelled ones may tie others together, and an evaluation knows no targets.
    out = zip(catalogue.items, held_out(catalogue.items, pictures).tolist(), strict=True)
    tested = {item.id for item, is_out in out if hold_out and is_out}
    groups = zip(catalogue.items, belonging(catalogue.items, pictures).tolist(), strict=True)
    train = [item for item in labelled if item.id not in tested]
    test = [item for item in labelled if item.id in tested]
    classes = tuple(
        tuple(sorted({item.attributes[target] for item in train if target in item.attributes})) for target in targets
    )
    for target, values in zip(targets, classes, strict=True):
        if len(values) < 2:
            what = f"one value, {values[0]!r:.80}," if values else "no value"
            raise CatalogueError(
                f"{target!r} has {what} among the {len(train):,} training items of {catalogue.root}; at least two "
                "are needed to learn to tell them apart: leave it out of --targets, or use a catalogue with more"
            )
    return TargetSplit(
        tuple(targets),
        classes,
        train,
        test,
        {item.id: group for item, group in groups},
        len(catalogue.items) - len(labelled),
        training_holds_out(catalogue.items) if hold_out else "nothing",
    )


def item_labels(items: Sequence[Item], split: TargetSplit) -> NDArray[np.int64]:
    """The position of each item's value among each target's classes, -1 where unknown: (N, targets) int64."""
    labels = np.full((len(items), len(split.targets)), -1, np.int64)
    for column, (target, values) in enumerate(zip(split.targets, split.classes, strict=True)):
        number = {value: position for position, value in enumerate(values)}
        labels[:, column] = [number.get(item.attributes.get(target, ""), -1) for item in items]
    return labels


def photo_values(
    photos: Sequence[Item], split: TargetSplit, class_map: Mapping[str, frozenset[str]] | None
) -> tuple[NDArray[np.bool_], ...]:
    """The values of each target that each photo may show.

    Args:
        photos: M photos.
        split: names the targets and their values.
        class_map: category of a photo -> values of the first target; a value of the photo's own takes precedence.

    Returns:
        For each target (M, classes) bool, all False where nothing is known.
    """
    labels = item_labels(photos, split)
    tables = tuple(np.zeros((len(photos), len(values)), np.bool_) for values in split.classes)
    for column, table in enumerate(tables):
        known = np.flatnonzero(labels[:, column] >= 0)
        table[known, labels[known, column]] = True
    number = {value: position for position, value in enumerate(split.classes[0])}
    for row, photo in enumerate(photos):
        if class_map is not None and labels[row, 0] < 0:
            values = class_map.get(photo.attributes.get(CATEGORY_ATTRIBUTE, ""), frozenset())
            tables[0][row, [number[value] for value in values if value in number]] = True
    return tables


def check_class_map(class_map: Mapping[str, frozenset[str]], catalogue: Catalogue, target: str) -> None:
    """Refuse a class map with values that no item of the catalogue has.

    Raises:
        CatalogueError: lists these values.
    """
    unknown = frozenset().union(*class_map.values()) - {item.attributes.get(target) for item in catalogue.items}
    if unknown:
        raise CatalogueError(
            f"the class map names {', '.join(map(repr, sorted(unknown)))}, and no item of {catalogue.root} has such a "
            f"value of {target!r}; correct the class map, or name its target first in --targets"
        )


def _columns(catalogue: Catalogue) -> str:
    values: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for item in catalogue.items:
        for column, value in item.attributes.items():
            values.setdefault(column, set()).add(value)
            counts[column] += 1
    described = [f"{column} ({len(values[column])} values, {counts[column]:,} items)" for column in values]
    return ", ".join(described) or "none, the catalogue has no attributes; add columns to its CSV file"
