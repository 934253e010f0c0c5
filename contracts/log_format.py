"""In which form a process writes its log, and what each line tells besides its message."""

import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Final, Literal, TypeAlias

from contracts.json_lines import JsonLinesFormatter
from contracts.log_lines import OneLineFormatter

LogFormat: TypeAlias = Literal["text", "json"]
LOG_FORMAT: Final = "LOOKALIKE_LOG_FORMAT"

# What the current thread or task works on, by the name of the field: `request_id` and `job_id`.
current_log_fields: Final[ContextVar[Mapping[str, str]]] = ContextVar("current_log_fields", default={})  # noqa: B039


def log_formatter(
    log_format: LogFormat, process: str, text: str, more: Callable[[], Mapping[str, str]] = dict
) -> logging.Formatter:
    """A formatter whose lines name the request and the job that they are about.

    Args:
        log_format: of the lines.
        process: `api`, `worker` or `serve`; a field in JSON.
        text: format of a line of text, as `logging` takes it.
        more: fields of JSON besides, such as the ids of the current span.
    """
    if log_format == "json":
        return JsonLinesFormatter(process, lambda: {**current_log_fields.get(), **more()})
    return OneLineFormatter(text, current_log_fields.get)


def log_format_of(environment: Mapping[str, str]) -> LogFormat:
    """The form that an environment asks for, for what must be said before settings are read, or because of them."""
    return "json" if environment.get(LOG_FORMAT) == "json" else "text"
