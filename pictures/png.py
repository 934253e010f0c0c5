"""The structure of PNG files (ISO/IEC 15948)."""

from pictures.structure import MAX_PARTS, Structure, damaged, too_many_parts

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# libpng writes pixels in chunks of 8 KiB, some encoders in smaller ones.
MAX_PIXEL_CHUNKS = 10_000

_ESSENTIAL = frozenset({b"IHDR", b"PLTE", b"tRNS"})
_END = b"\0\0\0\0IEND\xaeB`\x82"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_GREY = 0


def png_structure(data: bytes) -> Structure:
    """Walk the chunks of a PNG up to the last of its pixels; nothing is inflated.

    Raises:
        PictureRejected: `image_unreadable`: it does not begin with its header, or has more chunks than any real file.
    """
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise damaged("PNG")
    kept, exif = [SIGNATURE], b""
    animated_frames, first_frame_is_animated = 1, False
    at, others, pixel_chunks, complete = len(SIGNATURE), 0, 0, False
    seen: set[bytes] = set()
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 12 + length
        if kind == b"IDAT":
            pixel_chunks += 1
            if pixel_chunks > MAX_PIXEL_CHUNKS:
                raise too_many_parts("PNG", "chunks of pixels", MAX_PIXEL_CHUNKS)
            kept.append(data[at:end])
            complete = end <= len(data)
        elif pixel_chunks:
            break
        else:
            others += 1
            if others > MAX_PARTS:
                raise too_many_parts("PNG", "chunks before its pixels", MAX_PARTS)
            if kind in _ESSENTIAL and kind not in seen:
                kept.append(data[at:end])
            elif kind == b"eXIf":
                exif = data[at + 8 : end - 4]
            elif kind == b"acTL" and length >= 8:
                animated_frames = int.from_bytes(data[at + 8 : at + 12])
            elif kind == b"fcTL":
                first_frame_is_animated = True
            seen.add(kind)
        at = end
    if complete:
        kept.append(_END)
    elif at < len(data):
        kept.append(data[at:])
    return Structure(
        width=int.from_bytes(data[16:20]),
        height=int.from_bytes(data[20:24]),
        essential=b"".join(kept),
        exif=exif,
        frames=_frames(animated_frames, first_frame_is_animated) if b"acTL" in seen else 1,
        pixel_bytes=_pixel_bytes(data[24], data[25]),
        kept_bytes=0,
        is_reducible=False,
    )


def file_bytes_per_pixel(data: bytes, alpha: bool) -> int:
    """Bytes that a pixel has in the file before compression, colours of a palette looked up."""
    bit_depth, colour_type = data[24], data[25]
    if colour_type == 3:
        return 4 if alpha else 3
    return _CHANNELS.get(colour_type, 4) * max(1, bit_depth // 8)


def _frames(animated: int, first_is_animated: bool) -> int:
    # No frames, or over 2^31, mean that viewers show the picture as a still one.
    if not 1 <= animated <= 2**31:
        return 1
    return animated if first_is_animated else animated + 1


def _pixel_bytes(bit_depth: int, colour_type: int) -> int:
    if colour_type == _GREY:
        return 2 if bit_depth == 16 else 1
    # Pillow keeps colours, and grey with transparency, in four bytes; a palette's numbers in one.
    return 1 if colour_type == 3 else 4
