"""What decoding a picture takes at its peak, known before it is decoded.

The figures are those of Pillow's storage and of its decoders. A test decodes real files of every kind and compares.
"""

from dataclasses import dataclass

from contracts.box import Box
from pictures.header import PictureHeader

# Buffers of a decoder, strips of the picture, and what is left of it in the end.
_FIXED_BYTES = 2 * 1024 * 1024
# By which the JPEG decoder can divide both sides.
_JPEG_SCALES = (8, 4, 2)


@dataclass(frozen=True, slots=True)
class Draft:
    """A smaller size that a decoder is asked for.

    Attributes:
        request: for `Image.draft`: the least width and height, pixels.
        scale: what both sides are then divided by.
    """

    request: tuple[int, int]
    scale: int


def draft_of(header: PictureHeader, *, box: Box | None, target: int, overview: int | None = None) -> Draft | None:
    """The detail that the decoder can skip because the network's input cannot show it, or None for none.

    Args:
        box: the part that is kept, or None for the whole picture.
        target: side of the network's input, pixels; the box's longer side is decoded to at least twice that.
        overview: the same for the whole picture, if that is kept too.

    Raises:
        PictureRejected: `image_too_small` when a side of the box covers under 8 pixels.
    """
    upright = (header.width, header.height)
    longer_side = max(upright if box is None else box.size_on(*upright))
    structure = header.structure
    share = 2 * target / longer_side
    if overview is not None:
        share = max(share, 2 * overview / max(upright))
    if not structure.is_reducible or share >= 1:
        return None
    width, height = int(structure.width * share) + 1, int(structure.height * share) + 1
    possible = min(structure.width // width, structure.height // height)
    return Draft((width, height), next((scale for scale in _JPEG_SCALES if possible >= scale), 1))


def peak_bytes(header: PictureHeader, *, box: Box | None, target: int, overview: int | None = None) -> int:
    """Estimate the memory that `decode_checked` takes at its peak, bytes.

    Args:
        box, target, overview: as for `draft_of`.

    Raises:
        PictureRejected: `image_too_small` when a side of the box covers under 8 pixels.
    """
    structure = header.structure
    draft = draft_of(header, box=box, target=target, overview=overview)
    scale = 1 if draft is None else draft.scale
    pixels = -(-structure.width // scale) * -(-structure.height // scale)
    # As Pillow has it and as an array, each with under four times the overview's side.
    second = 0 if overview is None else 2 * 3 * min((4 * overview) ** 2, header.width * header.height)
    return _FIXED_BYTES + second + structure.kept_bytes + structure.pixel_bytes * pixels
