import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator

import orjson
import pytest

from contracts.json_lines import log_what_nobody_catches
from contracts.log_format import LogFormat, current_log_fields, log_format_of, log_formatter


class Stream:
    """A logger, and what its handler writes."""

    def __init__(self, log_format: LogFormat = "json") -> None:
        self._stream = io.StringIO()
        handler = logging.StreamHandler(self._stream)
        handler.setFormatter(log_formatter(log_format, "worker", "%(levelname)s %(message)s", lambda: {"trace_id": ""}))
        self.log = logging.Logger("lookalike.test")
        self.log.addHandler(handler)

    def record(self) -> dict[str, str]:
        """The one record, read by a parser that is strict."""
        (line,) = self.text().splitlines()
        assert line.isascii()
        read: dict[str, str] = orjson.loads(line)
        assert read == json.loads(line)
        return read

    def text(self) -> str:
        return self._stream.getvalue()


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ('a\n{"level": "forged"}', 'a\n{"level": "forged"}'),
        ("\x00\x1b[31m\u2028\u202e", "\x00\x1b[31m\u2028\u202e"),
        ("\udcff\ud800", "\\udcff\\ud800"),
        ("Grün 上衣 \U0001f455", "Grün 上衣 \U0001f455"),
    ],
)
def test_a_record_is_one_line_of_json_whatever_it_holds(stream: Stream, sent: str, read: str) -> None:
    stream.log.warning("got %s", sent)
    record = stream.record()
    timestamp = record.pop("timestamp")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", timestamp)
    assert record == {"level": "WARNING", "logger": "lookalike.test", "process": "worker", "message": f"got {read}"}


def test_an_exception_is_a_member(stream: Stream) -> None:
    try:
        raise ValueError("bad\n\udcff")
    except ValueError:
        stream.log.exception("it failed", stack_info=True)
    record = stream.record()
    assert record["exception"].startswith("Traceback")
    assert record["exception"].endswith("ValueError: bad\n\\udcff")
    assert record["stack"].startswith("Stack")


def test_arguments_that_do_not_fit_cost_no_line(stream: Stream) -> None:
    stream.log.warning("%d of %d", "many")
    assert stream.record()["message"].startswith("%d of %d (TypeError")


def test_a_message_and_a_traceback_have_a_longest_length(stream: Stream) -> None:
    try:
        raise ValueError("y" * 1_000_000)
    except ValueError:
        stream.log.exception("%s", "x" * 1_000_000)
    record = stream.record()
    assert record["message"].endswith("more characters)")
    assert sum(map(len, record.values())) < 41_000


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("it is late", "INFO it is late [request_id=order-1 job_id=ab]\n"),
        ("job ab of order-1", "INFO job ab of order-1\n"),
    ],
)
def test_a_line_names_what_it_is_about_once(message: str, text: str) -> None:
    streams = (Stream("text"), Stream("json"))
    token = current_log_fields.set({"request_id": "order-1", "job_id": "ab"})
    for stream in streams:
        stream.log.info(message)
    current_log_fields.reset(token)
    assert streams[0].text() == text
    assert streams[1].record().items() >= {"request_id": "order-1", "job_id": "ab", "message": message}.items()


@pytest.fixture
def hooks() -> Iterator[None]:
    before = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = before
    logging.captureWarnings(False)


@pytest.mark.usefixtures("hooks")
def test_what_nobody_catches_is_a_record_too(stream: Stream) -> None:
    log_what_nobody_catches(stream.log)

    def fail() -> None:
        raise OSError("gone")

    thread = threading.Thread(target=fail, name="reader")
    thread.start()
    thread.join()
    assert stream.record()["message"] == "an exception ended the thread reader"
    error = OSError("all is lost")
    sys.excepthook(OSError, error, None)
    assert json.loads(stream.text().splitlines()[1])["exception"] == "OSError: all is lost"
    logging.getLogger("py.warnings").addHandler(stream.log.handlers[0])
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("odd", stacklevel=1)
    logging.getLogger("py.warnings").removeHandler(stream.log.handlers[0])
    assert "odd" in json.loads(stream.text().splitlines()[2])["message"]


def test_what_is_said_before_settings_are_read_has_their_form() -> None:
    assert log_format_of({"LOOKALIKE_LOG_FORMAT": "json"}) == "json"
    assert log_format_of({"LOOKALIKE_LOG_FORMAT": "yaml"}) == log_format_of({}) == "text"
