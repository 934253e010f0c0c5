"""Log lines that nothing a client sends can forge or hide."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

_MAX_MESSAGE_CHARACTERS: Final = 10_000
_INDENT: Final = "    "


class OneLineFormatter(logging.Formatter):
    r"""Writes a record's message on one line, and each line of a traceback indented below it.

    Whatever does not print is escaped as in Python source: a newline as `\n`, the start of a terminal's control
    sequence as `\x1b`, a character that turns the direction of text as `\u202e`. So only the process itself begins
    a line, even where a message or an exception quotes a client. A message is cut at 10,000 characters.

    Args:
        text: format of a line.
        fields: what a line is about, such as a request by its id; what its message does not name itself is appended.
    """

    def __init__(self, text: str, fields: Callable[[], Mapping[str, str]] = dict) -> None:
        super().__init__(text)
        self._fields = fields

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """The line of a record."""
        line = _printable(super().formatMessage(record))
        about = [f"{name}={value}" for name, value in self._fields().items() if value and value not in record.message]
        return f"{line} [{_printable(' '.join(about))}]" if about else line

    def formatException(self, ei: "logging._SysExcInfoType") -> str:  # noqa: N802 - the name is logging's
        """The lines of an exception's traceback."""
        return _below(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - the name is logging's
        """The lines of a stack."""
        return _below(super().formatStack(stack_info))


def _below(lines: str) -> str:
    # `split`, because `splitlines` would take more characters for ends of lines.
    return "\n".join(f"{_INDENT}{_printable(line)}" for line in lines.split("\n"))


def _printable(text: str) -> str:
    if len(text) > _MAX_MESSAGE_CHARACTERS:
        text = f"{text[:_MAX_MESSAGE_CHARACTERS]} ... ({len(text) - _MAX_MESSAGE_CHARACTERS} more characters)"
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)
