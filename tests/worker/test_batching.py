import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddedBatch
from contracts.errors import PictureRejected
from tests.worker.fake_engine import GIVES_NAN, GIVES_ZERO, INPUT_SIZE, RAISES, FakeEngine
from worker.batching import Batcher
from worker.forward_passes import EmbeddedPicture
from worker.waiting_picture import EngineFailedError, NobodyWaitsError

Picture = NDArray[np.uint8]


class _GatedEngine(FakeEngine):
    """Holds its first batch until it is let go, so that others gather behind it."""

    def __init__(self, *, memory: int = 10_000) -> None:
        super().__init__(memory=memory)
        self.entered, self.gate = threading.Event(), threading.Event()

    def embed(self, batch: Picture) -> EmbeddedBatch:
        self.entered.set()
        assert self.gate.wait(5)
        return super().embed(batch)


def _noise(seed: int) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (3, INPUT_SIZE, INPUT_SIZE), dtype=np.uint8)


def _plain(colour: tuple[int, int, int]) -> Picture:
    return np.broadcast_to(np.array(colour, np.uint8)[:, None, None], (3, INPUT_SIZE, INPUT_SIZE)).copy()


@contextmanager
def _started(engine: FakeEngine, limit: int = 16) -> Iterator[Batcher]:
    batcher = Batcher(engine, limit)
    batcher.start()
    try:
        yield batcher
    finally:
        batcher.stop()


def _embed_behind_a_first_one(
    engine: _GatedEngine,
    pictures: list[Picture],
    *,
    limit: int = 16,
    alone: frozenset[int] = frozenset(),
    background: frozenset[int] = frozenset(),
) -> list[EmbeddedPicture | BaseException]:
    """Embed these while the engine is busy with another, so that they wait together in this order."""
    with _started(engine, limit) as batcher, ThreadPoolExecutor(len(pictures) + 1) as threads:
        first = threads.submit(batcher.embed, _noise(999))
        assert engine.entered.wait(5)
        waiting = []
        for row, picture in enumerate(pictures):
            waiting.append(threads.submit(batcher.embed, picture, alone=row in alone, background=row in background))
            while len(batcher._photos) + len(batcher._background) <= row:
                time.sleep(0.001)
        engine.gate.set()
        first.result(5)
        return [future.exception(5) or future.result() for future in waiting]


def test_what_waits_is_embedded_in_one_batch_and_each_gets_its_own() -> None:
    engine = _GatedEngine()
    pictures = [_noise(seed) for seed in range(6)]
    results = _embed_behind_a_first_one(engine, pictures)
    assert engine.batches == [1, 6]
    for picture, result in zip(pictures, results, strict=True):
        assert isinstance(result, EmbeddedPicture)
        np.testing.assert_array_equal(result.embedding, FakeEngine().embed(picture[None]).embeddings[0])
        assert result.category == ("batch of 6", 1.0)


def test_photos_come_first_and_the_background_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.batching._BACKGROUND_PATIENCE_S", 60.0)
    engine = _GatedEngine()
    jobs = frozenset(range(20))
    results = _embed_behind_a_first_one(engine, [_noise(seed) for seed in range(23)], background=jobs)
    # The three photos, which came last, and then the background.
    assert engine.batches == [1, 3, *[1] * 20]
    assert {result.category for result in results[20:] if isinstance(result, EmbeddedPicture)} == {("batch of 3", 1.0)}


def test_while_photos_come_the_background_rests_as_long_as_it_works() -> None:
    class Timed(FakeEngine):
        def embed(self, batch: Picture) -> EmbeddedBatch:
            began.append(time.monotonic())
            return super().embed(batch)

    began: list[float] = []
    with _started(Timed(batch_ms=100)) as batcher, ThreadPoolExecutor(2) as threads:
        batcher.embed(_noise(0))
        list(threads.map(lambda seed: batcher.embed(_noise(seed), background=True), (1, 2)))
        # A photo does not wait for that.
        batcher.embed(_noise(3))
    assert began[2] - began[1] >= 0.2
    assert began[3] - began[2] < 0.2


def test_photos_without_a_pause_leave_a_place_for_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.batching._BACKGROUND_PATIENCE_S", -1.0)
    engine = _GatedEngine()
    _embed_behind_a_first_one(engine, [_noise(seed) for seed in range(7)], limit=4, background=frozenset({6}))
    assert engine.batches == [1, 4, 3]


def test_the_background_fills_batches_when_no_photo_has_come_lately(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.batching._PHOTOS_RECENT_S", 0.0)
    monkeypatch.setattr("worker.batching._BACKGROUND_PATIENCE_S", -1.0)
    engine = _GatedEngine()
    _embed_behind_a_first_one(engine, [_noise(seed) for seed in range(7)], limit=4, background=frozenset(range(7)))
    assert engine.batches == [1, 4, 3]


def test_a_batch_holds_the_limit_at_most() -> None:
    engine = _GatedEngine()
    _embed_behind_a_first_one(engine, [_noise(seed) for seed in range(7)], limit=3)
    assert engine.batches == [1, 3, 3, 1]


def test_one_asked_to_be_alone_is_alone() -> None:
    engine = _GatedEngine()
    _embed_behind_a_first_one(engine, [_noise(seed) for seed in range(5)], alone=frozenset({0, 3}))
    assert engine.batches == [1, 1, 2, 1, 1]


def test_an_engine_that_raises_costs_only_the_picture_it_raises_on() -> None:
    engine = _GatedEngine()
    results = _embed_behind_a_first_one(engine, [_noise(0), _plain(RAISES), _noise(1)])
    assert engine.batches == [1, 3, 1, 1, 1]
    assert isinstance(results[0], EmbeddedPicture)
    assert isinstance(results[1], EngineFailedError)
    assert "ValueError" in str(results[1])
    assert isinstance(results[2], EmbeddedPicture)


@pytest.mark.parametrize("colour", [GIVES_NAN, GIVES_ZERO])
def test_an_embedding_of_no_use_is_a_rejection_of_its_picture_alone(colour: tuple[int, int, int]) -> None:
    results = _embed_behind_a_first_one(_GatedEngine(), [_noise(0), _plain(colour), _noise(1)])
    assert [type(result) for result in results] == [EmbeddedPicture, PictureRejected, EmbeddedPicture]
    assert isinstance(results[1], PictureRejected)
    assert results[1].code == "image_unreadable"


def test_out_of_memory_halves_the_batch_now_and_later() -> None:
    engine = _GatedEngine(memory=4)
    results = _embed_behind_a_first_one(engine, [_noise(seed) for seed in range(12)], limit=10)
    assert all(isinstance(result, EmbeddedPicture) for result in results)
    # 10 do not fit, nor 5; 2 and 3 do, and so do all later ones of 2.
    assert engine.batches == [1, 10, 5, 2, 3, 5, 2, 3, 2]


def test_out_of_memory_with_a_single_picture_is_an_error_not_a_loop() -> None:
    engine = FakeEngine(memory=0)
    with _started(engine) as batcher, pytest.raises(EngineFailedError, match="OutOfMemoryError"):
        batcher.embed(_noise(0))
    assert engine.batches == [1]


def test_the_engine_thread_lives_on_after_errors() -> None:
    with _started(FakeEngine()) as batcher:
        for _ in range(3):
            with pytest.raises(EngineFailedError):
                batcher.embed(_plain(RAISES))
            batcher.embed(_noise(0))
        assert batcher.is_healthy(1.0)


def test_what_is_not_wanted_any_more_is_not_embedded() -> None:
    engine = _GatedEngine()
    with _started(engine) as batcher, ThreadPoolExecutor(3) as threads:
        begun = threads.submit(batcher.embed, _noise(0), is_wanted=lambda: not engine.entered.is_set())
        assert engine.entered.wait(5)
        given_up = threads.submit(batcher.embed, _noise(1), is_wanted=lambda: False)
        other = threads.submit(batcher.embed, _noise(2))
        assert isinstance(given_up.exception(5), NobodyWaitsError)
        engine.gate.set()
        # Its batch had begun, so it is embedded all the same.
        assert begun.result(5)
        assert other.result(5)
    assert engine.batches == [1, 1]


def test_a_hanging_forward_pass_is_not_healthy() -> None:
    engine = _GatedEngine()
    with _started(engine) as batcher, ThreadPoolExecutor(1) as threads:
        assert batcher.is_healthy(0.0)
        waiting = threads.submit(batcher.embed, _noise(0))
        assert engine.entered.wait(5)
        assert batcher.is_healthy(60.0)
        assert not batcher.is_healthy(0.0)
        engine.gate.set()
        waiting.result(5)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nobody_waits_for_an_engine_thread_that_has_ended() -> None:
    class Ending(_GatedEngine):
        def embed(self, batch: Picture) -> EmbeddedBatch:
            super().embed(batch)
            raise KeyboardInterrupt

    results = []
    with pytest.raises(EngineFailedError, match="ended"):
        results = _embed_behind_a_first_one(Ending(), [_noise(0)])
    assert results == []


def test_after_the_stop_nothing_is_taken() -> None:
    batcher = Batcher(FakeEngine(), 4)
    batcher.start()
    batcher.stop()
    assert not batcher.is_healthy(1.0)
    with pytest.raises(EngineFailedError):
        batcher.embed(_noise(0))
