"""The structure of AVIF and HEIC files: boxes of the ISO base media file format (ISO/IEC 14496-12 and 23008-12)."""

from collections.abc import Iterator
from dataclasses import dataclass

from pictures.structure import MAX_ICC_BYTES, MAX_PARTS, Structure, damaged, too_many_parts

# Beside Pillow's own pixels there are the decoder's planes and a copy in the order of Pillow's. Planes are padded.
_PADDING = 1.1
_COLOUR_BYTES, _ALPHA_BYTES = 3, 2
# Where the picture's tiles alone say how they are coded: three full planes.
_UNKNOWN_SAMPLES = 3.0
# EXIF orientations, by quarter turns anti-clockwise (`irot`) and the mirror axis (`imir`), which comes after the turn.
_TURNED = (1, 8, 3, 6)
_TURNED_AND_MIRRORED = ((4, 5, 2, 7), (2, 7, 4, 5))


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box, and its place in the file.

    Attributes:
        kind: its four letters.
        start, body, end: where its head, its body and what follows begin.
    """

    kind: bytes
    start: int
    body: int
    end: int


def brands_of(data: bytes) -> frozenset[bytes]:
    """The brands that a file's first box names, the major one among them; empty if it is no such file."""
    size = int.from_bytes(data[:4])
    if data[4:8] != b"ftyp" or not 16 <= size <= 4096:
        return frozenset()
    brands = data[8:12] + data[16:size]
    return frozenset(brands[at : at + 4] for at in range(0, len(brands) - 3, 4))


def avif_structure(data: bytes) -> Structure:
    """Walk the boxes of an AVIF; Pillow leaves the picture as it is stored.

    Raises:
        PictureRejected: `image_unreadable`: a box that every AVIF has is missing or damaged, or there are more boxes
            than in any real file.
    """
    return _structure(data, "AVIF", is_transformed=False)


def heic_structure(data: bytes) -> Structure:
    """Walk the boxes of a HEIC; its decoder crops the picture and turns it upright.

    Raises:
        PictureRejected: as `avif_structure`.
    """
    return _structure(data, "HEIC", is_transformed=True)


def _structure(data: bytes, label: str, *, is_transformed: bool) -> Structure:
    top = list(_boxes(data, label))
    meta = _first(top, b"meta", label)
    # After four bytes of version and flags.
    inside = list(_boxes(meta[4:], label))
    properties, has_alpha = _properties_of_primary(inside, label)
    width, height = _size(properties, label)
    orientation = _orientation(properties)
    if is_transformed:
        width, height = _cropped(properties, width, height)
        width, height = (height, width) if orientation >= 5 else (width, height)
        orientation = 1
    return Structure(
        width=width,
        height=height,
        essential=data,
        orientation=orientation,
        icc=_profile(properties),
        frames=_frames(top, label),
        pixel_bytes=4,
        kept_bytes=int(_kept_bytes_per_pixel(properties, has_alpha) * width * height),
        is_reducible=False,
    )


def placed_boxes(data: bytes | bytearray, at: int, end: int, label: str) -> Iterator[PlacedBox]:
    """The boxes in a part of a file; one that claims to go on behind the part is cut off there.

    Raises:
        PictureRejected: `image_unreadable`: one is damaged, or there are more than in any real file.
    """
    for _ in range(MAX_PARTS):
        if at + 8 > end:
            return
        size, kind, head = int.from_bytes(data[at : at + 4]), bytes(data[at + 4 : at + 8]), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        elif size == 0:
            size = end - at
        if size < head:
            raise damaged(label)
        yield PlacedBox(kind, at, min(at + head, end), min(at + size, end))
        at += size
    raise too_many_parts(label, "boxes", MAX_PARTS)


def _boxes(data: bytes, label: str) -> Iterator[_Box]:
    for box in placed_boxes(data, 0, len(data), label):
        yield _Box(box.kind, data[box.body : box.end])


def _first(boxes: list[_Box], kind: bytes, label: str) -> bytes:
    for box in boxes:
        if box.kind == kind:
            return box.body
    raise damaged(label)


def _properties_of_primary(meta: list[_Box], label: str) -> tuple[list[_Box], bool]:
    """Properties of the picture itself, and whether another picture of the file holds its transparency."""
    primary = _first(meta, b"pitm", label)
    item = int.from_bytes(primary[4:8] if primary[:1] != b"\0" else primary[4:6])
    described = list(_boxes(_first(meta, b"iprp", label), label))
    everything = list(_boxes(_first(described, b"ipco", label), label))
    numbers = [number for box in described if box.kind == b"ipma" for number in _associated(box.body, item)]
    has_alpha = any((box.kind == b"auxC" and b":alpha" in box.body) or b":auxid:1" in box.body for box in everything)
    return [everything[number - 1] for number in numbers if 1 <= number <= len(everything)], has_alpha


def _associated(body: bytes, wanted: int) -> Iterator[int]:
    """The numbers of an item's properties, in their order."""
    version, wide = body[:1], bool(body[3:4] and body[3] & 1)
    id_bytes, at = 2 if version == b"\0" else 4, 8
    for _ in range(min(MAX_PARTS, int.from_bytes(body[4:8]))):
        item, count = int.from_bytes(body[at : at + id_bytes]), body[at + id_bytes : at + id_bytes + 1]
        at += id_bytes + 1
        width = 2 if wide else 1
        for _ in range(count[0] if count else 0):
            number = int.from_bytes(body[at : at + width])
            at += width
            if item == wanted:
                # The highest bit says that a reader must understand the property.
                yield number & (0x7FFF if wide else 0x7F)


def _size(properties: list[_Box], label: str) -> tuple[int, int]:
    body = _first(properties, b"ispe", label)
    if len(body) < 12:
        raise damaged(label)
    return int.from_bytes(body[4:8]), int.from_bytes(body[8:12])


def _kept_bytes_per_pixel(properties: list[_Box], has_alpha: bool) -> float:
    samples, sample_bytes = _coding(properties)
    planes = (samples + has_alpha) * sample_bytes * _PADDING
    return _COLOUR_BYTES + _ALPHA_BYTES * has_alpha + planes


def _coding(properties: list[_Box]) -> tuple[float, int]:
    """Samples of a pixel, subsampled colours counted in part, and bytes of a sample."""
    for box in properties:
        if box.kind == b"av1C" and len(box.body) >= 3:
            bits = box.body[2]
            samples = 1.0 if bits & 0x10 else 1 + 2 / (1 + bool(bits & 8)) / (1 + bool(bits & 4))
            return samples, 2 if bits & 0x40 else 1
        if box.kind == b"hvcC" and len(box.body) >= 18:
            return {0: 1.0, 1: 1.5, 2: 2.0}.get(box.body[16] & 3, 3.0), 2 if box.body[17] & 7 else 1
    return _UNKNOWN_SAMPLES, 2


def _cropped(properties: list[_Box], width: int, height: int) -> tuple[int, int]:
    """The size of the clean aperture, because HEVC codes whole blocks; as it is where there is none."""
    for box in properties:
        fields = [int.from_bytes(box.body[at : at + 4]) for at in range(0, 16, 4)]
        if box.kind == b"clap" and fields[1] and fields[3]:
            return fields[0] // fields[1], fields[2] // fields[3]
    return width, height


def _orientation(properties: list[_Box]) -> int:
    turn = next((box.body[0] & 3 for box in properties if box.kind == b"irot" and box.body), 0)
    axis = next((box.body[0] & 1 for box in properties if box.kind == b"imir" and box.body), None)
    return _TURNED[turn] if axis is None else _TURNED_AND_MIRRORED[axis][turn]


def _profile(properties: list[_Box]) -> bytes:
    for box in properties:
        if box.kind == b"colr" and box.body[:4] in {b"prof", b"rICC"} and len(box.body) <= MAX_ICC_BYTES:
            return box.body[4:]
    return b""


def _frames(top: list[_Box], label: str) -> int:
    """Samples of the longest track; 1 if there is none."""
    most = 1
    for movie in (box.body for box in top if box.kind == b"moov"):
        for track in _inside(movie, (b"trak", b"mdia", b"minf", b"stbl", b"stsz"), label):
            most = max(most, int.from_bytes(track[8:12]))
    return most


def _inside(body: bytes, path: tuple[bytes, ...], label: str) -> Iterator[bytes]:
    for box in _boxes(body, label):
        if box.kind == path[0]:
            if len(path) == 1:
                yield box.body
            else:
                yield from _inside(box.body, path[1:], label)
