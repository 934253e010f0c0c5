import io
import logging

import pytest

from contracts.log_lines import OneLineFormatter

FORGED = "2026-01-01 00:00:00,000 INFO lookalike.api: all is well"


def written(message: str, *arguments: object, error: BaseException | None = None) -> str:
    """What a handler with the formatter writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLineFormatter("%(levelname)s %(name)s: %(message)s"))
    log = logging.Logger("lookalike.test")
    log.addHandler(handler)
    log.warning(message, *arguments, exc_info=error)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (f"/a\n{FORGED}", f"/a\\n{FORGED}"),
        ("a\r\nb", "a\\r\\nb"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("\x00\x7f\x85\x9b", "\\x00\\x7f\\x85\\x9b"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\udcff", "\\udcff"),
        ("Grün, 上衣 \U0001f455", "Grün, 上衣 \U0001f455"),
    ],
)
def test_a_message_is_one_line_of_what_prints(sent: str, shown: str) -> None:
    assert written("got %s", sent) == f"WARNING lookalike.test: got {shown}\n"


def test_an_exception_cannot_forge_a_line_either() -> None:
    try:
        raise ValueError(f"bad\n{FORGED}\x1b[31m")
    except ValueError as error:
        first, *others = written("it failed", error=error).splitlines()
    assert first == "WARNING lookalike.test: it failed"
    assert others[0] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") for line in others)
    assert others[-1] == f"    {FORGED}\\x1b[31m"


def test_a_message_has_a_longest_length() -> None:
    line = written("%s", "x" * 1_000_000)
    assert len(line) < 10_100
    assert line.endswith("more characters)\n")
