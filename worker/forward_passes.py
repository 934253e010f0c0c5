"""The two kinds of forward passes: embedding pictures, and finding garments in photos."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddingEngine
from contracts.errors import PictureRejected
from contracts.found_garments import rounded_garments
from contracts.garments import FittedPhoto, Garment, GarmentDetector

PassName: TypeAlias = Literal["embed", "detect"]


@dataclass(frozen=True, slots=True)
class EmbeddedPicture:
    """The result of a forward pass for one picture.

    Attributes:
        embedding: (512,) float32, finite, not zero.
        category: best class and its probability, or None.
        embed_ms: duration of the whole batch's forward pass, milliseconds.
    """

    embedding: NDArray[np.float32]
    category: tuple[str, float] | None
    embed_ms: float


@dataclass(frozen=True, slots=True)
class SearchedPhoto:
    """The garments of one photo.

    Attributes:
        garments: the most certain first, with four decimals.
        detect_ms: duration of the whole batch's forward pass, milliseconds.
    """

    garments: tuple[Garment, ...]
    detect_ms: float


class ForwardPass(Protocol):
    """Computes something of several pictures at once, on the engine thread."""

    @property
    def name(self) -> PassName:
        """Of its kind."""
        ...

    def warm_up(self) -> None:
        """Run once, because the first time is far slower than the following ones."""
        ...

    def run(self, pictures: Sequence[Any]) -> Sequence[Any]:
        """The result of each picture; an exception is the result of a picture at fault.

        Raises:
            Exception: whatever the network raises; then no picture has a result.
        """
        ...


class EmbeddingPass:
    """Embeds pictures.

    Args:
        engine: only used on the engine thread.
    """

    name: PassName = "embed"

    def __init__(self, engine: EmbeddingEngine) -> None:
        self._engine = engine

    def warm_up(self) -> None:
        """Run once."""
        self._engine.warm_up()

    def run(self, pictures: Sequence[NDArray[np.uint8]]) -> list[EmbeddedPicture | PictureRejected]:
        """The embeddings of pictures, each (3, S, S) uint8."""
        started = time.perf_counter()
        embedded = self._engine.embed(np.stack(pictures))
        rows = zip(embedded.embeddings, embedded.categories, strict=True)
        embed_ms = (time.perf_counter() - started) * 1000
        return [_checked(np.array(embedding, np.float32), category, embed_ms) for embedding, category in rows]


class DetectionPass:
    """Finds garments in photos.

    Args:
        detector: only used on the engine thread.
    """

    name: PassName = "detect"

    def __init__(self, detector: GarmentDetector) -> None:
        self._detector = detector

    def warm_up(self) -> None:
        """Run once."""
        self._detector.warm_up()

    def run(self, pictures: Sequence[FittedPhoto]) -> list[SearchedPhoto]:
        """The garments of photos.

        Raises:
            ValueError: the detector gives something that is no garment.
        """
        started = time.perf_counter()
        found = self._detector.detect(pictures)
        detect_ms = (time.perf_counter() - started) * 1000
        return [SearchedPhoto(rounded_garments(garments), detect_ms) for garments in found]


def _checked(
    embedding: NDArray[np.float32], category: tuple[str, float] | None, embed_ms: float
) -> EmbeddedPicture | PictureRejected:
    if np.isfinite(embedding).all() and embedding.any():
        return EmbeddedPicture(embedding, category, embed_ms)
    return PictureRejected(
        "image_unreadable", "the network finds nothing in this picture to compare; send another picture"
    )
