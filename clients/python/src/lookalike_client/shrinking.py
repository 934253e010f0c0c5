"""Makes a photo smaller before it is sent; needs Pillow (`pip install 'lookalike-client[pillow]'`)."""

import io
from typing import Final

# A photo of more is refused by the service anyway, and decoding it may take gigabytes.
_MOST_PIXELS: Final = 50_000_000
_QUALITY: Final = 88
# Of others, such as CMYK or 16 bits a channel, the service makes better colours than a conversion here.
_OPAQUE: Final = frozenset({"L", "RGB"})
_TRANSPARENT: Final = frozenset({"LA", "RGBA"})


def shrink_photo(data: bytes, longest_px: int = 1024) -> bytes:
    """Return the photo upright and with no side longer than this, as JPEG, or WebP if it may be transparent.

    What is small enough, animated or unreadable comes back as it is, for the service says best what is wrong with it.
    Nothing but the colour profile is kept of the metadata.

    Args:
        data: JPEG, PNG, WebP, AVIF or anything else that Pillow reads.
        longest_px: at least 64.

    Raises:
        ValueError: `longest_px` is too small.
        ImportError: Pillow is not installed.
    """
    if longest_px < 64:
        raise ValueError(f"the longest side must have at least 64 pixels; got {longest_px}")
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise ImportError("shrinking photos needs Pillow: pip install 'lookalike-client[pillow]'") from error
    try:
        with Image.open(io.BytesIO(data)) as image:
            if (
                max(image.size) <= longest_px
                or image.width * image.height > _MOST_PIXELS
                or getattr(image, "is_animated", False)
                or image.mode not in _OPAQUE | _TRANSPARENT
            ):
                return data
            # A JPEG is decoded at half, a quarter or an eighth of its size where that is enough.
            image.draft(None, (longest_px, longest_px))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
            file, profile = io.BytesIO(), image.info.get("icc_profile")
            kind = "JPEG" if upright.mode in _OPAQUE else "WEBP"
            upright.save(file, kind, quality=_QUALITY, icc_profile=profile, exif=b"")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return data
    return file.getvalue()
