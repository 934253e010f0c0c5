"""Background work that fails is logged, counted and started again."""

import asyncio
import logging

import pytest

from api import background
from api.background import BackgroundTask, Errands
from api.items.index_watch import IndexWatch
from api.metrics import Metrics
from api.paced_log import PacedLog
from api.settings import ApiSettings
from tests.api.promotable import Promotable
from tests.api.swapping import running


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(background, "_PROVEN_S", 0.05)


def counted(metrics: Metrics, task: str) -> float:
    wanted = f'lookalike_background_failures_total{{task="{task}"}} '
    lines = metrics.render(pending_jobs=0, embedding_jobs=0).decode().splitlines()
    return float(next(line for line in lines if line.startswith(wanted)).split()[-1])


class Work:
    """Fails as often as it is told, then runs."""

    def __init__(self, *failures: BaseException | None) -> None:
        self.failures = list(failures)
        self.runs = asyncio.Event()

    async def __call__(self) -> None:
        await asyncio.sleep(0)
        if self.failures:
            failure = self.failures.pop(0)
            if failure is None:
                return
            raise failure
        self.runs.set()
        await asyncio.Event().wait()


async def test_work_that_fails_is_started_again(caplog: pytest.LogCaptureFixture) -> None:
    metrics, work = Metrics(), Work(ZeroDivisionError(), asyncio.CancelledError(), None, MemoryError())
    task = BackgroundTask("digging", work, metrics)
    assert task.problem is None
    task.start()
    assert counted(metrics, "digging") == 0
    await asyncio.wait_for(work.runs.wait(), 5)
    assert counted(metrics, "digging") == 4
    # Until it has proved itself.
    assert task.problem is not None
    assert "'digging' failed (MemoryError)" in task.problem
    await asyncio.sleep(0.2)
    assert task.problem is None
    await task.stop()
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 4
    assert "ZeroDivisionError" in caplog.text


async def test_it_stops_between_two_starts_too() -> None:
    task = BackgroundTask("digging", Work(*[ZeroDivisionError()] * 1000), Metrics())
    task.start()
    await asyncio.sleep(0.1)
    assert task.problem is not None
    await asyncio.wait_for(task.stop(), 1)


async def test_an_errand_that_fails_is_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    metrics, endless = Metrics(), Work()
    errands = Errands("running", metrics)
    errands.run(Work(ZeroDivisionError())())
    errands.run(endless())
    await asyncio.wait_for(endless.runs.wait(), 5)
    await asyncio.sleep(0)
    assert counted(metrics, "running") == 1
    assert "ZeroDivisionError" in caplog.text
    await errands.stop()
    assert counted(metrics, "running") == 1


def test_what_happens_often_is_logged_seldom(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 9.9, 10.1, 30.0])
    monkeypatch.setattr("api.paced_log.time.monotonic", lambda: next(clock))
    paced = PacedLog(logging.getLogger("test"))
    for number in range(5):
        paced.warning(f"line {number}")
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["line 0", "line 3 (2 more since the last such line)", "line 4"]


async def test_readiness_says_that_nobody_looks_for_a_promotion(
    settings: ApiSettings, promotable_once: Promotable, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotable_once.promote(promotable_once.first)

    async def fail(_: IndexWatch) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(IndexWatch, "_run", fail)
    async with running(settings, promotable_once.folder) as api:
        async with asyncio.timeout(5):
            while (answer := await api.client.get("/readyz")).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert "'index watch' failed (ZeroDivisionError)" in answer.json()["checks"]["index"]
        # Items are served all the same.
        assert (await api.client.get("/readyz/items")).status_code == 200
