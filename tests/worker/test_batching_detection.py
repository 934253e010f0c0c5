"""Two kinds of work on one engine thread: finding garments in photos, and embedding."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddedBatch
from contracts.garments import FittedPhoto, Garment
from tests.worker.fake_detector import COLOURS, FakeDetector
from tests.worker.fake_engine import INPUT_SIZE, FakeEngine
from worker.batching import Batcher
from worker.forward_passes import EmbeddedPicture, PassName, SearchedPhoto
from worker.waiting_picture import EngineFailedError


class _GatedEngine(FakeEngine):
    """Holds its first batch until it is let go, so that others gather behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.gate = threading.Event(), threading.Event()

    def embed(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
        self.entered.set()
        assert self.gate.wait(5)
        return super().embed(batch)


def _noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (3, INPUT_SIZE, INPUT_SIZE), dtype=np.uint8)


def _photo(colour: tuple[int, int, int]) -> FittedPhoto:
    pixels = np.full((40, 40, 3), 255, np.uint8)
    pixels[10:30, 10:30] = colour
    return FakeDetector().fit(pixels)


class _DetectingBehindAFirst:
    """Photos that wait for the detector and pictures that wait for the network, behind a picture that is embedded."""

    def __init__(self, *, limit: int = 16) -> None:
        self.engine, self.detector = _GatedEngine(), FakeDetector()
        self.passes: list[tuple[str, int, bool]] = []
        self._limit = limit

    def run(self, kinds: str, *, colour: tuple[int, int, int] = COLOURS["bag"]) -> list[object]:
        """Let `e` (embed), `d` (detect) and `D` (detect in the background) wait in this order; gives their results."""
        batcher = Batcher(self.engine, self._limit, self._ended, self.detector)
        batcher.start()
        try:
            with ThreadPoolExecutor(len(kinds) + 1) as threads:
                first = threads.submit(batcher.embed, _noise(999))
                assert self.engine.entered.wait(5)
                waiting: list[Future[object]] = []
                for row, kind in enumerate(kinds):
                    if kind == "e":
                        waiting.append(threads.submit(batcher.embed, _noise(row)))
                    else:
                        waiting.append(threads.submit(batcher.detect, _photo(colour), background=kind == "D"))
                    while len(batcher._photos) + len(batcher._background) <= row:
                        time.sleep(0.001)
                self.engine.gate.set()
                first.result(5)
                return [one.exception(5) or one.result() for one in waiting]
        finally:
            batcher.stop()

    def _ended(self, kind: PassName, traces: Sequence[object], began_ns: int, ended_ns: int, failed: bool) -> None:
        assert began_ns <= ended_ns
        self.passes.append((kind, len(traces), failed))


def test_a_batch_is_of_one_kind_and_takes_all_that_wait_of_it() -> None:
    both = _DetectingBehindAFirst()
    results = both.run("dedede")
    assert both.passes == [("embed", 1, False), ("detect", 3, False), ("embed", 3, False)]
    assert [type(result) for result in results] == [SearchedPhoto, EmbeddedPicture] * 3
    assert isinstance(results[0], SearchedPhoto)
    assert [garment.type for garment in results[0].garments] == ["bag"]


def test_who_waits_longest_decides_the_kind_and_none_is_passed_over() -> None:
    both = _DetectingBehindAFirst(limit=2)
    both.run("eddedd")
    assert both.passes == [("embed", 1, False), ("embed", 2, False), ("detect", 2, False), ("detect", 2, False)]


def test_a_detector_that_fails_costs_no_embedding() -> None:
    both = _DetectingBehindAFirst()
    both.detector.detect = lambda photos: [()] * (len(photos) - 1)  # type: ignore[method-assign]
    results = both.run("dded")
    assert both.passes == [("embed", 1, False), ("detect", 3, True), *[("detect", 1, True)] * 3, ("embed", 1, False)]
    assert [type(result) for result in results] == [EngineFailedError] * 2 + [EmbeddedPicture, EngineFailedError]


def test_the_background_of_the_other_kind_gets_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.batching._BACKGROUND_PATIENCE_S", -1.0)
    both = _DetectingBehindAFirst()
    both.run("eD")
    assert sorted(both.passes) == [("detect", 1, False), ("embed", 1, False), ("embed", 1, False)]
    assert both.passes[1][0] == "detect"


def test_a_hanging_detector_is_not_healthy() -> None:
    class Hanging(FakeDetector):
        def detect(self, photos: Sequence[FittedPhoto]) -> list[tuple[Garment, ...]]:
            entered.set()
            assert gate.wait(5)
            return super().detect(photos)

    entered, gate = threading.Event(), threading.Event()
    batcher = Batcher(FakeEngine(), 4, detector=Hanging())
    batcher.start()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(batcher.detect, _photo(COLOURS["dress"]))
        assert entered.wait(5)
        assert batcher.is_healthy(60.0)
        assert not batcher.is_healthy(0.0)
        gate.set()
        assert waiting.result(5).garments
    batcher.stop()


@pytest.mark.parametrize("detector", [None, "broken"])
def test_without_a_detector_that_works_pictures_are_embedded(detector: str | None) -> None:
    class Broken(FakeDetector):
        def warm_up(self) -> None:
            raise RuntimeError("it is torn")

    batcher = Batcher(FakeEngine(), 4, detector=None if detector is None else Broken())
    batcher.start()
    assert batcher.embed(_noise(0)).embedding.any()
    with pytest.raises(EngineFailedError, match="no garment detector"):
        batcher.detect(_photo(COLOURS["dress"]))
    batcher.stop()
