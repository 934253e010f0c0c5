"""The name of a picture in the picture store, as it stands in `Item.image`."""

import re
from typing import Final

PREFIX: Final = "sha256:"
_NAME: Final = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


def stored_name(digest: bytes) -> str:
    """The name of a stored picture.

    Args:
        digest: SHA-256 of its bytes, 32 bytes.
    """
    return f"{PREFIX}{digest.hex()}"


def is_stored(image: str) -> bool:
    """Whether an item's picture is in the store; otherwise it is a path below the catalogue's root."""
    return _NAME.fullmatch(image) is not None
