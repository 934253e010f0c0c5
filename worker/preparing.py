"""What comes before the embedding of a picture: decoding it, finding garments, and fitting what is searched."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.box import Box
from contracts.embedding_engine import EmbeddingEngine
from contracts.embedding_job import EmbedJob
from contracts.errors import PictureRejected
from contracts.garments import FittedPhoto, Garment
from pictures.decoding import DecodedPicture, decode_checked
from pictures.decoding_budget import DecodingBudget, TooManyLargePicturesError
from pictures.decoding_cost import peak_bytes
from pictures.header import PictureHeader, inspect
from worker.freed_memory import FreedMemory
from worker.garment_finding import GarmentFinder, region_to_search
from worker.wanted_jobs import WantedJob
from worker.watching import Watch


@dataclass(frozen=True, slots=True)
class PreparedPicture:
    """A picture, ready for the network.

    Attributes:
        tensor: (3, S, S) uint8.
        width, height: of the whole picture, pixels.
        decode_ms: from its turn to be decoded, not the time before, milliseconds.
        detect_ms: of the forward pass that found garments.
        objects: garments that were found; None if none were looked for, or the detector failed.
        chosen_box: the part that is embedded where the job names none; None for the whole picture.
    """

    tensor: NDArray[np.uint8]
    width: int
    height: int
    decode_ms: float
    detect_ms: float = 0.0
    objects: tuple[Garment, ...] | None = None
    chosen_box: Box | None = None


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A picture whose turn to be decoded is over; `tensor` is None while it depends on the garments."""

    picture: DecodedPicture
    tensor: NDArray[np.uint8] | None
    fitted: FittedPhoto | None
    took_ms: float


class PicturePreparer:
    """Prepares pictures; shared by all threads of a worker.

    Args:
        engine: used for fitting alone.
        budget: of decoding.
        freed: is told of each picture that was decoded.
        watch: is told of each decoding.
        finder: None finds no garments.
    """

    def __init__(
        self,
        engine: EmbeddingEngine,
        budget: DecodingBudget,
        freed: FreedMemory,
        watch: Watch,
        finder: GarmentFinder | None = None,
    ) -> None:
        self._engine = engine
        self._budget = budget
        self._freed = freed
        self._watch = watch
        self._finder = finder

    def prepare(self, picture: bytes, job: EmbedJob, wanted: WantedJob, *, detect: bool) -> PreparedPicture:
        """Decode a picture and fit what is searched of it to the network's input.

        Args:
            picture: a file's bytes.
            job: its box is searched, if it has one.
            wanted: whether somebody still waits.
            detect: find garments; without a box, the most prominent one is searched.

        Raises:
            PictureRejected: it cannot be embedded.
            TooManyLargePicturesError: it is large, and so are too many others.
            NotWantedError, DecodingAbandonedError, NobodyWaitsError: nobody waits for it any more.
        """
        header = inspect(picture)
        finder = self._finder if detect else None
        decoded = self._decode(header, job.box, wanted, finder)
        size = (decoded.picture.width, decoded.picture.height)
        found = None
        if finder is not None and decoded.fitted is not None:
            found = finder.find(decoded.fitted, background=job.background, is_wanted=wanted.is_wanted)
        if found is None:
            return PreparedPicture(self._tensor_of(decoded), *size, decoded.took_ms)
        box = region_to_search(found.garments, *size) if job.box is None else None
        tensor, again_ms = (self._tensor_of(decoded), 0.0) if box is None else self._part(header, decoded, box, wanted)
        return PreparedPicture(tensor, *size, decoded.took_ms + again_ms, found.detect_ms, found.garments, box)

    def _decode(
        self, header: PictureHeader, box: Box | None, wanted: WantedJob, finder: GarmentFinder | None = None
    ) -> _Decoded:
        target, overview = self._engine.identity.input_size, None if finder is None else finder.overview(box)
        memory = peak_bytes(header, box=box, target=target, overview=overview)
        with self._budget.turn(memory, is_wanted=wanted.is_wanted), self._watch.decoding():
            started = time.perf_counter()
            try:
                picture = decode_checked(
                    header,
                    box=box,
                    target=target,
                    as_srgb=self._engine.as_srgb,
                    overview=overview,
                    is_abandoned=lambda: not wanted.is_wanted(),
                )
            finally:
                self._freed.note(memory)
            fitted = None
            if finder is not None and picture.overview is not None:
                fitted = finder.fit(picture.overview)
            # Which part of it the network gets may depend on what is found.
            known = fitted is None or box is not None
            tensor = self._engine.preprocess(picture.pixels) if known else None
            return _Decoded(picture, tensor, fitted, (time.perf_counter() - started) * 1000)

    def _tensor_of(self, decoded: _Decoded) -> NDArray[np.uint8]:
        return self._engine.preprocess(decoded.picture.pixels) if decoded.tensor is None else decoded.tensor

    def _part(
        self, header: PictureHeader, decoded: _Decoded, box: Box, wanted: WantedJob
    ) -> tuple[NDArray[np.uint8], float]:
        """The network's input of a part of a whole picture, and the time for decoding it again, milliseconds."""
        pixels = decoded.picture.pixels
        height, width = pixels.shape[:2]
        left, top, right, bottom = box.pixels(width, height)
        is_shrunk = max(width, height) < max(header.width, header.height)
        if is_shrunk and max(right - left, bottom - top) < self._engine.identity.input_size:
            # The file shows more of it than the network would get.
            try:
                again = self._decode(header, box, wanted)
            except (PictureRejected, TooManyLargePicturesError):
                pass
            else:
                return self._tensor_of(again), again.took_ms
        return self._engine.preprocess(pixels[top:bottom, left:right]), 0.0
