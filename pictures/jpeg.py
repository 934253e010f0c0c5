"""The structure of JPEG files (ITU-T T.81, annex B)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts.errors import PictureRejected
from pictures.exif import orientation_of
from pictures.structure import MAX_ICC_BYTES, MAX_PARTS, Structure, damaged, too_many_parts

# A progressive JPEG may contain thousands of scans, and each costs a pass over the whole picture.
# Cameras and encoders write about ten.
MAX_SCANS = 100
# Samples that all scans together may visit. libjpeg's own script for progressive files visits 14 for each pixel of
# three full components, so this is more than twice as much at 50 megapixels.
MAX_SCANNED_SAMPLES = 1_500_000_000
# The orientation stands at the block's beginning; the rest may be a preview.
MAX_EXIF_BYTES = 256 * 1024

_END_OF_IMAGE, _START_OF_SCAN, _EXIF, _ICC = 0xD9, 0xDA, 0xE1, 0xE2
ICC_NAME = b"ICC_PROFILE\0"
_XMP_NAME = b"http://ns.adobe.com/xap/1.0/\0"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
# Coded by the cosine transform, of which a decoder can compute fewer samples.
_REDUCIBLE = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
# Application data and comments, but for APP0 and APP14, which say how colours are stored.
_METADATA = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
_WITHOUT_LENGTH = frozenset({0x01, 0xD8})
# A marker; zeros and restart markers after 0xFF belong to the coded data, and a second 0xFF is padding.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
# A search does not let other threads run, so it goes on by pieces.
_SEARCHED_AT_ONCE = 256 * 1024


@dataclass(slots=True)
class _Walk:
    """What was found so far."""

    frame: int | None = None
    width: int = 0
    height: int = 0
    # Samples of each component, by its id, in the order of the frame.
    samples: dict[int, int] = field(default_factory=dict)
    scans: int = 0
    scanned_samples: int = 0
    whole_picture_kept: bool = False
    exif: bytes = b""
    xmp: bytes = b""
    # Pieces of the colour profile by their number, and their bytes in all.
    icc: dict[int, bytes] = field(default_factory=dict)
    icc_bytes: int = 0


def jpeg_structure(data: bytes) -> Structure:
    """Walk the segments of a JPEG up to the end of its first picture; what follows is not looked at.

    Raises:
        PictureRejected: `image_unreadable`: there is no frame or more than one, or more segments or scans than any
            real file has.
    """
    walk = _Walk()
    kept = [data[:2]]
    end = len(data)
    for marker, marker_at, body_at, at, _ in segments(data):
        if marker == _END_OF_IMAGE:
            end = at
            break
        body = data[body_at:at]
        if marker == _START_OF_SCAN:
            if walk.scans == 0:
                scans_at = marker_at
            _note_scan(walk, body)
        elif marker in _FRAMES:
            _note_frame(walk, marker, body)
        elif marker == _EXIF and body.startswith(b"Exif\0\0") and walk.scans == 0 and len(walk.exif) < MAX_EXIF_BYTES:
            # Where one segment is too small for it, EXIF goes on in the next.
            walk.exif += body[6:] if walk.exif else body
        elif marker == _EXIF and body.startswith(_XMP_NAME) and walk.scans == 0 and not walk.xmp:
            walk.xmp = body[len(_XMP_NAME) :]
        elif marker == _ICC and body.startswith(ICC_NAME) and len(body) > 14 and walk.scans == 0:
            walk.icc_bytes += len(body)
            if walk.icc_bytes <= MAX_ICC_BYTES:
                walk.icc.setdefault(body[12], body[14:])
        if walk.scans == 0 and marker not in _METADATA:
            kept.append(data[marker_at:at])
    if walk.frame is None or walk.scans == 0:
        raise damaged("JPEG")
    kept.append(data[scans_at:end])
    return Structure(
        width=walk.width,
        height=walk.height,
        essential=b"".join(kept),
        orientation=orientation_of(walk.exif, walk.xmp),
        icc=_profile(walk),
        frames=1,
        pixel_bytes=1 if len(walk.samples) == 1 else 4,
        # Coefficients have two bytes each and are kept until the last scan is read.
        kept_bytes=2 * sum(walk.samples.values()) if walk.whole_picture_kept else 0,
        is_reducible=walk.frame in _REDUCIBLE,
    )


def segments(data: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """Marker of each segment, and where it, its body and what follows begin; the end of the image is the last one.

    Yields:
        (marker, its place, place of its body, end of the segment, place of the next marker or end of the file). Coded
        pixels lie between a scan's end and the next marker.

    Raises:
        PictureRejected: `image_unreadable`: there are more segments than in any real file.
    """
    marker_at = _next_marker(data, 2)
    for _ in range(MAX_PARTS):
        if marker_at is None:
            return
        marker, at = data[marker_at + 1], marker_at + 2
        if marker == _END_OF_IMAGE:
            yield marker, marker_at, at, at, at
            return
        if marker in _WITHOUT_LENGTH:
            marker_at = _next_marker(data, at)
            continue
        end = at + max(2, int.from_bytes(data[at : at + 2]))
        next_marker = _next_marker(data, end)
        yield marker, marker_at, at + 2, end, len(data) if next_marker is None else next_marker
        marker_at = next_marker
    raise too_many_parts("JPEG", "segments", MAX_PARTS)


def _profile(walk: _Walk) -> bytes:
    # Pieces count from 1; a profile with a gap is broken.
    whole = walk.icc_bytes <= MAX_ICC_BYTES and sorted(walk.icc) == list(range(1, len(walk.icc) + 1))
    return b"".join(walk.icc[number] for number in sorted(walk.icc)) if whole else b""


def _next_marker(data: bytes, at: int) -> int | None:
    while at < len(data):
        found = _MARKER.search(data, at, at + _SEARCHED_AT_ONCE)
        if found:
            return found.start()
        # One byte again, because a marker may lie across two pieces.
        at += _SEARCHED_AT_ONCE - 1
    return None


def _note_frame(walk: _Walk, marker: int, body: bytes) -> None:
    components = [body[start : start + 3] for start in range(6, len(body), 3)]
    if walk.frame is not None or len(body) < 9 or len(components) != body[5] or len(components[-1]) != 3:
        raise damaged("JPEG")
    if marker in _LOSSLESS:
        raise _unusual("a lossless JPEG")
    if body[0] != 8:
        raise _unusual(f"a JPEG with {body[0]} bits a colour")
    walk.frame = marker
    walk.height, walk.width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    factors = {component[0]: (component[1] >> 4, component[1] & 15) for component in components}
    across, down = (max(factor[axis] for factor in factors.values()) for axis in (0, 1))
    if len(factors) != len(components) or not all(all(factor) for factor in factors.values()):
        raise damaged("JPEG")
    # Blocks have 8 x 8 samples, and a component is padded to whole groups of them.
    groups = -(-walk.width // (8 * across)) * -(-walk.height // (8 * down))
    walk.samples = {name: groups * 64 * horizontal * vertical for name, (horizontal, vertical) in factors.items()}
    walk.whole_picture_kept = marker in _PROGRESSIVE


def _unusual(what: str) -> PictureRejected:
    return PictureRejected(
        "image_unreadable",
        f"the picture is {what}, which is not read; save it as an ordinary JPEG with 8 bits a colour",
    )


def _note_scan(walk: _Walk, body: bytes) -> None:
    walk.scans += 1
    named = body[1 : 1 + 2 * body[0] : 2] if body else b""
    if walk.frame is not None and len(named) < len(walk.samples):
        # Components that come one after the other are also kept until all are there.
        walk.whole_picture_kept = True
    walk.scanned_samples += sum(walk.samples.get(name, 0) for name in named)
    if walk.scans > MAX_SCANS or walk.scanned_samples > MAX_SCANNED_SAMPLES:
        raise PictureRejected(
            "image_unreadable",
            f"the JPEG has {'over ' if walk.scans > MAX_SCANS else ''}{min(walk.scans, MAX_SCANS)} scans or more, "
            "which takes too long to decode at its size; save it again as an ordinary JPEG",
        )
