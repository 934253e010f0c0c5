"""A tiny picture that is sent to the workers if no other has been for a while."""

import io

from PIL import Image


def probe_picture() -> bytes:
    """A JPEG of 32 x 32 pixels that any decoder accepts."""
    # A gradient, because a picture of one colour would be an edge case for a network.
    file = io.BytesIO()
    Image.linear_gradient("L").resize((32, 32)).convert("RGB").save(file, "JPEG", quality=80)
    return file.getvalue()
