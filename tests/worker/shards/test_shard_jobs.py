"""One shard at a time, in this process: what arrives twice, what counts as an attempt, and who is asked to stop."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.errors import StoreUnavailableError
from contracts.shard_message import ShardMessage
from launch.embedded_redis import EmbeddedRedis
from model.shards.allowed_roots import AllowedRoots
from model.shards.plan import Reference, ShardJob
from model.shards.work_folder import WorkFolder
from tests.worker.fake_engine import FakeEngine
from worker.connection import connect
from worker.shards.embedding import ShardEmbedder
from worker.shards.jobs import ShardJobs, ShardReleasedError

pytestmark = pytest.mark.services
JOB = "0123456789abcdef" * 2
SHARD = ShardMessage(JOB, 0)


class Place:
    """A work folder with a job of one shard of six pictures, and a worker's part that runs shards."""

    def __init__(self, server: EmbeddedRedis, folder: Path) -> None:
        root = folder / "pictures"
        root.mkdir()
        generator = np.random.default_rng(0)
        for number in range(6):
            Image.fromarray(generator.integers(0, 255, (40, 32, 3), np.uint8)).save(root / f"{number}.png")
        self.redis = connect(server.url)
        self.work = WorkFolder(folder / "shared")
        job = ShardJob(JOB, "fake-1", str(root), False, 1, "0.png")
        self.work.write_job(job, [[Reference(f"{number}.png") for number in range(6)]])
        self.engine = FakeEngine()
        self.stopping = threading.Event()
        embedder = ShardEmbedder(self.engine, batch_size=4, threads=2)
        self.jobs = ShardJobs(
            self.redis, self.work, AllowedRoots([str(root)]), embedder, self.stopping, lease_s=5.0, stuck_s=60.0
        )

    def attempts(self) -> int:
        return int(self.redis.get(SHARD.attempts_key) or 0)


@pytest.fixture
def place(server: EmbeddedRedis, tmp_path: Path) -> Place:
    made = Place(server, tmp_path)
    made.redis.flushall()
    return made


def test_a_shard_that_is_done_is_not_embedded_again(place: Place) -> None:
    place.jobs.run(SHARD, "tag")
    assert place.engine.batches == [4, 2]
    place.jobs.run(SHARD, "another tag")
    assert place.engine.batches == [4, 2]
    assert place.redis.keys("att:*") == []


def test_pictures_that_have_not_changed_are_not_embedded(place: Place) -> None:
    place.jobs.run(SHARD, "tag")
    before = place.work.read_result(JOB, 0, "fake-1", 6)
    assert before is not None
    job = place.work.read_job(JOB)
    assert job is not None
    # The last one's key is of something else.
    keys = [*map(bytes, before.keys[:5]), bytes(32)]
    place.work.write_again(job, {0: [Reference(f"{number}.png", key=key) for number, key in enumerate(keys)]})
    place.work.remove_result(JOB, 0)
    place.engine.batches.clear()
    place.jobs.run(SHARD, "tag")
    again = place.work.read_result(JOB, 0, "fake-1", 6)
    assert again is not None
    assert np.array_equal(again.keys, before.keys)
    assert place.engine.batches == [1]
    assert bytes(again.embedded_keys[0]) == bytes(before.keys[5])


def test_a_worker_that_stops_gives_its_shard_back_as_if_it_had_not_begun(place: Place) -> None:
    embed = place.engine.embed

    def stop(batch: np.ndarray) -> object:
        place.stopping.set()
        return embed(batch)

    place.engine.embed = stop  # type: ignore[assignment, method-assign]
    with pytest.raises(ShardReleasedError):
        place.jobs.run(SHARD, "tag")
    assert place.attempts() == 0
    assert not place.work.has_result(JOB, 0)


def test_a_store_that_is_away_is_no_attempt(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> bool:
        raise StoreUnavailableError("the store is away")

    monkeypatch.setattr("worker.shards.jobs._PAUSE_S", 0.0)
    monkeypatch.setattr(WorkFolder, "write_result", away)
    with pytest.raises(StoreUnavailableError):
        place.jobs.run(SHARD, "tag")
    assert place.attempts() == 0


def test_a_job_that_is_withdrawn_is_dropped(place: Place) -> None:
    embed = place.engine.embed

    def withdraw(batch: np.ndarray) -> object:
        place.work.withdraw(JOB)
        return embed(batch)

    place.engine.embed = withdraw  # type: ignore[assignment, method-assign]
    place.jobs.run(SHARD, "tag")
    assert not place.work.has_result(JOB, 0)
    assert place.redis.keys("att:*") == []


@pytest.mark.parametrize(
    ("attempt", "rows", "failed"),
    [
        (2, {}, 0),
        (3, {1: 1}, 0),
        # One was under way in both attempts that took each picture alone.
        (4, {1: 2}, 1),
        (6, {1: 2}, 6),
        (4, {}, 6),
        (9, {1: 2, 2: 2, 3: 2}, 3),
        (10, {1: 2, 2: 2, 3: 2, 4: 2}, 6),
    ],
)
def test_a_shard_that_ends_workers_is_given_up(place: Place, attempt: int, rows: dict[int, int], failed: int) -> None:
    place.redis.set(SHARD.attempts_key, attempt - 1)
    for row, times in rows.items():
        place.redis.hset(SHARD.rows_key, str(row), times)
    place.jobs.run(SHARD, "tag")
    result = place.work.read_result(JOB, 0, "fake-1", 6)
    assert result is not None
    assert len(result.errors) == failed
    assert place.redis.keys("att:*") == []
