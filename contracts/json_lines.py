"""Log records as lines of JSON."""

import json
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Final

_LONGEST_MESSAGE: Final = 10_000
_LONGEST_TRACEBACK: Final = 30_000


class JsonLinesFormatter(logging.Formatter):
    """Writes each record as one JSON object on one line of ASCII, whatever it holds.

    Members: `timestamp` (RFC 3339, UTC), `level`, `logger`, `process`, `message`, what `fields` returns, and for
    exceptions `exception`. A message is cut at 10,000 characters, a traceback to its last 30,000. Half surrogate pairs,
    which some parsers refuse, are written as in Python source.

    Args:
        process: what writes.
        fields: further members; empty ones are left out.
    """

    def __init__(self, process: str, fields: Callable[[], Mapping[str, str]] = dict) -> None:
        super().__init__()
        self._process = process
        self._fields = fields

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        written = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry = {
            "timestamp": written.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "process": self._process,
            "message": _cut(_message(record)),
        }
        entry |= {name: value for name, value in self._fields().items() if value}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)[-_LONGEST_TRACEBACK:]
        if record.stack_info:
            entry["stack"] = record.stack_info[-_LONGEST_TRACEBACK:]
        return json.dumps({name: _encodable(value) for name, value in entry.items()})


def log_what_nobody_catches(logger: logging.Logger) -> None:
    """Log exceptions that end the process or a thread, and warnings, instead of writing them to stderr as text."""

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            logger.info("stopped")
        else:
            logger.critical("an exception ended the process", exc_info=(kind, error, trace))

    def uncaught_in_thread(failure: threading.ExceptHookArgs) -> None:
        if failure.exc_value is not None and not issubclass(failure.exc_type, SystemExit):
            information = (failure.exc_type, failure.exc_value, failure.exc_traceback)
            name = failure.thread.name if failure.thread else "?"
            logger.critical("an exception ended the thread %s", name, exc_info=information)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    logging.captureWarnings(True)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # the edge of logging: arguments that do not fit must not cost the line
        return f"{record.msg} ({type(error).__name__} while its arguments were put in)"


def _cut(text: str) -> str:
    if len(text) <= _LONGEST_MESSAGE:
        return text
    return f"{text[:_LONGEST_MESSAGE]} ... ({len(text) - _LONGEST_MESSAGE} more characters)"


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
