import logging
import threading

import pytest

from worker.supervised_thread import SupervisedThread


def test_work_that_fails_is_started_again(caplog: pytest.LogCaptureFixture) -> None:
    failures = [ZeroDivisionError(), MemoryError()]
    runs, end = threading.Event(), threading.Event()

    def work() -> None:
        if failures:
            raise failures.pop(0)
        runs.set()
        end.wait()

    thread = SupervisedThread("digging", work, pause_s=0.01)
    assert not thread.is_alive()
    thread.start()
    assert runs.wait(5)
    assert thread.is_alive()
    assert thread.failures == 2
    end.set()
    thread.join()
    assert not thread.is_alive()
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == [f"the thread 'digging' failed ({number} so far); it is started again" for number in (1, 2)]


def test_it_is_not_started_again_once_it_was_told_to_end() -> None:
    def work() -> None:
        raise ZeroDivisionError

    thread = SupervisedThread("digging", work, pause_s=60)
    thread.start()
    thread.join()
    assert not thread.is_alive()
