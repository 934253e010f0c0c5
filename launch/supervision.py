"""What the supervisor of a service says to people, or to whoever collects its log."""

import logging
import os
import sys
from typing import Final

from contracts.json_lines import JsonLinesFormatter
from contracts.log_format import log_format_of

_LOGGER: Final = "lookalike.serve"
_JSON: Final = JsonLinesFormatter("serve")


def say(message: str, level: int = logging.WARNING) -> None:
    """Write a line to stderr: text, or a log record where LOOKALIKE_LOG_FORMAT asks for JSON."""
    if log_format_of(os.environ) == "json":
        record = logging.LogRecord(_LOGGER, level, __file__, 0, message, None, None)
        print(_JSON.format(record), file=sys.stderr, flush=True)
    else:
        print(f"lookalike: {message}", file=sys.stderr, flush=True)


def announce(address: str) -> None:
    """Say that the service is ready: on stdout, or as a log record."""
    if log_format_of(os.environ) == "json":
        say(f"ready: {address}/", logging.INFO)
    else:
        print(f"Lookalike is ready: {address}/  (Ctrl-C stops it)", flush=True)
