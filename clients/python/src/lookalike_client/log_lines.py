"""Keeps tokens out of log lines: the HTTP library logs URLs, and a token says what a photo of a customer looks like."""

import logging
from typing import Final

import httpx2

_HIDDEN: Final = "token"


class _WithoutTokens(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_shown(argument) for argument in record.args)
        return True


_filter: Final = _WithoutTokens()


def hide_tokens() -> None:
    """Hide them from now on; several times is the same as once."""
    logging.getLogger("httpx2").addFilter(_filter)


def _shown(argument: object) -> object:
    if isinstance(argument, httpx2.URL) and _HIDDEN in argument.params:
        return argument.copy_set_param(_HIDDEN, "...")
    return argument
