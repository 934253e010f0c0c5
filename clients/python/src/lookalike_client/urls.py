"""Addresses from where the service fetches something."""

from urllib.parse import urlsplit


def checked_url(text: str) -> str:
    """Return an http or https URL.

    Raises:
        ValueError: it is none; a file must be a `pathlib.Path`, so that no text of a customer opens one.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{text!r:.100} is not an http or https URL; pass a file as a pathlib.Path")
    return text
