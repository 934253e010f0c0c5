"""A bundle that somebody else made costs no more than its size before it is refused."""

import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from contracts.errors import BundleError
from index.bundle import open_bundle
from index.bundle_manifest import (
    ATTRIBUTE_VALUES,
    FILES,
    FORMAT,
    ITEMS,
    MANIFEST,
    REDUCTION,
    read_manifest,
    write_manifest,
)
from index.exact.files import GROUPS
from index.items import ItemTable
from storage.durable_files import seal_file
from storage.sealed_json import render_sealed

MB = 1_000_000


@pytest.fixture
def frugal() -> Iterator[None]:
    """What happens inside may not take more than some megabytes at any moment."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 10 * MB
    finally:
        tracemalloc.stop()


def reseal(folder: Path) -> None:
    manifest = read_manifest(folder)
    write_manifest(folder, replace(manifest, files={name: seal_file(folder / name) for name in FILES}))


def refusal(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        open_bundle(folder)
    return str(caught.value)


@pytest.mark.parametrize("name", [REDUCTION, GROUPS])
def test_a_compressed_archive_is_not_inflated(folder: Path, name: str, frugal: None) -> None:
    with (
        zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("matrix.npy", "w") as stream,
    ):
        np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": (25 * MB,)})
        for _ in range(100):
            stream.write(bytes(MB))
    assert (folder / name).stat().st_size < MB
    reseal(folder)
    assert name in refusal(folder)


@pytest.mark.parametrize("name", [REDUCTION, GROUPS])
def test_an_archive_larger_than_its_items_need_is_not_read(folder: Path, name: str, frugal: None) -> None:
    with zipfile.ZipFile(folder / name, "w") as archive, archive.open("matrix.npy", "w") as stream:
        for _ in range(50):
            stream.write(bytes(MB))
    reseal(folder)
    assert "but its arrays take at most" in refusal(folder)


def test_a_large_manifest_is_not_parsed(folder: Path, frugal: None) -> None:
    with (folder / MANIFEST).open("wb") as stream:
        stream.truncate(300 * MB)
    assert "over 2,097,152 bytes" in refusal(folder)


def test_attributes_larger_than_the_items_are_not_parsed(folder: Path, frugal: None) -> None:
    # Each of these lists would take some sixty bytes.
    (folder / ATTRIBUTE_VALUES).write_bytes(b"[" + b"[]," * MB + b"[]]")
    reseal(folder)
    assert "it has over" in refusal(folder)


@pytest.mark.parametrize(("member", "value"), [("components", 10**9), ("components", 513), ("items", 2**31)])
def test_numbers_that_no_index_has_are_refused(folder: Path, member: str, value: int, frugal: None) -> None:
    fields = {"format": FORMAT, **asdict(read_manifest(folder)), member: value}
    (folder / MANIFEST).write_bytes(render_sealed(fields))
    assert "512 components at most" in refusal(folder)


def _swap(columns: list[dict[str, Any]]) -> None:
    columns[0]["values"][:2] = columns[0]["values"][1::-1]


def _repeat(columns: list[dict[str, Any]]) -> None:
    columns[0]["values"][1] = columns[0]["values"][0]


def _count_below_zero(columns: list[dict[str, Any]]) -> None:
    columns[0]["counts"][0] = -1


def _number(columns: list[dict[str, Any]]) -> None:
    columns[0]["values"][0] = 3


def _no_name(columns: list[dict[str, Any]]) -> None:
    columns[0]["name"] = None


def _text(columns: list[dict[str, Any]]) -> None:
    columns[0]["values"] = "".join(columns[0]["values"])


@pytest.mark.parametrize("spoil", [_swap, _repeat, _count_below_zero, _number, _no_name, _text])
def test_attributes_that_no_build_writes_are_refused(
    folder: Path, spoil: Callable[[list[dict[str, Any]]], None]
) -> None:
    columns = orjson.loads((folder / ATTRIBUTE_VALUES).read_bytes())
    spoil(columns)
    (folder / ATTRIBUTE_VALUES).write_bytes(orjson.dumps(columns))
    reseal(folder)
    assert ATTRIBUTE_VALUES in refusal(folder)


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":"a","image":"\\ud800","crop":null,"attributes":{}}\n',
        b'{"id":"a","image":"\xff\xff\xff","crop":null,"attributes":{}}\n',
        b'{"id":"a","image":["a"],"crop":null,"attributes":{}}\n',
        b'{"id":"a","image":"a.jpg","crop":[1,2],"attributes":{}}\n',
        b'{"id":"a","image":"a.jpg","crop":{"0":1},"attributes":{}}\n',
        b'{"id":"a","crop":null,"image_":"a.jpg","attributes":{}}\n',
    ],
)
def test_a_line_that_describes_no_item_is_an_error_with_a_name(line: bytes) -> None:
    start, end = line.index(b'"attributes":') + len(b'"attributes":'), len(line) - 2
    table = ItemTable(line, np.array([[0, 9, start, end]], np.int64))
    with pytest.raises(BundleError, match=rf"item 'a' in {ITEMS} does not describe an item"):
        table.record(0)
