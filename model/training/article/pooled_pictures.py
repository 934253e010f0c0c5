"""What the frozen backbone makes of a catalogue's pictures: computed once, before the first epoch."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import orjson

from contracts.errors import CatalogueError
from contracts.items import Item
from contracts.progress import ProgressBar
from model.backbones import backbone_spec
from model.catalogue.catalogue import Catalogue
from model.engines.torch_engine import TorchEngine
from model.preprocessing import Preprocessing
from model.training.article.augmentation import augmented_views, picture_generator
from model.training.article.config import ArticleConfig
from model.training.article.features import Fit, compute_features
from model.training.article.head import FeatureRows
from model.training.article.labels import LabelledItems, TrainingItems, check_trainable
from model.training.folder import CACHE_FOLDER, remove_cache
from model.training.picture_rows import PictureRows
from model.training.picture_stamps import PictureStamp
from model.unreadable import UNREADABLE_REPORT, write_unreadable

FACTS: Final = ("train_items", "test_items", "unlabelled", "unknown", "unreadable")
_LABELS = {"train": "Reading training pictures", "test": "Reading test pictures"}
Stamps = Mapping[str, Sequence[PictureStamp]]


@dataclass(frozen=True, slots=True)
class PooledPictures:
    """Computes the pooled features of the training and test pictures."""

    catalogue: Catalogue
    out: Path
    config: ArticleConfig
    preprocessing: Preprocessing
    engine: TorchEngine
    workers: int
    progress: ProgressBar

    def features(
        self, labelled: TrainingItems, stamps: Stamps, version: str
    ) -> tuple[FeatureRows, FeatureRows, Sequence[Item], dict[str, int]]:
        """Features of the training and test pictures, the latter's items, and counts of items used and left out."""
        size, seed, views = self.config.input_size, self.config.seed, self.config.views

        train = self._pooled(
            "train",
            labelled.train,
            lambda pixels: augmented_views(pixels, views=views, size=size, generator=picture_generator(pixels, seed)),
            views,
            [version, views, seed, stamps["train"]],
        )
        test = self._pooled(
            "test", labelled.test, lambda pixels: self.preprocessing.apply(pixels)[None], 1, [version, stamps["test"]]
        )
        unreadable = [
            (items.items[row], code, detail)
            for items, pooled in ((labelled.train, train), (labelled.test, test))
            for row, code, detail in pooled.unreadable
        ]
        write_unreadable(self.out, unreadable)
        kept_train, kept_test = labelled.train.rows(train.rows), labelled.test.rows(test.rows)
        try:
            check_trainable(kept_train, kept_test, len(unreadable), str(self.out / UNREADABLE_REPORT))
        except CatalogueError:
            # Whether a file is readable may change without a new time stamp, so the next run must try again.
            remove_cache(self.out)
            raise
        facts = (len(kept_train.items), len(kept_test.items), labelled.unlabelled, labelled.unknown, len(unreadable))
        return (
            FeatureRows(train.values, kept_train.labels),
            FeatureRows(test.values, kept_test.labels),
            kept_test.items,
            dict(zip(FACTS, facts, strict=True)),
        )

    def _pooled(
        self, name: str, items: LabelledItems, fit: Fit, views: int, key: list[object]
    ) -> PictureRows[np.float16]:
        with self.progress(_LABELS[name], "picture") as progress:
            return compute_features(
                items.items,
                self.catalogue.folder,
                self.out / CACHE_FOLDER / name,
                self.engine,
                key=hashlib.sha256(orjson.dumps([*key, str(self.engine.dtype)])).hexdigest(),
                fit=fit,
                views=views,
                features=backbone_spec(self.config.network).features,
                workers=self.workers,
                progress=progress,
                follow_links=self.catalogue.follow_links,
            )
