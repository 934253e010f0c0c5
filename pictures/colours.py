"""Converts colours to sRGB where a picture's ICC profile says that they are something else."""

import io
from typing import Final

from PIL import Image, ImageCms

_SPACES: Final = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert a picture's colours to sRGB; transparency stays.

    A profile that is broken, or of another colour space than the picture, is ignored, as browsers do.

    Args:
        image: of mode RGB, RGBA, L, LA or CMYK; others are returned as they are.
        profile: ICC profile, or empty for none.

    Returns:
        The picture as RGB or RGBA, or the same picture if there is nothing to convert.
    """
    if not profile:
        return image
    alpha = image.getchannel("A") if image.mode in {"RGBA", "LA"} else None
    opaque = image if alpha is None else image.convert(image.mode[:-1])
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != _SPACES.get(opaque.mode) or _is_srgb(source):
            return image
        converted = ImageCms.profileToProfile(opaque, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    if converted is None:
        return image
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    # Converting sRGB to sRGB would cost time and round colours by one.
    return "srgb" in (profile.profile.profile_description or "").lower()
