"""The names below a catalogue's root: on a disk, or in an object store."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol


class FileTree(Protocol):
    """What lies below a root; paths are relative to it, POSIX separators."""

    def exists(self, path: str) -> bool:
        """Whether there is something at a path."""
        ...

    def names(self, folder: str) -> Sequence[str]:
        """The names in a folder, sorted; none if it cannot be read."""
        ...


class DiskTree:
    """A folder.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def exists(self, path: str) -> bool:
        """Whether there is something at a path; a link that leads nowhere counts too."""
        try:
            return os.path.lexists(self._root / path)
        except ValueError:
            return False

    def names(self, folder: str) -> Sequence[str]:
        """The names in a folder, sorted; none if it cannot be read."""
        try:
            return sorted(path.name for path in (self._root / folder).iterdir())
        except OSError:
            return []


class ObjectTree:
    """Objects, whose names make the folders.

    Args:
        objects: their names.
    """

    def __init__(self, objects: Iterable[str]) -> None:
        self._names: dict[str, set[str]] = {}
        for path in objects:
            # A folder that is known has its parents already.
            while True:
                folder, _, name = path.rpartition("/")
                names = self._names.setdefault(folder, set())
                if name in names:
                    break
                names.add(name)
                if not folder:
                    break
                path = folder

    def exists(self, path: str) -> bool:
        """Whether there is an object of this name, or one below it."""
        folder, _, name = path.rpartition("/")
        return name in self._names.get(folder, ())

    def names(self, folder: str) -> Sequence[str]:
        """The names in a folder, sorted."""
        return sorted(self._names.get(folder, ()))
