"""What the default recipe does in each epoch."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from contracts.embedding_set import TWO_PARTS
from contracts.hold_out import HeldOutBy
from contracts.progress import Progress
from model.backbones import backbone_spec
from model.checkpoint import save_checkpoint
from model.detection.files import DetectorFiles
from model.held_out_record import RECORD
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing
from model.training.epochs import EpochReport, Scored
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.held_out_check import fitted, score_network
from model.training.lookalikes.initialisation import InitialNetwork
from model.training.lookalikes.part_scaling import with_scaled_parts
from model.training.lookalikes.replay_check import ReplayCheck
from model.training.lookalikes.trainer import LookalikeTrainer
from model.training.lookalikes.training_data import PreparedData
from model.training.served_measure import ServedMeasure

# Pictures that the lengths of the embedding's parts are measured with.
_MEASURED_WITH = 512


class LookalikeRunner:
    """Trains, tests and saves; see `model.training.epoch_loop.EpochRunner`.

    Args:
        out: folder of the checkpoint.
        config: the recipe.
        start: the network before training; trained in place by `trainer`.
        trainer: trains.
        data: to train and test on.
        held_out_by: how items were held out, also from the training of the first weights.
        measure: searches.
        check: searches with replayed features; None if the first weights come without.
        device: as asked for.
        detector: of garments, which the checkpoint takes along.
    """

    def __init__(
        self,
        out: Path,
        config: LookalikeConfig,
        start: InitialNetwork,
        trainer: LookalikeTrainer,
        data: PreparedData,
        held_out_by: HeldOutBy,
        measure: ServedMeasure,
        check: ReplayCheck | None,
        device: str,
        detector: DetectorFiles | None,
    ) -> None:
        self._out = out
        self._config = config
        self._start = start
        self._trainer = trainer
        self._data = data
        self._held_out_by = held_out_by
        self._measure = measure
        self._check = check
        self._device = device
        self._detector = detector
        self._scaled = start.network

    @property
    def groups(self) -> NDArray[np.int64] | None:
        """See `EpochRunner`; empty where nothing is held out and replayed features are searched with all the same."""
        if self._data.held_out is not None:
            return self._data.held_out.judged.groups
        return None if self._check is None else np.zeros(0, np.int64)

    def test(self) -> Scored:
        """Test the network before training."""
        # The average, which is a copy of the network as it begins.
        network, parts = self._trainer.average.network, self._start.parts
        replayed = {} if self._check is None else self._check.before(network, parts=parts)
        return self._tested(network, self._start.input_size, parts, replayed)

    def epoch(self, number: int, progress: Progress) -> tuple[EpochReport, Scored]:
        """Train one epoch and test the averaged network, its parts scaled as they are saved."""
        started = time.perf_counter()
        figures = self._trainer.train_epoch(number, progress)
        self._scaled = self._with_scaled_parts(self._trainer.average.network)
        replayed = {} if self._check is None else self._check.after(self._scaled, parts=TWO_PARTS)
        tested = self._tested(self._scaled, self._config.input_size, TWO_PARTS, replayed)
        scores = {"train_top1": figures.top1, **tested.scores}
        seconds = time.perf_counter() - started
        report = EpochReport(number, self._trainer.lr, figures.loss, figures.terms, figures.shares, scores, seconds)
        return report, tested

    def save_checkpoint(self, epoch: EpochReport, comparison: Mapping[str, Any]) -> None:
        """Make the network that was tested last the checkpoint."""
        training = {
            **self._config.to_json(),
            **self._data.facts,
            RECORD: self._held_out_by,
            "best": epoch.row(),
            **comparison,
        }
        save_checkpoint(
            self._out,
            self._scaled,
            self._preprocessing(self._config.input_size),
            training,
            parts=TWO_PARTS,
            detector=self._detector,
        )

    def tensors(self) -> dict[str, Tensor]:
        """All tensors that the next epoch depends on."""
        return self._trainer.tensors()

    def _preprocessing(self, input_size: int) -> Preprocessing:
        spec = backbone_spec(self._config.network)
        return Preprocessing(input_size, "unframe", spec.mean, spec.std, "srgb")

    def _with_scaled_parts(self, network: LookalikeNetwork) -> LookalikeNetwork:
        pictures = self._data.pictures
        rows = np.linspace(0, pictures.photos - 1, min(_MEASURED_WITH, pictures.photos))
        inputs = fitted(pictures.pixels(rows.astype(np.int64)), self._config.input_size)
        preprocessing = self._preprocessing(self._config.input_size)
        return with_scaled_parts(network, preprocessing, inputs, share=self._config.first_share, device=self._device)

    def _tested(
        self, network: LookalikeNetwork, input_size: int, parts: tuple[int, ...], replayed: Mapping[str, float]
    ) -> Scored:
        if self._data.held_out is None:
            return Scored(0.0, (), replayed)
        tested = score_network(
            network,
            self._preprocessing(input_size),
            self._data.held_out,
            self._data.queries,
            self._measure,
            parts=parts,
            device=self._device,
        )
        return replace(tested, precision={**tested.precision, **replayed})
