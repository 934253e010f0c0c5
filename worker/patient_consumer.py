"""Celery's consumer, which waits longer and longer between tries and does not log each of them."""

import logging
import time
from typing import Final

from celery.worker.consumer import Consumer
from celery.worker.consumer.consumer import CANCEL_TASKS_BY_DEFAULT, CONNECTION_RETRY
from celery.worker.state import maybe_shutdown

from worker.state_log import StateLog

_TICK_S: Final = 0.1


class PatientConsumer(Consumer):  # type: ignore[misc]  # celery carries no types
    """Starts again after every error that the transport calls a lost connection, and that is every error reply."""

    def on_connection_error_before_connected(self, exc: BaseException) -> None:
        """Wait; there is nothing to clean up."""
        self._wait(exc)

    def on_connection_error_after_connected(self, exc: BaseException) -> None:
        """Clean up, then wait."""
        super().on_connection_error_after_connected(exc)
        self._wait(exc)

    def _wait(self, error: BaseException) -> None:
        state: StateLog = self.app.conf.broker_transport_options["queue_state"]
        until = time.monotonic() + state.failed(error)
        while time.monotonic() < until:
            # Raises if a signal has asked the worker to stop.
            maybe_shutdown()
            time.sleep(_TICK_S)


class _NotEachTry(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        return CONNECTION_RETRY not in said and CANCEL_TASKS_BY_DEFAULT not in said


def silence_tries() -> None:
    """Leave to `StateLog` what Celery logs about each try to connect.

    Its warning that running tasks are not cancelled is left out too: they are finished here on purpose, because their
    replies take another connection.
    """
    for name in ("celery.worker.consumer.consumer", "py.warnings"):
        logging.getLogger(name).addFilter(_NotEachTry())
    logging.getLogger("celery.worker.consumer.connection").setLevel(logging.WARNING)
