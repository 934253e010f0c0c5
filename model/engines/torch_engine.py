"""The torch engine: embeds batches of fitted pictures as fast as the device allows."""

import copy
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from contracts.embedding_engine import EmbeddedBatch
from contracts.embedding_set import ModelIdentity
from contracts.errors import ModelError
from contracts.networks import is_foreign
from model.engines.core_pool import core_pool
from model.engines.fitting import FittingEngine
from model.engines.folding import fold_batch_norms
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing

# Pixels of a forward pass on the CPU, measured on two cores. With more, feature maps no longer fit the caches; with
# fewer, the overhead of each layer dominates.
_CPU_PIXELS = 4 * 224 * 224


class TorchEngine(FittingEngine):
    """A network ready for inference: folded batch norms, channels last, float16 on a GPU.

    Args:
        network: in any mode; copied, not changed.
        preprocessing: that the network was trained with.
        identity: of the model, for its embeddings.
        device: `cpu`, `cuda` or `cuda:N`; `auto` uses a GPU if there is one.
        precision: `float32`, `bfloat16` or `float16`; `auto` is float32 on the CPU, float16 on a GPU.
        threads: parallel passes on the CPU, for batches that are large enough; None: as many as torch has threads.

    Raises:
        ModelError: the device is not available.
    """

    def __init__(
        self,
        network: LookalikeNetwork,
        preprocessing: Preprocessing,
        identity: ModelIdentity,
        *,
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
    ) -> None:
        self.identity = identity
        super().__init__(preprocessing)
        self.device = chosen_device(device)
        self.dtype = _dtype(precision, self.device)
        self._threads = threads or torch.get_num_threads()
        self._pool = core_pool(self._threads) if self.device.type == "cpu" and self._threads > 1 else None
        self._categories = network.categories
        folded = copy.deepcopy(network).eval()
        if not is_foreign(network.name):
            # It relies on the order of layers, which was tested with our own architectures alone.
            fold_batch_norms(folded)
        folded.backbone.to(dtype=self.dtype)
        folded.to(device=self.device).to(memory_format=torch.channels_last)
        self._network = folded.requires_grad_(False)
        self._scale = _per_channel(preprocessing.std, self.device).mul(255.0).reciprocal()
        self._shift = -_per_channel(preprocessing.mean, self.device) / _per_channel(preprocessing.std, self.device)

    def embed(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
        """Embed a batch of fitted pictures.

        On the CPU a large batch is split over the cores; on a GPU a batch that does not fit is halved until it does.

        Args:
            batch: (B, 3, S, S) uint8, B at least 1.

        Raises:
            torch.OutOfMemoryError: the GPU cannot hold a single picture.
        """
        passes = self._passes(len(batch))
        if passes == 1:
            # On this thread, where each layer uses all cores: the lowest latency for few pictures.
            return self._embed_at_once(batch)
        parts = np.array_split(batch, passes)
        at_once = map if self._pool is None else self._pool.map
        return _joined(at_once(self._embed_at_once, parts))

    def _embed_at_once(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
        try:
            return self._forward(batch)
        except torch.OutOfMemoryError:
            if len(batch) == 1:
                raise
        # Outside the except block: the traceback would keep the failed batch's tensors alive.
        torch.cuda.empty_cache()
        half = len(batch) // 2
        return _joined((self._embed_at_once(batch[:half]), self._embed_at_once(batch[half:])))

    def _passes(self, pictures: int) -> int:
        """Number of passes for a batch: one, or on the CPU a multiple of the threads."""
        if self.device.type != "cpu":
            return 1
        passes = -(-pictures * self.input_size**2 // _CPU_PIXELS)
        return min(pictures, -(-passes // self._threads) * self._threads) if passes > 1 else 1

    def _forward(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
        with torch.inference_mode():
            # One copy converts both the type and the memory format, from contiguous to channels last.
            pictures = torch.from_numpy(batch).to(self.device, non_blocking=True)
            normalised = (pictures * self._scale + self._shift).to(self.dtype, memory_format=torch.channels_last)
            pooled = self._network.pool(self._network.backbone(normalised)).flatten(1).float()
            output = self._network.from_pooled(pooled)
            return EmbeddedBatch(output.embedding.cpu().numpy(), self._best_classes(output.logits, len(batch)))

    def warm_up(self) -> None:
        """Embed a blank picture, since the first pass is far slower; call it on the thread that will embed."""
        self.embed(np.zeros((1, 3, self.input_size, self.input_size), np.uint8))

    def _best_classes(self, logits: Tensor | None, count: int) -> list[tuple[str, float] | None]:
        if logits is None:
            return [None] * count
        confidences, classes = logits.softmax(1).max(1)
        return [
            (self._categories[index], confidence)
            for index, confidence in zip(classes.tolist(), confidences.tolist(), strict=True)
        ]


def _joined(parts: Iterable[EmbeddedBatch]) -> EmbeddedBatch:
    embedded = list(parts)
    return EmbeddedBatch(
        np.concatenate([part.embeddings for part in embedded]),
        [category for part in embedded for category in part.categories],
    )


def chosen_device(name: str) -> torch.device:
    """A device by its name: `cpu`, `cuda`, `cuda:N`, or `auto` for a GPU if there is one.

    Raises:
        ModelError: the device is not available.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ModelError(f"there is no device {name!r}; pass auto, cpu, cuda or cuda:N") from error
    if device.type == "cuda" and (not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count()):
        raise ModelError(f"the GPU {name} cannot be used on this machine; pass --device cpu, or install its driver")
    return device


def _dtype(precision: str, device: torch.device) -> torch.dtype:
    if precision == "auto":
        # bfloat16 on the CPU is 1.5 times as fast, but changes one in fifteen of the ten nearest (docs/measured.md).
        return torch.float16 if device.type == "cuda" else torch.float32
    dtypes = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    try:
        return dtypes[precision]
    except KeyError:
        raise ModelError(f"there is no precision {precision!r}; pass auto, {', '.join(dtypes)}") from None


def _per_channel(values: tuple[float, float, float], device: torch.device) -> Tensor:
    return torch.tensor(values, device=device).view(1, 3, 1, 1)
