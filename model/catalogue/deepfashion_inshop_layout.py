"""The file layout of DeepFashion's In-shop Clothes Retrieval download, of which there are several packagings."""

from collections.abc import Collection, Sequence
from pathlib import Path

from contracts.errors import CatalogueError
from model.catalogue.deepfashion_pictures import PictureFolder, find_picture_folder, folders_in_words

PARTITION_LIST = Path("Eval", "list_eval_partition.txt")
# The first release has the colours beside the boxes, the last one in a folder for attributes.
_BOX_LISTS = (Path("Anno", "list_bbox_inshop.txt"), Path("list_bbox_inshop.txt"))
_COLOUR_LISTS = (
    Path("Anno", "list_color_cloth.txt"),
    Path("Anno", "attributes", "list_color_cloth.txt"),
    Path("list_color_cloth.txt"),
)
_HEADER_BYTES = 512
_EXPECTED = (
    "the root of the In-shop Clothes Retrieval download contains 'img' (or 'Img/img'), 'Eval' and 'Anno': pass that "
    "folder"
)


def header_columns(path: Path) -> list[str]:
    """The column names in a list's second line, without reading its rows; empty if there is no such file."""
    try:
        with path.open("rb") as file:
            start = file.read(_HEADER_BYTES)
    except OSError:
        return []
    lines = start.split(b"\n", 2)
    return lines[1].decode(errors="replace").split() if len(lines) > 1 else []


def partition_list(root: Path) -> Path:
    """The path of the partition list.

    Raises:
        CatalogueError: it is missing; says which folder is probably meant.
    """
    path = root / PARTITION_LIST
    if path.is_file():
        return path
    inside = sorted(folder for folder in root.iterdir() if (folder / PARTITION_LIST).is_file())
    raise CatalogueError(f"{path} is missing; {_EXPECTED}{f', probably {inside[0]}' if inside else ''}")


def box_list(root: Path) -> Path | None:
    """The path of the list of boxes, or None."""
    return _first_file(root, _BOX_LISTS)


def colour_list(root: Path) -> Path | None:
    """The path of the list of colours, or None."""
    return _first_file(root, _COLOUR_LISTS)


def picture_folder(root: Path, names: Sequence[str], genders: Collection[str]) -> PictureFolder:
    """The folder below the root that corresponds to `img` in the lists.

    Args:
        root: of the benchmark.
        names: of the pictures in the lists.
        genders: names of folders, one of which the pictures' folder must contain.

    Raises:
        CatalogueError: there is no such folder.
    """
    folder = find_picture_folder(root, names)
    if folder is not None and any((root / folder.path / gender).is_dir() for gender in genders):
        return folder
    raise CatalogueError(
        f"{root} has no pictures: none of {folders_in_words()} contains a folder "
        f"{' or '.join(sorted(genders))}; unpack img.zip there ({_EXPECTED})"
    )


def _first_file(root: Path, candidates: Collection[Path]) -> Path | None:
    return next((root / path for path in candidates if (root / path).is_file()), None)
