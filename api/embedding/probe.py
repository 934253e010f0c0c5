"""A tiny picture that goes the whole way when no other has for a while."""

import io

from PIL import Image


def probe_picture() -> bytes:
    """A JPEG of 32 x 32 pixels that any decoder accepts."""
    # A gradient: a picture of one colour would be a corner case for a network.
    file = io.BytesIO()
    Image.linear_gradient("L").resize((32, 32)).convert("RGB").save(file, "JPEG", quality=80)
    return file.getvalue()
