"""A catalogue that real workers embed through a real Redis gives the folder that a local extraction gives."""

import csv
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.errors import EmbeddingsError
from contracts.items import Item
from contracts.shard_message import ShardMessage, extract_queue
from launch.embedded_redis import EmbeddedRedis
from model.extraction import extract
from model.shards.work_folder import WorkFolder
from storage.embeddings_folder import read_digests, read_embeddings
from tests.worker.fake_engine import GIVES_NAN, KILLS_PROCESS, RAISES, FakeEngine
from tests.worker.shards.conftest import ShardWorker, kill, wait_until
from tests.worker.shards.handed_out import SIZE, hand_out, items_of
from worker.connection import connect
from worker.shards.queue import ShardQueue

pytestmark = pytest.mark.services
Draw = Callable[[int], Path]


def colour(path: Path, rgb: tuple[int, int, int]) -> None:
    Image.new("RGB", (40, 32), rgb).save(path)


def assert_same(one: Path, other: Path) -> None:
    """Two folders hold the same, bit for bit."""
    a, b = read_embeddings(one), read_embeddings(other)
    assert list(a.items) == list(b.items)
    assert np.array_equal(a.embeddings, b.embeddings)
    assert (a.model, a.catalogue_root) == (b.model, b.catalogue_root)
    assert np.array_equal(read_digests(one), read_digests(other))
    reports = [folder / "unreadable.csv" for folder in (one, other)]
    assert [path.read_text() for path in reports if path.exists()] == [
        path.read_text() for path in reversed(reports) if path.exists()
    ]


def assert_clean(worker: ShardWorker, out: Path, server: EmbeddedRedis) -> None:
    """Nothing of a job is left: no file in the work folder, no note, no key but those of Celery's queues."""
    assert list(Path(worker.shared).iterdir()) == []
    assert not (out / "workers.json").exists()
    assert not (out / "journal.bin").exists()
    with connect(server.url) as connection:
        wait_until(lambda: not connection.zcard(f"unacked_index.{extract_queue('fake-1')}"))
        assert connection.keys("att:*") == []
        assert connection.llen(extract_queue("fake-1")) == 0


def spoil(root: Path) -> list[Item]:
    """Make some pictures bad in every way, one a duplicate, and cut one item out of another's picture."""
    (root / "000.png").write_bytes(b"")
    (root / "001.png").write_bytes(b"a text file, in truth")
    (root / "009.png").write_bytes((root / "010.png").read_bytes()[:100])
    (root / "011.png").unlink()
    (root / "011.png").symlink_to("/etc/hostname")
    shutil.copy(root / "012.png", root / "030.png")
    return [
        *items_of(root),
        Item("gone", "gone.png"),
        Item("outside", "../../../../../../../../../etc/hostname"),
        Item("absolute", "/etc/hostname"),
        Item("part", "013.png", crop=(2, 2, 20, 20)),
    ]


def test_it_gives_what_a_local_extraction_gives(
    worker: ShardWorker, server: EmbeddedRedis, draw: Draw, tmp_path: Path
) -> None:
    root = draw(30)
    items = spoil(root)
    here, there = tmp_path / "here", tmp_path / "there"

    def both(now: list[Item]) -> None:
        local = extract(now, root, here, FakeEngine(), batch_size=4)
        report = hand_out(server.url, worker.shared, root, there, items=now)
        assert dataclasses.replace(report, seconds=0) == dataclasses.replace(local, seconds=0)
        assert_same(here, there)
        assert_clean(worker, there, server)

    both(items)
    with (there / "unreadable.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 7
    # Once more: nothing has changed; then a little.
    both(items)
    (root / "000.png").write_bytes((root / "020.png").read_bytes())
    colour(root / "021.png", (10, 20, 30))
    items = [item for item in items if item.id != "022"]
    items[3] = dataclasses.replace(items[3], attributes={"name": "another"})
    both([*items[10:], *items[:10]])


def test_a_worker_that_dies_costs_one_shard(
    worker: ShardWorker, server: EmbeddedRedis, draw: Draw, attempts: Callable[[], int], tmp_path: Path
) -> None:
    root, again = draw(12 * SIZE), worker.said("is started again")
    lives = len(worker.pids)

    def kill_it() -> None:
        wait_until(lambda: attempts() > 0)
        kill(worker.pids[-1])

    thread = threading.Thread(target=kill_it)
    thread.start()
    report = hand_out(server.url, worker.shared, root, tmp_path / "there")
    thread.join()
    assert len(worker.pids) == lives + 1
    assert (report.items, report.embedded) == (96, 96)
    assert worker.said("is started again") - again <= 1
    extract(items_of(root), root, tmp_path / "here", FakeEngine())
    assert_same(tmp_path / "here", tmp_path / "there")
    assert_clean(worker, tmp_path / "there", server)


def test_a_picture_that_kills_workers_is_listed(
    worker: ShardWorker, server: EmbeddedRedis, draw: Draw, tmp_path: Path
) -> None:
    root, lives = draw(2 * SIZE), len(worker.pids)
    colour(root / "003.png", KILLS_PROCESS)
    colour(root / "012.png", RAISES)
    report = hand_out(server.url, worker.shared, root, tmp_path / "there")
    assert len(worker.pids) == lives + 3
    assert (report.items, report.unreadable) == (14, 2)
    with (tmp_path / "there" / "unreadable.csv").open() as file:
        assert {row["id"]: row["detail"] for row in csv.DictReader(file)} == {
            "003": "this picture ended workers; save it again",
            "012": "the network failed on this picture; see the worker's log",
        }
    assert_clean(worker, tmp_path / "there", server)


def test_a_network_that_gives_no_numbers_ends_the_run_as_it_does_locally(
    worker: ShardWorker, server: EmbeddedRedis, draw: Draw, tmp_path: Path
) -> None:
    root = draw(SIZE)
    colour(root / "003.png", GIVES_NAN)
    with pytest.raises(EmbeddingsError, match="are not finite; pass --precision float32"):
        hand_out(server.url, worker.shared, root, tmp_path / "there")
    worker.tidy()


def test_a_killed_run_is_continued(worker: ShardWorker, server: EmbeddedRedis, draw: Draw, tmp_path: Path) -> None:
    root, out = draw(10 * SIZE), tmp_path / "there"
    command = [sys.executable, str(Path(__file__).with_name("fake_extraction.py"))]
    repository = Path(__file__).parents[3]
    with subprocess.Popen(
        [*command, server.url, worker.shared, str(root), str(out)],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(repository)},
    ) as process:
        wait_until(lambda: len(list(Path(worker.shared).glob("*/results/*"))) >= 2)
        process.kill()
    # A picture that has changed since is embedded as it is now.
    colour(root / "000.png", (1, 2, 3))
    report = hand_out(server.url, worker.shared, root, out)
    assert report.items == 80
    assert report.embedded <= 80 - 2 * SIZE + 1
    extract(items_of(root), root, tmp_path / "here", FakeEngine())
    assert_same(tmp_path / "here", out)
    assert_clean(worker, out, server)


def test_a_stopped_run_leaves_workers_idle_and_is_continued(
    worker: ShardWorker, server: EmbeddedRedis, draw: Draw, tmp_path: Path
) -> None:
    root, out = draw(10 * SIZE), tmp_path / "there"

    def stop(_done: int, _total: int, _figures: str = "", /) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hand_out(server.url, worker.shared, root, out, progress=stop)
    with connect(server.url) as connection:
        queue = extract_queue("fake-1")
        wait_until(lambda: not connection.llen(queue) and not connection.zcard(f"unacked_index.{queue}"))
    assert list(Path(worker.shared).glob("*/job.json")) == []
    report = hand_out(server.url, worker.shared, root, out)
    assert (report.items, report.embedded) == (80, 80 - SIZE)
    assert_clean(worker, out, server)


def test_messages_that_are_lost_are_sent_again(
    worker: ShardWorker, server: EmbeddedRedis, draw: Draw, tmp_path: Path
) -> None:
    root = draw(4 * SIZE)
    os.kill(worker.pids[-1], signal.SIGSTOP)

    def lose() -> None:
        with connect(server.url) as connection:
            connection.flushall()
        os.kill(worker.pids[-1], signal.SIGCONT)

    thread = threading.Timer(0.3, lose)
    thread.start()
    report = hand_out(server.url, worker.shared, root, tmp_path / "there")
    thread.join()
    assert report.embedded == 32
    assert_clean(worker, tmp_path / "there", server)


def test_a_redis_that_dies_is_waited_for(
    worker: ShardWorker, server: EmbeddedRedis, draw: Draw, tmp_path: Path
) -> None:
    root = draw(6 * SIZE)
    said: list[str] = []
    kill(server.pid)
    wait_until(lambda: server.poll() is not None)
    # Only the main thread may start it, and that one waits for the extraction.
    thread = threading.Thread(
        target=lambda: said.append(str(hand_out(server.url, worker.shared, root, tmp_path / "there", say=said.append)))
    )
    thread.start()
    wait_until(lambda: any("Redis cannot be reached" in line for line in said))
    server.start_again()
    thread.join()
    assert "the work goes on" in said
    assert "items=48" in said[-1]
    assert_clean(worker, tmp_path / "there", server)


def test_a_folder_that_the_worker_may_not_read_ends_the_run(
    worker: ShardWorker, server: EmbeddedRedis, tmp_path: Path
) -> None:
    colour(tmp_path / "secret.png", (1, 2, 3))
    with pytest.raises(EmbeddingsError, match="is in none of the LOOKALIKE_EXTRACT_ROOTS of a worker"):
        hand_out(server.url, worker.shared, tmp_path, tmp_path / "there", items=[Item("secret", "secret.png")])
    # Neither through a link, nor through a way out of an allowed one.
    link = worker.roots / "link"
    link.symlink_to(tmp_path)
    for root in (link, worker.roots / ".." / ".." / tmp_path.name):
        with pytest.raises(EmbeddingsError, match=r"is in none of the LOOKALIKE_EXTRACT_ROOTS|does not find"):
            hand_out(server.url, worker.shared, root, tmp_path / "there", items=[Item("secret", "secret.png")])
    worker.tidy()


def test_a_damaged_result_is_embedded_again(
    worker: ShardWorker, server: EmbeddedRedis, draw: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = draw(2 * SIZE)
    read = WorkFolder.read_result
    damaged: list[int] = []

    def damage(self: WorkFolder, job: str, shard: int, *arguments: object) -> object:
        if not damaged:
            damaged.append(shard)
            path = Path(worker.shared) / job / "results" / f"{shard:06d}"
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        return read(self, job, shard, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(WorkFolder, "read_result", damage)
    said: list[str] = []
    report = hand_out(server.url, worker.shared, root, tmp_path / "there", say=said.append)
    assert damaged
    assert any("cannot be used" in line for line in said)
    assert report.embedded == 16
    assert_clean(worker, tmp_path / "there", server)


def test_what_is_no_shard_is_dropped(worker: ShardWorker, server: EmbeddedRedis, draw: Draw, tmp_path: Path) -> None:
    queue = ShardQueue(server.url, "fake-1")
    dropped = worker.said("dropped an invalid message"), worker.said("is not in")
    queue.publish([ShardMessage("../../etc", 0), ShardMessage("0" * 32, -1), ShardMessage("0" * 32, 7)])
    queue.close()
    # Behind them.
    assert hand_out(server.url, worker.shared, draw(1), tmp_path / "there").items == 1
    assert (worker.said("dropped an invalid message"), worker.said("is not in")) == (dropped[0] + 2, dropped[1] + 1)
