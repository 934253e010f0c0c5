"""What the paths of a list's pictures are relative to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from model.catalogue.file_tree import DiskTree, FileTree, ObjectTree
from storage.object_root import ObjectRoot


@dataclass(frozen=True, slots=True)
class CatalogueRoot:
    """The root of a catalogue.

    Attributes:
        root: a folder, resolved, or a prefix of an object store.
        tree: what lies below it.
        prefixes: with which a list may begin the paths of pictures, without a `/` at their ends; the first is for
            messages.
    """

    root: Path | ObjectRoot
    tree: FileTree
    prefixes: tuple[str, ...]

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """The folder of a list."""
        folder = path.absolute().parent
        root = folder.resolve()
        return cls(root, DiskTree(root), (root.as_posix(), folder.as_posix()))

    @classmethod
    def of_objects(cls, root: ObjectRoot) -> Self:
        """A prefix of an object store."""
        return cls(root, ObjectTree(root.objects), (root.url,))
