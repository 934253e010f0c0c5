"""Where the pictures of a DeepFashion download are, which is unpacked in several ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# What may correspond to the folder `img` of the lists: the archive is often unpacked inside the folder `Img` or inside
# a folder of its own name, and sometimes without its own folder.
_FOLDERS: Final = ("img", "Img/img", "img/img", "Img")
# The same pictures in their original size. The boxes in the lists are in pixels of the small ones.
_LARGE_FOLDERS: Final = ("img_highres", "Img/img_highres", "img_highres/img_highres", "img_highres/img")
_LISTED_FOLDER: Final = "img"
_TRIED: Final = 20


@dataclass(frozen=True, slots=True)
class PictureFolder:
    """The folder that corresponds to `img` in the lists.

    Attributes:
        path: below the root, POSIX separators.
        is_large: whether its pictures have their original size, so that the boxes do not fit them.
    """

    path: str
    is_large: bool = False

    def image(self, name: str) -> str:
        """The path of a listed picture below the root."""
        return self.path + name.removeprefix(_LISTED_FOLDER)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should tell about it."""
        if not self.is_large:
            return ()
        return (f"boxes ignored because they fit the pictures of img.zip, and these are those of {self.path}",)


def folders_in_words() -> str:
    """The folders that are tried, for messages."""
    return ", ".join((*_FOLDERS, *_LARGE_FOLDERS[:2]))


def find_picture_folder(root: Path, names: Sequence[str]) -> PictureFolder | None:
    """The folder that holds the listed pictures, or None.

    It is the first that contains a picture's own folder, or else the first that exists.

    Args:
        root: of the benchmark.
        names: of pictures in the lists, such as `img/Sheer_Blouse/img_00000001.jpg`; only some are looked up.
    """
    known = [*map(PictureFolder, _FOLDERS), *(PictureFolder(path, is_large=True) for path in _LARGE_FOLDERS)]
    present = [folder for folder in known if (root / folder.path).is_dir()]
    inner = {name.split("/")[1] for name in names[:: max(1, len(names) // _TRIED)] if "/" in name}
    for folder in present:
        if any((root / folder.path / each).exists() for each in inner):
            return folder
    # `Img` alone says nothing: it holds archives too.
    return next((folder for folder in present if folder.path != "Img"), None)
