"""From catalogue items and photos to arrays that are ready to train on."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from contracts.errors import CatalogueError
from contracts.items import Item
from contracts.progress import ProgressBar
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.training.features import picture_stamps, remove_features
from model.training.folder import FEATURES_FOLDER
from model.training.lookalikes.batches import TrainingPictures
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.picture_store import StoredPictures, store_pictures
from model.training.lookalikes.targets import TargetItems, check_class_map, item_groups, item_labels, photo_values
from model.training.lookalikes.testing import KnownPictures, TestSet, choose_test_set
from model.unreadable import UNREADABLE_REPORT, write_unreadable

FACTS = ("train_items", "photos", "test_items", "unreadable")


@dataclass(frozen=True, slots=True)
class Photos:
    """Customers' photos to train on beside the catalogue's pictures.

    Attributes:
        catalogue: where they lie.
        class_map: their category -> values of the first target that it may be; None takes their own attributes alone.
    """

    catalogue: Catalogue
    class_map: Mapping[str, frozenset[str]] | None


@dataclass(frozen=True, slots=True)
class Source:
    """Items of one kind: `train`, `test` or `photos`."""

    name: str
    items: Sequence[Item]
    root: Path


@dataclass(frozen=True, slots=True)
class PreparedData:
    """What a training works on.

    Attributes:
        pictures: to train on.
        test_set: to test on after each epoch; None where nothing is held out.
        facts: how many pictures there are of each kind, by the names in `FACTS`.
    """

    pictures: TrainingPictures
    test_set: TestSet | None
    facts: Mapping[str, int]


def training_sources(
    catalogue: Catalogue, parted: TargetItems, photos: Photos | None, *, crop_to_box: bool
) -> list[Source]:
    """All pictures that a training needs, by kind.

    Raises:
        CatalogueError: no photo shows anything that is learned, or the class map names unknown values.
    """
    sources = [Source("train", parted.train, catalogue.root), Source("test", parted.test, catalogue.root)]
    if photos is None:
        return [*sources, Source("photos", (), catalogue.root)]
    if photos.class_map is not None:
        check_class_map(photos.class_map, catalogue, parted.targets[0])
    if not any(table.any() for table in photo_values(photos.catalogue.items, parted, photos.class_map)):
        raise CatalogueError(
            f"no photo in {photos.catalogue.root} has a known value of {', '.join(parted.targets)}; pass --class-map "
            f"with a JSON file that says which values of {parted.targets[0]!r} the photos of each "
            f"{CATEGORY_ATTRIBUTE} may be, or photos that have these attributes"
        )
    shots = photos.catalogue.items
    if not crop_to_box:
        shots = [dataclasses.replace(item, crop=None) for item in shots]
    return [*sources, Source("photos", shots, photos.catalogue.root)]


def data_digest(
    sources: Sequence[Source], parted: TargetItems, photos: Photos | None, networks: Sequence[str | None]
) -> str:
    """What is learned from: pictures, values and their items, and the networks that it starts from and imitates."""
    class_map = None if photos is None or photos.class_map is None else photos.class_map
    content = [
        networks,
        parted.classes,
        None if class_map is None else {name: sorted(values) for name, values in class_map.items()},
        [picture_stamps(source.items, source.root) for source in sources],
        [[[item.attributes.get(target) for target in parted.targets] for item in s.items] for s in sources],
    ]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()


def prepare(
    sources: Sequence[Source],
    parted: TargetItems,
    photos: Photos | None,
    out: Path,
    config: LookalikeConfig,
    *,
    workers: int,
    progress: ProgressBar,
) -> PreparedData:
    """Decode all pictures and look up what is right for each.

    Raises:
        CatalogueError: under two pictures of different values are readable.
        OSError: the disk is full; what was decoded is kept for the next run.
    """
    stored = [_stored(source, out, config, workers, progress) for source in sources]
    kept = [[source.items[row] for row in part.rows] for source, part in zip(sources, stored, strict=True)]
    unreadable = [
        (source.items[row], code, detail)
        for source, part in zip(sources, stored, strict=True)
        for row, code, detail in part.unreadable
    ]
    write_unreadable(out, unreadable)
    train, test, shots = kept
    labels = item_labels(train, parted)
    if any(len(np.unique(column[column >= 0])) < 2 for column in labels.T):
        # A picture may become readable without a change of its own: the next run shall look again.
        remove_features(out / FEATURES_FOLDER)
        raise CatalogueError(
            f"{len(unreadable)} pictures cannot be read, and the {len(train)} training pictures that are left show "
            f"under two values of a target; {out / UNREADABLE_REPORT} says why of each; mend or replace them and run "
            "the same command again"
        )
    groups = item_groups([*train, *test])
    # No photo is known to show a catalogue's item: each is one of its own.
    photo_groups = np.arange(len(shots), dtype=np.int64) + len(groups)
    pictures = TrainingPictures(
        (stored[0].pixels, stored[2].pixels),
        labels,
        photo_values(shots, parted, None if photos is None else photos.class_map),
        np.concatenate((groups[: len(train)], photo_groups)),
    )
    test_set = None
    if test:
        test_set = choose_test_set(
            KnownPictures(stored[1].pixels, item_labels(test, parted), groups[len(train) :]),
            KnownPictures(stored[0].pixels, labels, groups[: len(train)]),
            config.seed,
        )
    counts = (len(train), len(shots), len(test), len(unreadable))
    return PreparedData(pictures, test_set, dict(zip(FACTS, counts, strict=True)))


def _stored(source: Source, out: Path, config: LookalikeConfig, workers: int, progress: ProgressBar) -> StoredPictures:
    with progress(f"Reading {source.name} pictures", "picture") as show:
        return store_pictures(
            source.items,
            source.root,
            out / FEATURES_FOLDER,
            source.name,
            input_size=config.input_size,
            stamps=picture_stamps(source.items, source.root),
            workers=workers,
            progress=show,
        )
