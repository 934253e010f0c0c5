"""Prepares catalogue items and photos for training: decoded pictures, labels and the held-out set."""

import dataclasses
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from contracts.errors import CatalogueError
from contracts.items import Item
from contracts.progress import ProgressBar, silent
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.training.folder import CACHE_FOLDER, remove_cache
from model.training.lookalikes.batches import TrainingPictures
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.held_out_check import HeldOutSet, KnownPictures, choose_held_out_set
from model.training.lookalikes.picture_store import store_pictures
from model.training.lookalikes.targets import TargetSplit, check_class_map, item_labels, photo_values
from model.training.picture_rows import PictureRows
from model.training.picture_stamps import picture_stamps
from model.unreadable import UNREADABLE_REPORT, write_unreadable

_LABELS = {"train": "Reading training pictures", "test": "Reading test pictures", "photos": "Reading photos"}
FACTS = ("train_items", "photos", "test_items", "unreadable")


@dataclass(frozen=True, slots=True)
class Photos:
    """Customers' photos to train on in addition to the catalogue's pictures.

    Attributes:
        catalogue: the photos.
        class_map: category of a photo -> values of the first target that it may show; None uses only the photos' own
            attributes.
    """

    catalogue: Catalogue
    class_map: Mapping[str, frozenset[str]] | None

    def without(self, shown: Collection[int | None], pictures: Sequence[int | None]) -> "Photos":
        """Leave out the photos that show certain pictures, such as those of held-out items.

        Args:
            shown: numbers of the pictures.
            pictures: number of each photo's picture; None where it cannot be read.
        """
        items = self.catalogue.items
        kept = [i for i, picture in zip(items, pictures, strict=True) if picture is None or picture not in shown]
        return dataclasses.replace(self, catalogue=dataclasses.replace(self.catalogue, items=kept))


@dataclass(frozen=True, slots=True)
class Source:
    """Items of one kind: `train`, `test` or `photos`."""

    name: str
    items: Sequence[Item]
    root: Path
    follow_links: bool


@dataclass(frozen=True, slots=True)
class PreparedData:
    """Everything that a training trains and tests on.

    Attributes:
        pictures: to train on.
        held_out: to test on after each epoch; None if nothing is held out.
        facts: numbers of pictures, by the names in `FACTS`.
    """

    pictures: TrainingPictures
    held_out: HeldOutSet | None
    facts: Mapping[str, int]


def training_sources(
    catalogue: Catalogue, split: TargetSplit, photos: Photos | None, *, crop_to_box: bool
) -> list[Source]:
    """All pictures that a training needs, by kind.

    Raises:
        CatalogueError: no photo has a known value of a target, or the class map names unknown values.
    """
    root, follow_links = catalogue.root, catalogue.follow_links
    sources = [Source("train", split.train, root, follow_links), Source("test", split.test, root, follow_links)]
    if photos is None:
        return [*sources, Source("photos", (), root, follow_links)]
    if photos.class_map is not None:
        check_class_map(photos.class_map, catalogue, split.targets[0])
    if not any(table.any() for table in photo_values(photos.catalogue.items, split, photos.class_map)):
        raise CatalogueError(
            f"no photo in {photos.catalogue.root} has a known value of {', '.join(split.targets)}; pass --class-map "
            f"with a JSON file that says which values of {split.targets[0]!r} the photos of each "
            f"{CATEGORY_ATTRIBUTE} may be, or photos that have these attributes"
        )
    shots = photos.catalogue.items
    if not crop_to_box:
        shots = [dataclasses.replace(item, crop=None) for item in shots]
    return [*sources, Source("photos", shots, photos.catalogue.root, photos.catalogue.follow_links)]


def data_digest(
    sources: Sequence[Source], split: TargetSplit, photos: Photos | None, networks: Sequence[str | None]
) -> str:
    """Digest of everything that is learned from: pictures, labels, and the networks to start from and to imitate."""
    class_map = None if photos is None or photos.class_map is None else photos.class_map
    content = [
        networks,
        split.classes,
        None if class_map is None else {name: sorted(values) for name, values in class_map.items()},
        [(picture_stamps(source.items, source.root), source.follow_links) for source in sources],
        [[[item.attributes.get(target) for target in split.targets] for item in s.items] for s in sources],
    ]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()


def prepare(
    sources: Sequence[Source],
    split: TargetSplit,
    photos: Photos | None,
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
    stored = [_stored(source, out, config, workers, progress) for source in sources]
    kept = [[source.items[row] for row in part.rows] for source, part in zip(sources, stored, strict=True)]
    unreadable = [
        (source.items[row], code, detail)
        for source, part in zip(sources, stored, strict=True)
        for row, code, detail in part.unreadable
    ]
    write_unreadable(out, unreadable)
    train, test, shots = kept
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
    # No photo is known to show an item of the catalogue, so each is an item of its own.
    photo_groups = np.arange(len(shots), dtype=np.int64) + len(split.groups)
    pictures = TrainingPictures(
        (stored[0].values, stored[2].values),
        labels,
        photo_values(shots, split, None if photos is None else photos.class_map),
        np.concatenate((groups[: len(train)], photo_groups)),
    )
    held_out = None
    if test:
        held_out = choose_held_out_set(
            KnownPictures(stored[1].values, item_labels(test, split), groups[len(train) :]),
            KnownPictures(stored[0].values, labels, groups[: len(train)]),
            config.seed,
        )
    counts = (len(train), len(shots), len(test), len(unreadable))
    return PreparedData(pictures, held_out, dict(zip(FACTS, counts, strict=True)))


def _stored(
    source: Source, out: Path, config: LookalikeConfig, workers: int, progress: ProgressBar
) -> PictureRows[np.uint8]:
    if not source.items:
        # Without a bar that never moves.
        progress = silent
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
        )
