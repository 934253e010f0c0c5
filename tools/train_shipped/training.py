"""From packs to a checkpoint."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from contracts.embedding_set import TWO_PARTS
from contracts.errors import ModelError
from contracts.progress import ProgressBar
from model.backbones import backbone_spec
from model.checkpoint import save_checkpoint
from model.engines.torch_engine import chosen_device
from model.held_out_record import RECORD
from model.preprocessing import Preprocessing
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.initialisation import initial_network
from model.training.lookalikes.part_scaling import with_scaled_parts
from tools.train_shipped.config import TARGETS, TrainingConfig
from tools.train_shipped.product_pictures import ProductPictures
from tools.train_shipped.scores import Scores, held_out_scores
from tools.train_shipped.trainer import Trainer
from tools.train_shipped.training_set import TYPE, TrainingSet, read_training_set

# Pictures that the lengths of the embedding's parts are measured with.
_MEASURED_WITH = 4_000
_SCALED_AT_ONCE = 512
# Steps between two looks at the loss: each look waits for the GPU.
_STEPS_A_REPORT = 20
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a training did.

    Attributes:
        version: model version of the checkpoint.
        steps: of the training.
        scores: on held-out pictures, see `held_out_scores`.
    """

    version: str
    steps: int
    scores: Scores


def train_shipped(
    packs: Path,
    out: Path,
    config: TrainingConfig,
    *,
    device: str,
    workers: int,
    progress: ProgressBar,
    clock: Clock = time.monotonic,
) -> TrainingReport:
    """Train a network and write its checkpoint; a killed run leaves none.

    Args:
        packs: folder that `pack` wrote.
        out: folder of the checkpoint.
        config: of the training.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        workers: threads that decode pictures.
        progress: opens a progress bar for each part of the work.
        clock: seconds from any moment on, which `TrainingConfig.seconds` is compared with.

    Raises:
        CatalogueError, EmbeddingsError, PictureRejected: the packs are missing, damaged or hold too little.
        ModelError: the initial weights or the device are not available, the training diverged, or a step does not
            fit into the GPU's memory.
    """
    where = chosen_device(device)
    if where.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
    pictures = read_training_set(packs, where, workers=workers, progress=progress)
    start = LookalikeConfig(config.network, config.start, TARGETS, input_size=config.input_size, seed=config.seed)
    initial = initial_network(start, pictures.values[TYPE])
    trainer = Trainer(initial.network, pictures, config, where)
    try:
        steps = _train(trainer, config, progress, clock)
    except torch.OutOfMemoryError as error:
        raise ModelError(
            f"the GPU's memory cannot hold a step of {config.batch_size} pictures of {config.input_size} pixels; "
            "pass a smaller --batch or --input-size"
        ) from error
    spec = backbone_spec(config.network)
    preprocessing = Preprocessing(config.input_size, "unframe", spec.mean, spec.std)
    inputs = _measured_inputs(pictures.products, config.input_size)
    averaged = trainer.average.network
    final = with_scaled_parts(averaged, preprocessing, inputs, share=config.first_share, device=str(where))
    facts = {**_facts(pictures, config, steps), "start": initial.version or config.start}
    # Before it is scored as well, so that nothing that happens while it is scored can cost a training.
    save_checkpoint(out, final, preprocessing, facts, parts=TWO_PARTS)
    scores = held_out_scores(final, pictures, config.input_size)
    facts["held_out_scores"] = scores
    return TrainingReport(save_checkpoint(out, final, preprocessing, facts, parts=TWO_PARTS), steps, scores)


def _train(trainer: Trainer, config: TrainingConfig, progress: ProgressBar, clock: Clock) -> int:
    """Make steps until the time is over, at least one; returns their number."""
    steps = 0
    with progress("Training", "second") as show:
        began = clock()
        done = 0.0
        while steps == 0 or done < 1:
            figures = trainer.step(done)
            steps += 1
            done = min(1.0, (clock() - began) / config.seconds)
            if steps % _STEPS_A_REPORT == 0 or done >= 1:
                show(round(done * config.seconds), round(config.seconds), _figures(steps, figures, config))
    return steps


def _figures(steps: int, figures: dict[str, Tensor], config: TrainingConfig) -> str:
    values = dict(zip(figures, torch.stack(list(figures.values())).tolist(), strict=True))
    if not math.isfinite(values["loss"]):
        raise ModelError(
            f"the training diverged before step {steps}: its loss is not finite; train again with a smaller --lr than "
            f"{config.lr:g}"
        )
    return f"step {steps}, " + ", ".join(f"{name} {value:.3f}" for name, value in values.items())


def _measured_inputs(products: ProductPictures, size: int) -> NDArray[np.uint8]:
    """The first products as network inputs: (N, 3, size, size) uint8."""
    rows = torch.arange(min(_MEASURED_WITH, len(products)), device=products.small.device)
    parts = [
        products.plain(part, size).mul(255).round().byte().cpu().numpy() for part in torch.split(rows, _SCALED_AT_ONCE)
    ]
    return np.concatenate(parts)


def _facts(pictures: TrainingSet, config: TrainingConfig, steps: int) -> dict[str, Any]:
    """What a checkpoint tells about its training, JSON types."""
    return {
        "recipe": "tools.train_shipped",
        **config.to_json(),
        "targets": list(TARGETS),
        "hold_out": True,
        RECORD: "pictures",
        "train_items": len(pictures.products.training_rows),
        "test_items": int(pictures.products.held_out.sum()),
        "train_photos": len(pictures.photos.training_rows),
        "train_garments": len(pictures.street.training_rows),
        "steps": steps,
    }
