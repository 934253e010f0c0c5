"""AVIF and HEIC files without metadata.

Everything in these files is found by absolute places, so nothing is moved: what is not part of a picture is
overwritten, and the file is cut off after the last box that is needed.
"""

from collections.abc import Iterable
from typing import Final

from contracts.errors import PictureRejected
from pictures.header import PictureHeader
from pictures.isobmff import PlacedBox, placed_boxes
from pictures.isobmff_items import Extent, Item, read_items
from pictures.structure import damaged

# Pictures and what they are composed of; other items are metadata.
_PICTURES: Final = frozenset({b"av01", b"hvc1", b"lhv1", b"grid", b"iovl", b"iden", b"tmap"})
# What says how a picture is coded and shown. Others, such as descriptions, are blanked.
_PROPERTIES: Final = frozenset(
    b"ispe pixi av1C hvcC lhvC colr auxC irot imir clap pasp rloc a1lx a1op lsel clli mdcv cclv amve reve ndwt".split()
)
# An empty TIFF block: decoders that look for EXIF refuse a file whose block is no TIFF.
_EMPTY_EXIF: Final = b"\0\0\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"


def isobmff_without_metadata(data: bytes, header: PictureHeader) -> bytes:
    """Overwrite all but pictures, and what the file says of them; see `pictures.without_metadata`.

    Raises:
        PictureRejected: `image_unreadable`: a box is damaged, or the file is one of moving pictures, or it keeps its
            pictures elsewhere.
    """
    label = header.format.label
    top = list(placed_boxes(data, 0, len(data), label))
    meta = next((box for box in top if box.kind == b"meta"), None)
    if meta is None or top[0].kind != b"ftyp":
        raise damaged(label)
    if any(box.kind in {b"moov", b"moof"} for box in top) and label == "AVIF":
        raise PictureRejected(
            "image_unreadable", "the AVIF is built like a film, though it has one picture; save it as a still picture"
        )
    items = read_items(data, meta, label)
    cleaned = bytearray(data)
    pictures = [item for item in items if item.kind in _PICTURES and not item.is_preview]
    kept = sorted(extent for item in pictures for extent in item.extents)
    last = meta
    for box in top[1:]:
        if box.kind == b"mdat" and any(box.start <= start < box.end for start, _ in _all_extents(items)):
            _blank(cleaned, box.body, box.end, kept)
            last = box
        elif box.kind != b"meta":
            cleaned[box.start + 4 : box.start + 8] = b"free"
            _blank(cleaned, box.body, box.end, ())
    _clean_meta(cleaned, meta, label, kept)
    for item in items:
        _fill(cleaned, item, kept, is_picture=item in pictures)
    return bytes(cleaned[: max(last.end, meta.end)])


def _clean_meta(cleaned: bytearray, meta: PlacedBox, label: str, kept: list[Extent]) -> None:
    for box in placed_boxes(cleaned, meta.body + 4, meta.end, label):
        if box.kind == b"iprp":
            for inner in placed_boxes(cleaned, box.body, box.end, label):
                if inner.kind == b"ipco":
                    _clean_properties(cleaned, inner, label)
        elif box.kind == b"hdlr":
            # After version, a reserved word, the kind and three more words comes a name.
            _blank(cleaned, box.body + 24, box.end, ())
        elif box.kind == b"idat":
            _blank(cleaned, box.body, box.end, kept)
        elif box.kind not in {b"pitm", b"iinf", b"iref", b"iloc", b"dinf", b"grpl"}:
            cleaned[box.start + 4 : box.start + 8] = b"free"
            _blank(cleaned, box.body, box.end, ())


def _clean_properties(cleaned: bytearray, container: PlacedBox, label: str) -> None:
    for box in placed_boxes(cleaned, container.body, container.end, label):
        if box.kind not in _PROPERTIES:
            cleaned[box.start + 4 : box.start + 8] = b"free"
            _blank(cleaned, box.body, box.end, ())


def _fill(cleaned: bytearray, item: Item, kept: list[Extent], *, is_picture: bool) -> None:
    """Put an empty block in place of EXIF, and spaces in place of an item's name."""
    replacement, at = (_EMPTY_EXIF if item.kind == b"Exif" and not is_picture else b""), 0
    for start, end in item.extents:
        for place in range(start, min(end, len(cleaned))):
            if at >= len(replacement):
                break
            if not any(first <= place < last for first, last in kept):
                cleaned[place] = replacement[at]
            at += 1
    for start, end in item.names:
        cleaned[start:end] = b" " * (end - start)


def _blank(cleaned: bytearray, start: int, end: int, kept: Iterable[Extent]) -> None:
    """Overwrite a part with zeros, but for what is kept, which is in order."""
    at = start
    for first, last in kept:
        if last <= at:
            continue
        if first >= end:
            break
        if first > at:
            cleaned[at:first] = bytes(first - at)
        at = max(at, last)
    if at < end:
        cleaned[at:end] = bytes(end - at)


def _all_extents(items: Iterable[Item]) -> Iterable[Extent]:
    return (extent for item in items for extent in item.extents)
