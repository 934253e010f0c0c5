"""What is a URL, where a path may stand too."""

import re
from pathlib import Path
from typing import TypeGuard


def is_object_url(location: str | Path) -> TypeGuard[str]:
    """Whether a location is a URL, such as that of an object store, and not a path."""
    return isinstance(location, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", location) is not None
