"""The items of an AVIF or HEIC file: what each is, and where its bytes lie (ISO/IEC 14496-12, 8.11)."""

from dataclasses import dataclass
from typing import TypeAlias

from pictures.isobmff import PlacedBox, placed_boxes
from pictures.structure import MAX_PARTS, damaged, too_many_parts

# First byte and the one after the last.
Extent: TypeAlias = tuple[int, int]
_IN_FILE, _IN_IDAT = 0, 1


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a file.

    Attributes:
        kind: such as `av01`, or `Exif`.
        extents: where its bytes are, none of it outside the file.
        names: where the name that somebody gave to it stands.
        is_preview: whether it is a smaller version of another item.
    """

    kind: bytes
    extents: tuple[Extent, ...]
    names: tuple[Extent, ...]
    is_preview: bool


def read_items(data: bytes, meta: PlacedBox, label: str) -> list[Item]:
    """All items of a file.

    Raises:
        PictureRejected: `image_unreadable`: a box is damaged, or an item lies outside the file or in another item.
    """
    boxes = {box.kind: box for box in placed_boxes(data, meta.body + 4, meta.end, label)}
    if b"iinf" not in boxes or b"iloc" not in boxes:
        raise damaged(label)
    places = _Places(data, boxes[b"iloc"], boxes.get(b"idat"), label).read()
    previews = _previews(data, boxes[b"iref"], label) if b"iref" in boxes else frozenset()
    items = []
    inside = boxes[b"iinf"]
    # Before the entries stand version, flags, and how many there are.
    for entry in placed_boxes(data, inside.body + (6 if data[inside.body] == 0 else 8), inside.end, label):
        if entry.kind != b"infe" or entry.end - entry.body < 12:
            continue
        version = data[entry.body]
        if version not in {2, 3}:
            raise damaged(label)
        wide = 4 if version == 3 else 2
        number = int.from_bytes(data[entry.body + 4 : entry.body + 4 + wide])
        kind_at = entry.body + 6 + wide
        name_end = data.find(b"\0", kind_at + 4, entry.end)
        name = (kind_at + 4, entry.end if name_end < 0 else name_end)
        items.append(Item(data[kind_at : kind_at + 4], tuple(places.get(number, ())), (name,), number in previews))
    return items


class _Places:
    """Reads `iloc`, whose fields have the widths that its first bytes say."""

    def __init__(self, data: bytes, box: PlacedBox, idat: PlacedBox | None, label: str) -> None:
        self._data, self._at, self._end, self._idat, self._label = data, box.body, box.end, idat, label

    def read(self) -> dict[int, list[Extent]]:
        version = self._number(4) >> 24
        widths = self._number(2)
        offset_bytes, length_bytes, base_bytes, index_bytes = (widths >> shift & 15 for shift in (12, 8, 4, 0))
        if version > 2:
            raise damaged(self._label)
        wide = 4 if version == 2 else 2
        found: dict[int, list[Extent]] = {}
        count = self._number(wide)
        if count > MAX_PARTS:
            raise too_many_parts(self._label, "items", MAX_PARTS)
        parts = 0
        for _ in range(count):
            number = self._number(wide)
            method = self._number(2) & 15 if version else _IN_FILE
            elsewhere, base = self._number(2), self._number(base_bytes)
            extents = self._number(2)
            parts += extents
            if parts > MAX_PARTS:
                raise too_many_parts(self._label, "pieces of items", MAX_PARTS)
            if elsewhere or method not in {_IN_FILE, _IN_IDAT}:
                raise damaged(self._label)
            for _ in range(extents):
                if version:
                    self._number(index_bytes)
                offset, length = self._number(offset_bytes), self._number(length_bytes)
                found.setdefault(number, []).append(self._extent(method, base + offset, length))
        return found

    def _extent(self, method: int, start: int, length: int) -> Extent:
        end = len(self._data)
        if method == _IN_IDAT:
            if self._idat is None:
                raise damaged(self._label)
            start, end = start + self._idat.body, self._idat.end
        # No length means all of the rest.
        stop = start + length if length else end
        if start > end or stop > end:
            raise damaged(self._label)
        return start, stop

    def _number(self, width: int) -> int:
        if self._at + width > self._end:
            raise damaged(self._label)
        self._at += width
        return int.from_bytes(self._data[self._at - width : self._at])


def _previews(data: bytes, box: PlacedBox, label: str) -> frozenset[int]:
    wide = 2 if data[box.body] == 0 else 4
    return frozenset(
        int.from_bytes(data[reference.body : reference.body + wide])
        for reference in placed_boxes(data, box.body + 4, box.end, label)
        if reference.kind == b"thmb"
    )
