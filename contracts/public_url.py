"""The address at which clients reach the API, and what may stand in such a setting."""

import re
from typing import Final

_PUBLIC_URL: Final = re.compile(
    r"(?P<origin>https?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(:(?P<port>[0-9]{1,5}))?)"
    r"(?P<path>(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*)/?"
)


def check_public_url(url: str | None) -> str | None:
    """The address without a slash at its end; None for none or an empty one.

    Raises:
        ValueError: it has no host, or more than a host, a port and a path.
    """
    if not url:
        return None
    found = _PUBLIC_URL.fullmatch(url)
    if found is None or not 1 <= int(found["port"] or 1) <= 65_535:
        raise ValueError(
            f"{url!r} must be the address at which clients reach the API: http:// or https://, a host and at most a "
            "port and a path, such as https://search.shop.example or https://shop.example/lookalike"
        )
    return f"{found['origin']}{found['path']}"
