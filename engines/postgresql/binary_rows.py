"""Rows in PostgreSQL's binary format, made and read as arrays instead of one by one.

Source: PostgreSQL's documentation of COPY, "Binary Format"; arrays begin with their dimensions, a flag, the type of
elements, their number and the first subscript. pgvector's types begin with their dimensions and two bytes of zeros.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

HEADER: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
"""The beginning of a COPY; the end is `END`."""
END: Final = b"\xff\xff"

_NULL: Final = b"\xff\xff\xff\xff"
_INT4: Final = 23
_INT8: Final = 20
_ARRAY_HEADER: Final = np.dtype(
    [("dimensions", ">i4"), ("nulls", ">i4"), ("of", ">i4"), ("size", ">i4"), ("first", ">i4")]
)
_VECTOR_HEADER: Final = struct.calcsize(">hh")


def point_rows(numbers: NDArray[np.int64], vectors: NDArray[np.float32], codes: NDArray[np.int32]) -> bytes:
    """Rows of a bigint, a vector and an integer array.

    Args:
        numbers: (M,).
        vectors: (M, C).
        codes: (M, S), S above 0.
    """
    elements = np.dtype([("bytes", ">i4"), ("value", ">i4")])
    row = np.dtype(
        [
            ("fields", ">i2"),
            *_number("number"),
            *_vector("vector", vectors.shape[1], ">f4"),
            ("codes_bytes", ">i4"),
            ("codes", [("head", _ARRAY_HEADER), ("elements", elements, (codes.shape[1],))]),
        ]
    )
    rows = np.zeros(len(numbers), row)
    rows["fields"] = 3
    _fill_number(rows, "number", numbers)
    rows["codes_bytes"] = row["codes"].itemsize
    head = rows["codes"]["head"]
    head["dimensions"], head["of"], head["size"], head["first"] = 1, _INT4, codes.shape[1], 1
    rows["codes"]["elements"]["bytes"] = 4
    rows["codes"]["elements"]["value"] = codes
    _fill_vector(rows, "vector", vectors)
    return rows.tobytes()


def full_rows(numbers: NDArray[np.int64], bits: NDArray[np.int16]) -> bytes:
    """Rows of a bigint and a half vector.

    Args:
        numbers: (M,).
        bits: (M, D), those of the half vectors.
    """
    rows = np.zeros(
        len(numbers), np.dtype([("fields", ">i2"), *_number("number"), *_vector("full", bits.shape[1], ">i2")])
    )
    rows["fields"] = 2
    _fill_number(rows, "number", numbers)
    _fill_vector(rows, "full", bits)
    return rows.tobytes()


def field_rows(rows: Iterable[Sequence[bytes | None]]) -> bytes:
    """Rows of fields that are encoded already; None: null."""
    parts: list[bytes] = []
    for fields in rows:
        parts.append(struct.pack(">h", len(fields)))
        parts += [_NULL if field is None else struct.pack(">i", len(field)) + field for field in fields]
    return b"".join(parts)


def int8(number: int) -> bytes:
    """A bigint."""
    return struct.pack(">q", number)


def int4(number: int) -> bytes:
    """An integer."""
    return struct.pack(">i", number)


def float8(number: float) -> bytes:
    """A double precision."""
    return struct.pack(">d", number)


def int8_array(numbers: NDArray[np.int64]) -> bytes:
    """A bigint array of numbers, (M,)."""
    if not numbers.size:
        return struct.pack(">iii", 0, 0, _INT8)
    elements = np.empty(numbers.size, np.dtype([("bytes", ">i4"), ("value", ">i8")]))
    elements["bytes"], elements["value"] = 8, numbers
    return struct.pack(">iiiii", 1, 0, _INT8, numbers.size, 1) + elements.tobytes()


def numbers_of(copied: bytes) -> NDArray[np.int64]:
    """The numbers of a COPY of one bigint column."""
    row = np.dtype([("fields", ">i2"), *_number("number")])
    body = copied[len(HEADER) : -len(END)]
    return np.frombuffer(body, row)["number"].astype(np.int64)


def vectors_of(values: Sequence[bytes], components: int) -> NDArray[np.float32]:
    """Vectors as the server sends them, (M, C) float32."""
    return _components(values, components, ">f4").astype(np.float32)


def bits_of(values: Sequence[bytes], dimensions: int) -> NDArray[np.int16]:
    """The bits of half vectors as the server sends them, (M, D) int16, not writable."""
    bits = _components(values, dimensions, ">i2").astype(np.int16)
    bits.flags.writeable = False
    return bits


def _components(values: Sequence[bytes], size: int, of: str) -> NDArray[np.generic]:
    row = np.dtype([("head", f"V{_VECTOR_HEADER}"), ("components", of, (size,))])
    return np.frombuffer(b"".join(values), row)["components"]


def _number(name: str) -> list[tuple[str, str]]:
    return [(f"{name}_bytes", ">i4"), (name, ">i8")]


def _fill_number(rows: NDArray[np.void], name: str, numbers: NDArray[np.int64]) -> None:
    rows[f"{name}_bytes"], rows[name] = 8, numbers


def _vector(name: str, size: int, of: str) -> list[tuple[str, object]]:
    return [(f"{name}_bytes", ">i4"), (name, [("size", ">i2"), ("unused", ">i2"), ("components", of, (size,))])]


def _fill_vector(rows: NDArray[np.void], name: str, vectors: NDArray[np.generic]) -> None:
    rows[f"{name}_bytes"] = rows.dtype[name].itemsize
    rows[name]["size"] = vectors.shape[1]
    rows[name]["components"] = vectors
