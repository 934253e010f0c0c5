"""Prepares catalogue items and photos for training: decoded pictures, labels and the held-out set."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import orjson

from contracts.errors import CatalogueError
from contracts.items import Item
from contracts.progress import ProgressBar, silent
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.training.folder import CACHE_FOLDER, remove_cache
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.garment_squares import GARMENT_OVERSIZE, GarmentSquares
from model.training.lookalikes.held_out_check import HeldOutSet, KnownPictures, choose_held_out_set
from model.training.lookalikes.photo_queries import PhotoQueries, photo_queries
from model.training.lookalikes.photos import Photos
from model.training.lookalikes.picture_store import OVERSIZE, store_pictures
from model.training.lookalikes.street import Garments, Street, check_street_classes, street_garments
from model.training.lookalikes.targets import TargetSplit, check_class_map, item_labels, photo_values
from model.training.lookalikes.training_pictures import TrainingPictures
from model.training.picture_rows import PictureRows
from model.training.picture_stamps import picture_stamps
from model.unreadable import UNREADABLE_REPORT, write_unreadable

_LABELS = {
    "train": "Reading training pictures",
    "test": "Reading test pictures",
    "photos": "Reading photos",
    "test-photos": "Reading test photos",
    "street": "Reading street garments",
    "test-street": "Reading test garments",
}
ClassMap = Mapping[str, frozenset[str]]
FACTS = ("train_items", "photos", "street_garments", "test_items", "unreadable")


@dataclass(frozen=True, slots=True)
class Source:
    """Items of one kind, named as in `_LABELS`."""

    name: str
    items: Sequence[Item]
    root: Path
    follow_links: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """All pictures that a training needs.

    Attributes:
        kinds: in the order of `_LABELS`.
        garments: where the last two kinds are in their cuts.
    """

    kinds: Sequence[Source]
    garments: Garments


@dataclass(frozen=True, slots=True)
class PreparedData:
    """Everything that a training trains and tests on.

    Attributes:
        pictures: to train on.
        held_out: to test on after each epoch; None if nothing is held out.
        queries: held-out photos and street garments to search with, by the name of their score.
        facts: numbers of pictures, by the names in `FACTS`.
    """

    pictures: TrainingPictures
    held_out: HeldOutSet | None
    queries: Mapping[str, PhotoQueries]
    facts: Mapping[str, int]


def training_sources(
    catalogue: Catalogue,
    split: TargetSplit,
    photos: Photos | None,
    street: Street | None,
    *,
    crop_to_box: bool,
    hold_out: bool,
) -> Sources:
    """All pictures that a training needs, by kind.

    Raises:
        CatalogueError: no photo has a known value of a target, all photos are of one class, or the class map names
            unknown values or lacks a class of the garments.
    """
    root, follow_links = catalogue.folder, catalogue.follow_links
    if photos is not None:
        _check_photos(photos, catalogue, split)
    shots, test_shots = ([], []) if photos is None else photos.split(crop_to_box=crop_to_box, hold_out=hold_out)
    garments = Garments((), ())
    if street is not None:
        check_class_map(street.class_map, catalogue, split.targets[0])
        check_street_classes(street)
        garments = street_garments(street, hold_out=hold_out)
    of_photos = (root, False) if photos is None else (photos.catalogue.folder, photos.catalogue.follow_links)
    of_street = (root, False) if street is None else (street.root, False)
    return Sources(
        [
            Source("train", split.train, root, follow_links),
            Source("test", split.test, root, follow_links),
            Source("photos", shots, *of_photos),
            Source("test-photos", test_shots, *of_photos),
            Source("street", [garment.item for garment in garments.train], *of_street),
            Source("test-street", [garment.item for garment in garments.test], *of_street),
        ],
        garments,
    )


def _check_photos(photos: Photos, catalogue: Catalogue, split: TargetSplit) -> None:
    photos.check_classes()
    if photos.class_map is not None:
        check_class_map(photos.class_map, catalogue, split.targets[0])
    if not any(table.any() for table in photo_values(photos.catalogue.items, split, photos.class_map)):
        raise CatalogueError(
            f"no photo in {photos.catalogue.root} has a known value of {', '.join(split.targets)}; pass --class-map "
            f"with a JSON file that says which values of {split.targets[0]!r} the photos of each "
            f"{CATEGORY_ATTRIBUTE} may be, or photos that have these attributes"
        )


def data_digest(
    sources: Sources, split: TargetSplit, class_map: ClassMap | None, networks: Sequence[str | None]
) -> str:
    """Digest of everything that is learned from: pictures, labels, and the networks to start from and to imitate."""
    content = [
        networks,
        split.classes,
        None if class_map is None else {name: sorted(values) for name, values in class_map.items()},
        [(picture_stamps(source.items, source.root), source.follow_links) for source in sources.kinds],
        [[[item.attributes.get(target) for target in split.targets] for item in s.items] for s in sources.kinds],
        [asdict(garment.inner) for side in (sources.garments.train, sources.garments.test) for garment in side],
    ]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()


def prepare(
    sources: Sources,
    split: TargetSplit,
    class_map: ClassMap | None,
    out: Path,
    config: LookalikeConfig,
    *,
    workers: int,
    progress: ProgressBar,
) -> PreparedData:
    """Decode all pictures and look up their labels.

    Raises:
        CatalogueError: the readable training pictures have fewer than two values of a target.
        OSError: the disk is full; what was decoded so far is kept for the next run.
    """
    stored = [_stored(source, out, config, workers, progress) for source in sources.kinds]
    kept = [[source.items[row] for row in part.rows] for source, part in zip(sources.kinds, stored, strict=True)]
    unreadable = [
        (source.items[row], code, detail)
        for source, part in zip(sources.kinds, stored, strict=True)
        for row, code, detail in part.unreadable
    ]
    write_unreadable(out, unreadable)
    train, test, shots, _, cuts, _ = kept
    labels = item_labels(train, split)
    if any(len(np.unique(column[column >= 0])) < 2 for column in labels.T):
        # Whether a file is readable may change without a new time stamp, so the next run must try again.
        remove_cache(out)
        raise CatalogueError(
            f"{len(unreadable)} pictures cannot be read, and the {len(train)} training pictures that are left show "
            f"fewer than two values of a target; {out / UNREADABLE_REPORT} lists the reasons; repair or replace the "
            "files and run the same command again"
        )
    groups = np.array([split.groups[item.id] for item in (*train, *test)], np.int64)
    # No photo or garment is known to show an item of the catalogue, so each is an item of its own.
    other_groups = np.arange(len(shots) + len(cuts), dtype=np.int64) + len(split.groups)
    street, test_street = (
        GarmentSquares.of(part.values, [garments[row] for row in part.rows])
        for part, garments in zip(stored[4:], (sources.garments.train, sources.garments.test), strict=True)
    )
    pictures = TrainingPictures(
        (stored[0].values, stored[2].values),
        street,
        labels,
        photo_values([*shots, *cuts], split, class_map),
        np.concatenate((groups[: len(train)], other_groups)),
    )
    held_out = None
    if test:
        held_out = choose_held_out_set(
            KnownPictures(stored[1].values, item_labels(test, split), groups[len(train) :]),
            KnownPictures(stored[0].values, labels, groups[: len(train)]),
            config.seed,
        )
    side = stored[0].values.shape[1]
    queries = {
        "photos": photo_queries(stored[3].values, kept[3], split, class_map, config.seed),
        "street": photo_queries(
            test_street.plain(np.arange(len(test_street)), side), kept[5], split, class_map, config.seed
        ),
    }
    counts = (len(train), len(shots), len(cuts), len(test), len(unreadable))
    return PreparedData(
        pictures,
        held_out,
        {name: each for name, each in queries.items() if each is not None},
        dict(zip(FACTS, counts, strict=True)),
    )


def _stored(
    source: Source, out: Path, config: LookalikeConfig, workers: int, progress: ProgressBar
) -> PictureRows[np.uint8]:
    if not source.items:
        # Without a bar that never moves.
        progress = silent
    # A garment's place in its row must be known, so nothing may be cut off there.
    garments = source.name.endswith("street")
    with progress(_LABELS[source.name], "picture") as show:
        return store_pictures(
            source.items,
            source.root,
            out / CACHE_FOLDER,
            source.name,
            input_size=config.input_size,
            stamps=picture_stamps(source.items, source.root),
            workers=workers,
            progress=show,
            follow_links=source.follow_links,
            oversize=GARMENT_OVERSIZE if garments else OVERSIZE,
            fit="pad" if garments else "unframe",
        )
