"""The items of a bundle: ids by row and rows by id, attributes as JSON, paths of pictures.

`items.jsonl` has one line per item, `{"id":…,"image":…,"crop":…,"attributes":{…}}`. `item_offsets.npy`
has the positions of each line, of the end of its id and of its attributes. So attributes are a slice
of the file, and only the ids are parsed when a bundle is opened.
"""

import mmap
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
from numpy.typing import NDArray

from contracts.errors import BundleError
from contracts.items import Item
from contracts.text_form import one_form, one_form_of_id
from index.query import ItemRecord

OFFSETS_PER_ITEM = 4  # start of the line, end of the id, start and end of the attributes
_BEFORE_ID = b'{"id":'
_AFTER_LINE = b"}\n"
_PARSED_AT_ONCE = 4_096
_SPACE_AT_AN_EDGE = (b'" ', b' "')


class ItemTable:
    """The items of a bundle, by row.

    Args:
        lines: content of items.jsonl.
        offsets: (N, 4) int64, content of item_offsets.npy.

    Raises:
        ValueError: the offsets do not fit the lines, or two items have the same id.
    """

    def __init__(self, lines: bytes | mmap.mmap, offsets: NDArray[np.int64]) -> None:
        _check_offsets(len(lines), offsets)
        self._lines = lines
        # A plain view, because np.memmap's slicing is slow and every response slices.
        self._offsets: NDArray[np.int64] = np.asarray(offsets)
        starts = (offsets[:, 0] + len(_BEFORE_ID)).tolist()
        ends = offsets[:, 1].tolist()
        self._ids: list[str] = []
        # Ids that were stored before ids had one form; almost always empty.
        other_forms: list[tuple[str, int]] = []
        # In chunks, because nothing else in the process runs while orjson parses.
        for first in range(0, len(starts), _PARSED_AT_ONCE):
            part = slice(first, first + _PARSED_AT_ONCE)
            ids = b",".join([lines[start:end] for start, end in zip(starts[part], ends[part], strict=True)])
            parsed = orjson.loads(b"[" + ids + b"]")
            self._ids += parsed
            # Of a chunk in plain ASCII, as most are, no id has to be looked at.
            if not ids.isascii() or any(space in ids for space in _SPACE_AT_AN_EDGE):
                other_forms += _in_other_forms(parsed, first)
        if len(self._ids) != len(offsets) or not all(type(item_id) is str for item_id in self._ids):
            raise ValueError("its ids are not where item_offsets.npy says")
        self._rows = {item_id: row for row, item_id in enumerate(self._ids)}
        if len(self._rows) != len(self._ids):
            raise ValueError("two items have the same id")
        self._other_forms: dict[str, int] = {}
        for form, row in other_forms:
            self._other_forms.setdefault(form, row)

    def __len__(self) -> int:
        return len(self._ids)

    def id(self, row: int) -> str:
        """The id of the item in a row.

        Raises:
            IndexError: there is no such row.
        """
        return self._ids[_checked(row, len(self))]

    def row(self, item_id: str) -> int | None:
        """The row of an item, or None if no item has this id.

        Ids are compared in one form (see `contracts.text_form`). An id that is stored exactly as it is asked for
        comes first: an older bundle may hold two ids of one form.
        """
        row = self._rows.get(item_id)
        if row is not None:
            return row
        form = one_form_of_id(item_id)
        if form is None:
            return None
        row = self._rows.get(form)
        return self._other_forms.get(form) if row is None else row

    def attributes_json(self, row: int) -> bytes:
        """The item's attributes as a JSON object in UTF-8, which can be copied into a response.

        Raises:
            IndexError: there is no such row.
        """
        _, _, start, end = self._offsets[_checked(row, len(self))].tolist()
        return self._lines[start:end]

    def listed(self, rows: NDArray[np.int64]) -> list[tuple[str, bytes]]:
        """Id and attributes of the items in some rows, as `id` and `attributes_json` return them.

        Raises:
            IndexError: there is no such row.
        """
        ids, lines = self._ids, self._lines
        places = self._offsets.take(rows, axis=0).tolist()
        return [(ids[row], lines[start:end]) for row, (_, _, start, end) in zip(rows.tolist(), places, strict=True)]

    def image(self, row: int) -> str:
        """Path of the item's picture below the catalogue's root, POSIX separators.

        Raises:
            IndexError: there is no such row.
        """
        return self.record(row).image

    def lines(self, rows: NDArray[np.int64]) -> tuple[list[bytes], NDArray[np.int64]]:
        """The lines of some rows as they are stored, and their offsets, (K, 4) int64, each from its line's start on."""
        places = self._offsets[rows]
        starts, ends = places[:, 0].tolist(), (places[:, 3] + len(_AFTER_LINE)).tolist()
        lines = [self._lines[start:end] for start, end in zip(starts, ends, strict=True)]
        return lines, places - places[:, :1]

    def record(self, row: int) -> ItemRecord:
        """All stored data of the item in a row.

        Raises:
            IndexError: there is no such row.
            BundleError: its line does not describe an item. Lines are not parsed when a bundle is opened, because that
                takes ten times as long.
        """
        start, _, _, end = self._offsets[_checked(row, len(self))].tolist()
        try:
            line = orjson.loads(self._lines[start : end + 1])
            image, crop = _picture_of(line)
        except (ValueError, KeyError, TypeError) as error:
            raise BundleError(
                f"the line of item {self.id(row)!r:.100} in items.jsonl does not describe an item ({error!s:.100}); "
                "build the index again"
            ) from error
        return ItemRecord(self.id(row), self.attributes_json(row), image=image, crop=crop)


def write_items(items: Iterable[Item], stream: BinaryIO) -> NDArray[np.int64]:
    """Write the lines of items.jsonl.

    Returns:
        (N, 4) int64: the content of item_offsets.npy.

    Raises:
        BundleError: an item's text is not Unicode.
    """
    offsets: list[tuple[int, int, int, int]] = []
    start = 0
    for item in items:
        try:
            item_id = orjson.dumps(item.id)
            rest = orjson.dumps({"image": item.image, "crop": item.crop})
            attributes = orjson.dumps(dict(item.attributes))
        except TypeError as error:
            raise BundleError(
                f"item {item.id!r:.100} cannot be written as JSON ({error}); repair its row in the catalogue "
                "and run `lookalike extract` again"
            ) from error
        before_attributes = _BEFORE_ID + item_id + b"," + rest[1:-1] + b',"attributes":'
        attributes_start = start + len(before_attributes)
        attributes_end = attributes_start + len(attributes)
        offsets.append((start, start + len(_BEFORE_ID) + len(item_id), attributes_start, attributes_end))
        stream.write(before_attributes + attributes + _AFTER_LINE)
        start = attributes_end + len(_AFTER_LINE)
    return np.array(offsets, np.int64).reshape(-1, OFFSETS_PER_ITEM)


def write_lines(parts: Iterable[tuple[list[bytes], NDArray[np.int64]]], stream: BinaryIO) -> NDArray[np.int64]:
    """Write lines that were written before.

    Args:
        parts: as `ItemTable.lines` returns them.
        stream: is written at its beginning.

    Returns:
        (N, 4) int64: the content of item_offsets.npy.
    """
    offsets = [np.empty((0, OFFSETS_PER_ITEM), np.int64)]
    begin = 0
    for lines, within in parts:
        ends = begin + np.cumsum([len(line) for line in lines], dtype=np.int64)
        offsets.append(within + np.concatenate(([begin], ends[:-1]))[:, None])
        stream.write(b"".join(lines))
        begin = int(ends[-1])
    return np.concatenate(offsets)


def _in_other_forms(ids: Iterable[object], first_row: int) -> list[tuple[str, int]]:
    """The form and the row of each id that is not stored in its one form."""
    return [
        (form, row)
        for row, item_id in enumerate(ids, first_row)
        if isinstance(item_id, str) and (form := one_form(item_id)) != item_id
    ]


def map_lines(path: Path) -> mmap.mmap:
    """Map items.jsonl, so that several processes share its pages.

    Raises:
        ValueError: the file is empty.
        OSError: it cannot be opened.
    """
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _check_offsets(size: int, offsets: NDArray[np.int64]) -> None:
    if offsets.ndim != 2 or offsets.shape[1] != OFFSETS_PER_ITEM or offsets.dtype != np.int64:
        raise ValueError(f"item offsets must be int64 (N, {OFFSETS_PER_ITEM})")
    flat = offsets.reshape(-1)
    if flat.size and (flat[0] != 0 or flat[-1] + len(_AFTER_LINE) != size or (np.diff(flat) <= 0).any()):
        raise ValueError("item offsets do not fit the lines of items.jsonl")


def _picture_of(line: dict[str, Any]) -> tuple[str, tuple[int, int, int, int] | None]:
    image, crop = line["image"], line["crop"]
    if type(image) is not str or not (crop is None or [type(side) for side in crop] == [int] * 4):
        raise TypeError("its picture or crop is of the wrong type")
    return image, None if crop is None else (crop[0], crop[1], crop[2], crop[3])


def _checked(row: int, items: int) -> int:
    if not 0 <= row < items:
        raise IndexError(f"row {row} of {items} items")
    return row
