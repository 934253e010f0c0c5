"""What a picture file says of itself, read by walking its parts, without a decoder.

Pillow's time for a header depends on what its sender wrote: it inflates each compressed profile and text of a PNG, and
spends microseconds on each segment of a JPEG, of which 10 MiB hold millions. So files are walked here first, with a
limit on everything that can be repeated, and Pillow gets only the parts that pixels are made of.
"""

from dataclasses import dataclass

from contracts.errors import PictureRejected

# More than ten times what cameras, phones and editors were seen to write.
MAX_PARTS = 1_000
# The largest printing profiles in use have 3 MB.
MAX_ICC_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Structure:
    """The facts of a file that its decoding depends on.

    Attributes:
        width, height: of the picture as the decoder returns it, before `orientation`, pixels.
        essential: the file without the parts that no pixel depends on, for the decoder.
        orientation: EXIF orientation 1 to 8 that turns the decoded picture upright, wherever the format keeps it; 1 if
            the file says nothing usable.
        icc: the colour profile, or empty for none or for one of over 4 MiB.
        frames: of an animation; 1 for a still picture.
        pixel_bytes: what Pillow allocates for a decoded pixel.
        kept_bytes: what the decoder holds beside those pixels until it is done, whatever size it decodes to.
        is_reducible: whether the decoder can skip detail, as JPEG's can.
    """

    width: int
    height: int
    essential: bytes
    orientation: int
    icc: bytes
    frames: int
    pixel_bytes: int
    kept_bytes: int
    is_reducible: bool


def damaged(label: str) -> PictureRejected:
    """The rejection of a file whose parts cannot be followed."""
    return PictureRejected("image_unreadable", f"the {label} picture's header is damaged; save it again and resend")


def too_many_parts(label: str, parts: str, limit: int) -> PictureRejected:
    """The rejection of a file that consists of more parts than any real one."""
    return PictureRejected(
        "image_unreadable", f"the {label} picture has over {limit:,} {parts}; save it again as an ordinary {label}"
    )
