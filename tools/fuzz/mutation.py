"""Small changes to real inputs, of the kinds that parsers stumble over."""

import random
import re
from collections.abc import Sequence
from typing import Final

_INTERESTING: Final = (
    b"\x00", b"\xff", b"\x7f", b"\x80", b"\r\n", b"\n", b" ", b"%", b"%00", b"%ff", b"\\", b",", b":", b"..", b"/../",
    b"-1", b"0", b"1e999", b"NaN", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00", b"{", b"[", b'"',
    b"\\ud800", b"\xed\xa0\x80", b"\xf4\x8f\xbf\xbf", b"9" * 70, b"null", b"true", b"18446744073709551616",
)  # fmt: skip
_VALUE: Final = re.compile(rb"[:=]([^,}&;\r\n]*)")
_SEARCHED_BYTES: Final = 16 * 1024
_MOST_CHANGES: Final = 6
_LONGEST_PIECE: Final = 4096


def mutated(seeds: Sequence[bytes], generator: random.Random) -> bytes:
    """One of the seeds with a few changes.

    Args:
        seeds: at least one.
        generator: decides about everything, so that equal states give equal inputs.
    """
    data = bytearray(generator.choice(seeds))
    for _ in range(generator.randint(1, _MOST_CHANGES)):
        change = generator.choice(_CHANGES)
        change(data, seeds, generator)
    return bytes(data)


def _flip(data: bytearray, _seeds: Sequence[bytes], generator: random.Random) -> None:
    if data:
        data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)


def _overwrite(data: bytearray, _seeds: Sequence[bytes], generator: random.Random) -> None:
    piece = generator.choice(_INTERESTING)
    place = generator.randint(0, len(data))
    data[place : place + len(piece)] = piece


def _insert(data: bytearray, _seeds: Sequence[bytes], generator: random.Random) -> None:
    place = generator.randint(0, len(data))
    data[place:place] = generator.choice(_INTERESTING)


def _remove(data: bytearray, _seeds: Sequence[bytes], generator: random.Random) -> None:
    place = generator.randint(0, len(data))
    del data[place : place + _length(generator)]


def _repeat(data: bytearray, _seeds: Sequence[bytes], generator: random.Random) -> None:
    place = generator.randint(0, len(data))
    piece = data[place : place + _length(generator)][:_LONGEST_PIECE]
    data[place:place] = piece * generator.choice((1, 2, 3, 16, 100))


def _truncate(data: bytearray, _seeds: Sequence[bytes], generator: random.Random) -> None:
    del data[generator.randint(0, len(data)) :]


def _splice(data: bytearray, seeds: Sequence[bytes], generator: random.Random) -> None:
    other = generator.choice(seeds)
    start = generator.randint(0, len(other))
    place = generator.randint(0, len(data))
    piece = other[start : start + _length(generator)]
    data[place : place + len(piece)] = piece


def _replace_value(data: bytearray, _seeds: Sequence[bytes], generator: random.Random) -> None:
    """JSON, query strings, heads and forms all have names and values."""
    values = list(_VALUE.finditer(data, 0, _SEARCHED_BYTES))
    if values:
        start, end = generator.choice(values).span(1)
        data[start:end] = generator.choice(_INTERESTING)


def _near_the_start(data: bytearray, _seeds: Sequence[bytes], generator: random.Random) -> None:
    """Headers are where the decisions are made."""
    if data:
        data[generator.randrange(min(len(data), 64))] = generator.randrange(256)


def _length(generator: random.Random) -> int:
    """Mostly short."""
    return int(2 ** generator.uniform(0, 12))


_CHANGES: Final = (
    _replace_value,
    _flip,
    _flip,
    _overwrite,
    _insert,
    _remove,
    _repeat,
    _truncate,
    _splice,
    _near_the_start,
)
