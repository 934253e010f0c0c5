"""The settings that name folders and prefixes of pictures."""

from collections.abc import Iterable
from pathlib import Path

from contracts.catalogue_location import ObjectPrefix, catalogue_location
from contracts.errors import LaunchError


def as_location(value: str | Path | ObjectPrefix | None) -> Path | ObjectPrefix | None:
    """A folder or a prefix, from its text.

    Raises:
        ValueError: it is the URL of something else; it is not repeated, because a password may stand in it.
    """
    if value is None or isinstance(value, ObjectPrefix):
        return value
    location = catalogue_location(value)
    if isinstance(location, ObjectPrefix):
        # Only here, because folders need no library that speaks to object stores.
        from storage.object_store import open_object_store

        try:
            open_object_store(location.url, any_name=True)
        except LaunchError as error:
            raise ValueError(str(error)) from None
    return location


def as_locations(values: str | Iterable[str | Path | ObjectPrefix]) -> tuple[Path | ObjectPrefix, ...]:
    """Several of them, also from a text with commas between them.

    Raises:
        ValueError: as `as_location`.
    """
    if isinstance(values, str):
        values = [part.strip() for part in values.split(",") if part.strip()]
    return tuple(location for value in values if (location := as_location(value)) is not None)
