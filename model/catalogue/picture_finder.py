"""Finds the file that a list means, although it spells the name otherwise."""

import posixpath

from contracts.text_form import nfc
from model.catalogue.file_tree import FileTree


class PictureFinder:
    """Finds pictures below a folder.

    A name is taken as it is where there is such a file. Else it means the one file whose name differs only in upper and
    lower case or in Unicode form. Each folder in which a name is missed is listed once.

    Args:
        tree: what lies below the root.
    """

    def __init__(self, tree: FileTree) -> None:
        self._tree = tree
        self._names: dict[str, dict[str, list[str]]] = {}

    def exists(self, path: str) -> bool:
        """Whether there is something at a path below the root; a link that leads nowhere counts too."""
        return self._tree.exists(path)

    def find(self, path: str) -> str:
        """The spelling on disk of a path below the root; the path itself if there is no such file.

        Raises:
            ValueError: several files fit equally well; the message goes on after the path.
        """
        if self.exists(path):
            return path
        found = ""
        for name in path.split("/"):
            inner = posixpath.join(found, name)
            if not self.exists(inner):
                spelled = self._spelled(found, name)
                if not spelled:
                    return path
                if len(spelled) > 1:
                    raise ValueError(
                        f"matches none of the {len(spelled)} files whose names differ only in case or Unicode form "
                        f"({', '.join(map(ascii, spelled[:3]))}); write one of them"
                    )
                inner = posixpath.join(found, spelled[0])
            found = inner
        return found

    def _spelled(self, folder: str, name: str) -> list[str]:
        names = self._names.get(folder)
        if names is None:
            names = self._names[folder] = {}
            for each in self._tree.names(folder):
                names.setdefault(_likeness(each), []).append(each)
        return names.get(_likeness(name), [])


def _likeness(name: str) -> str:
    return nfc(nfc(name).casefold())
