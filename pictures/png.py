"""The structure of PNG files (ISO/IEC 15948)."""

import zlib
from collections.abc import Iterator

from pictures.exif import orientation_of
from pictures.structure import MAX_ICC_BYTES, MAX_PARTS, Structure, damaged, too_many_parts
from pictures.xmp import MAX_XMP_BYTES

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# libpng writes pixels in chunks of 8 KiB, some encoders in smaller ones.
MAX_PIXEL_CHUNKS = 10_000

_ESSENTIAL = frozenset({b"IHDR", b"PLTE", b"tRNS"})
# Under these keywords ImageMagick and others keep EXIF as hexadecimal text.
_RAW_PROFILES = (b"Raw profile type exif\0", b"Raw profile type APP1\0")
_XMP = b"XML:com.adobe.xmp\0"
# The orientation stands at the block's beginning; the rest may be a preview.
_MAX_EXIF_BYTES = 256 * 1024
_END = b"\0\0\0\0IEND\xaeB`\x82"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_GREY = 0


def png_structure(data: bytes) -> Structure:
    """Walk the chunks of a PNG up to its end.

    Of compressed chunks, one profile and one text each of EXIF and XMP are inflated at most.

    Raises:
        PictureRejected: `image_unreadable`: it does not begin with its header, or has more chunks than any real file.
    """
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise damaged("PNG")
    kept, exif, text_exif, xmp, icc = [SIGNATURE], b"", b"", b"", b""
    animated_frames, first_frame_is_animated = 1, False
    at, others, pixel_chunks, complete = len(SIGNATURE), 0, 0, False
    pixels_have_ended = False
    seen: set[bytes] = set()
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 12 + length
        if kind == b"IDAT" and not pixels_have_ended:
            pixel_chunks += 1
            if pixel_chunks > MAX_PIXEL_CHUNKS:
                raise too_many_parts("PNG", "chunks of pixels", MAX_PIXEL_CHUNKS)
            kept.append(data[at:end])
            complete = end <= len(data)
        else:
            others += 1
            if others > MAX_PARTS:
                raise too_many_parts("PNG", "chunks beside its pixels", MAX_PARTS)
            body = data[at + 8 : end - 4]
            pixels_have_ended = pixel_chunks > 0
            if kind == b"IEND":
                break
            if kind in _ESSENTIAL and kind not in seen and not pixels_have_ended:
                kept.append(data[at:end])
            elif kind == b"eXIf" and not exif:
                exif = body
            elif kind in {b"tEXt", b"zTXt"} and body.startswith(_RAW_PROFILES) and b"raw profile" not in seen:
                text_exif = _exif_of_text(kind, body)
                # Noted even if it was damaged, so that no other one is inflated.
                seen.add(b"raw profile")
            elif kind == b"iTXt" and body.startswith(_XMP) and b"XMP" not in seen:
                xmp = _xmp_of_text(body)
                seen.add(b"XMP")
            elif kind == b"iCCP" and kind not in seen:
                icc = _inflated(body.partition(b"\0")[2][1:], MAX_ICC_BYTES)
            elif kind == b"acTL" and length >= 8 and not pixels_have_ended:
                animated_frames = int.from_bytes(data[at + 8 : at + 12])
            elif kind == b"fcTL" and not pixels_have_ended:
                first_frame_is_animated = True
            seen.add(kind)
        at = end
    if complete:
        kept.append(_END)
    elif at < len(data) and not pixels_have_ended:
        kept.append(data[at:])
    return Structure(
        width=int.from_bytes(data[16:20]),
        height=int.from_bytes(data[20:24]),
        essential=b"".join(kept),
        orientation=orientation_of(exif or text_exif, xmp),
        icc=icc,
        frames=_frames(animated_frames, first_frame_is_animated) if b"acTL" in seen else 1,
        pixel_bytes=_pixel_bytes(data[24], data[25]),
        kept_bytes=0,
        is_reducible=False,
    )


def chunks_before_pixels(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each chunk between a PNG's header and its pixels, of a file that `png_structure` has walked."""
    at = len(SIGNATURE) + 12 + int.from_bytes(data[8:12])
    for _ in range(MAX_PARTS):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if at + 12 + length > len(data) or kind in {b"IDAT", b"IEND"}:
            return
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length


def _exif_of_text(kind: bytes, body: bytes) -> bytes:
    """The EXIF block of a text chunk that holds one: after its keyword a name, a length, and hexadecimal digits."""
    text = body.partition(b"\0")[2]
    if kind == b"zTXt":
        text = _inflated(text[1:], 2 * _MAX_EXIF_BYTES + 1024)
    words = text[: 2 * _MAX_EXIF_BYTES + 1024].split(None, 2)
    digits = b"".join(words[2].split()) if len(words) == 3 else b""
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return b""


def _xmp_of_text(body: bytes) -> bytes:
    """The beginning of an XMP packet in an international text chunk."""
    is_compressed, rest = body[len(_XMP) : len(_XMP) + 1] == b"\1", body[len(_XMP) + 2 :]
    # Before the text come a language and a translated keyword, each ended by a zero.
    packet = rest.split(b"\0", 2)[-1]
    return _inflated(packet, MAX_XMP_BYTES, cut=True) if is_compressed else packet[:MAX_XMP_BYTES]


def _inflated(data: bytes, most: int, *, cut: bool = False) -> bytes:
    """Inflate at most so many bytes; empty if they are damaged, or if there are more and they may not be `cut` off."""
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(data, most + 1)
    except zlib.error:
        return b""
    return found if cut or (len(found) <= most and inflater.eof) else b""


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
