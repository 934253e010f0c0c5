"""What a training forgets of customers' photos: a search with replayed features of held-out photos.

The features are those of the start network's backbone. Where the backbone in training has moved, they are moved along:
by the linear map that takes what the start network makes of some views of the shop's pictures to what the network in
training makes of the same views. It is an estimate; docs/experiments/forgetting.md says how rough a one.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.network import LookalikeNetwork
from model.training.lookalikes.augmentations import AugmentationConfig, random_views
from model.training.lookalikes.feature_drift import FeatureDrift
from model.training.lookalikes.forward import pooled_features
from model.training.lookalikes.kept_network import KeptNetwork
from model.training.lookalikes.photo_queries import precision_at_ten
from model.training.lookalikes.replay_set import QUERY_KINDS, QueryKind, ReplaySet
from model.training.lookalikes.training_pictures import TrainingPictures
from model.training.served_measure import ServedMeasure

_VIEWS = 256
_AT_ONCE = 64


class ReplayCheck:
    """Searches with replayed features.

    Args:
        kept: the network that the training begins with, and its replay set.
        pictures: of the training, whose views tell how far the backbone has moved.
        input_size: side of the network's input in training, pixels.
        measure: searches.
        device: where the networks are.
    """

    def __init__(
        self,
        kept: KeptNetwork,
        pictures: TrainingPictures,
        *,
        input_size: int,
        measure: ServedMeasure,
        device: torch.device,
    ) -> None:
        self._replay = kept.replay
        self._pictures = pictures
        self._size = input_size
        self._measure = measure
        self._device = device
        self._types = sorted({name for fits in ([] if kept.replay is None else kept.replay.fits) for name in fits})
        self._start_features = np.zeros((0, 0), np.float32)
        if self._replay is not None:
            self._start_features = np.concatenate([kept.teacher.pooled(views).cpu().numpy() for views in self._views()])

    def before(self, network: LookalikeNetwork, *, parts: tuple[int, ...]) -> dict[str, float]:
        """The scores of the start network, by names in `SCORE_LABELS`; none without a replay set.

        Args:
            network: a copy of it.
            parts: widths of its embedding's parts.
        """
        return {} if self._replay is None else self._scores(self._replay, self._replay.features, network, parts)

    def after(self, network: LookalikeNetwork, *, parts: tuple[int, ...]) -> dict[str, float]:
        """The scores of the network in training, as `before`.

        Args:
            network: in eval mode.
            parts: widths of its embedding's parts.
        """
        if self._replay is None:
            return {}
        with torch.no_grad():
            moved = np.concatenate([pooled_features(network, views).cpu().numpy() for views in self._views()])
        drift = FeatureDrift.between(self._start_features, moved)
        return self._scores(self._replay, drift.applied(self._replay.features), network, parts)

    def _scores(
        self, replay: ReplaySet, features: NDArray[np.float32], network: LookalikeNetwork, parts: tuple[int, ...]
    ) -> dict[str, float]:
        with torch.no_grad():
            embeddings = network.projection(torch.from_numpy(features).to(self._device)).float().cpu().numpy()
        products = replay.products
        labels = replay.allowed(products, self._types).argmax(1)
        scores: dict[str, float] = {}
        for kind in QUERY_KINDS:
            rows = replay.queries(kind)
            allowed = replay.allowed(rows, self._types)
            if len(rows):
                found = precision_at_ten(
                    self._measure, embeddings[products], labels, embeddings[rows], allowed, parts=parts
                )
                scores |= {} if found is None else {replayed(kind): found}
        return scores

    def _views(self) -> list[Tensor]:
        """The same views in each call."""
        generator = torch.Generator().manual_seed(0)
        count = min(_VIEWS, self._pictures.photos)
        rows = np.unique(np.linspace(0, self._pictures.photos - 1, count).astype(np.int64))
        return [
            random_views(
                self._pictures.tensor(part, self._device),
                None,
                size=self._size,
                config=AugmentationConfig(),
                generator=generator,
            )
            for part in np.array_split(rows, max(1, len(rows) // _AT_ONCE))
        ]


def replayed(kind: QueryKind) -> str:
    """The name of the score of one kind of replayed queries."""
    return f"replayed_{kind}"
