"""DeepFashion's list files: a count, a line of column names, then whitespace-separated rows."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from contracts.errors import CatalogueError
from model.catalogue.located import located, read_text

HEADER_LINES = 2
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_CATEGORY_AND_ATTRIBUTE = "Category and Attribute Prediction"

Value = TypeVar("Value")
Crop = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class ImageList:
    """A list with one row for each image.

    Attributes:
        path: the file.
        names: the images, in the file's order.
        columns: the other fields, each with one value for each name.
    """

    path: Path
    names: list[str]
    columns: list[list[str]]

    def line(self, row: int) -> int:
        """The line number of a row, counted from 1."""
        return row + HEADER_LINES + 1


def read_image_list(path: Path, fields: int, *, benchmark: str = _CATEGORY_AND_ATTRIBUTE) -> ImageList:
    """Read a list whose rows have an image and a fixed number of other fields.

    Args:
        path: the list file.
        fields: number of fields in a row, including the image.
        benchmark: DeepFashion's name for the download that contains the list.

    Raises:
        CatalogueError: the file is missing, its count is wrong, a row has a wrong number of fields, or an image is
            listed twice.
    """
    # One flat list, because hundreds of thousands of small ones would cost seconds of garbage collection.
    flat: list[str] = []
    for row, text in enumerate(list_lines(path, benchmark=benchmark)):
        found = text.split()
        if len(found) != fields:
            raise located(
                path,
                row + HEADER_LINES + 1,
                f"has {len(found)} fields separated by whitespace, not {fields}; copy the file again, "
                f"{_belonging(benchmark)}",
            )
        flat += found
    names, *columns = (flat[field::fields] for field in range(fields))
    listed = ImageList(path, names, columns)
    refuse_repeated_names(listed)
    return listed


def refuse_repeated_names(listed: ImageList) -> None:
    """Refuse a list that names an image twice.

    Raises:
        CatalogueError: names the second line and the first.
    """
    if len(set(listed.names)) == len(listed.names):
        return
    first: dict[str, int] = {}
    for row, name in enumerate(listed.names):
        if first.setdefault(name, row) != row:
            raise located(
                listed.path, listed.line(row), f"{name} is also on line {listed.line(first[name])}; remove one of them"
            )


def read_named_numbers(path: Path) -> list[tuple[str, int]]:
    """Read a list whose rows have a name, which may contain spaces, and a number.

    Raises:
        CatalogueError: the file is missing, its count is wrong, a row is malformed, or a name is used twice.
    """
    numbered: dict[str, int] = {}
    for line, text in enumerate(list_lines(path), start=HEADER_LINES + 1):
        parts = text.rsplit(maxsplit=1)
        if len(parts) != 2 or not _INTEGER.fullmatch(parts[1]):
            raise located(
                path,
                line,
                f"{text!r:.100} is not a name and a number; copy the file again, {_belonging(_CATEGORY_AND_ATTRIBUTE)}",
            )
        name, number = parts[0].strip(), parts[1]
        if name in numbered:
            raise located(path, line, f"{name!r} appears twice; rename or remove one")
        numbered[name] = int(number)
    return list(numbered.items())


def list_lines(path: Path, *, benchmark: str = _CATEGORY_AND_ATTRIBUTE) -> list[str]:
    """The rows of a list file without its two header lines, which are checked.

    Args:
        path: the list file.
        benchmark: DeepFashion's name for the download that contains the list.

    Raises:
        CatalogueError: the file is missing, or its first line is not the number of its rows.
    """
    if not path.is_file():
        raise CatalogueError(f"{path} is missing; {_belonging(benchmark)}: put it there")
    lines = read_text(path).rstrip().split("\n")
    count = lines[0].strip()
    if not _INTEGER.fullmatch(count):
        raise located(
            path, 1, f"{count!r:.100} is not the number of rows; line 1 must be the count, line 2 the column names"
        )
    rows = lines[HEADER_LINES:]
    if len(rows) != int(count):
        raise located(
            path,
            1,
            f"says {int(count)} rows, but {len(rows)} follow the two header lines; copy the file again, "
            f"{_belonging(benchmark)}",
        )
    return rows


def parsed(listed: ImageList, column: int, parse: Callable[[str], Value]) -> list[Value]:
    """The parsed values of a column; each different text is parsed once.

    Raises:
        CatalogueError: `parse` raised ValueError for a text; names the first line with it.
    """
    texts = listed.columns[column]
    value_of = {}
    for text in dict.fromkeys(texts):
        try:
            value_of[text] = parse(text)
        except ValueError as error:
            raise located(listed.path, listed.line(texts.index(text)), str(error)) from None
    return [value_of[text] for text in texts]


def integer(text: str) -> int:
    """Parse a field as an integer.

    Raises:
        ValueError: it is not an integer, or has more than nine digits.
    """
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"{text!r:.100} is not a whole number; correct the row")
    return int(text)


def rows_in_order_of(listed: ImageList, other: ImageList) -> Sequence[int]:
    """For each image of `other`, its row in `listed`.

    Raises:
        CatalogueError: an image is in only one of the lists; names its line there.
    """
    if listed.names == other.names:
        return range(len(listed.names))
    row_of = {name: row for row, name in enumerate(listed.names)}
    for here, there, known in ((other, listed, row_of.keys()), (listed, other, set(other.names))):
        for row, name in enumerate(here.names):
            if name not in known:
                raise located(
                    here.path, here.line(row), f"{name} is not in {there.path}; add it there or remove it here"
                )
    return [row_of[name] for name in other.names]


def crops(boxes: ImageList, first_corner: int, rows: Iterable[int]) -> list[Crop | None]:
    """The boxes of some rows; None for a box with no area or a negative corner.

    Args:
        boxes: a list with x1, y1, x2 and y2, pixels, in adjacent columns.
        first_corner: the column of x1.
        rows: of the boxes to return.

    Raises:
        CatalogueError: a coordinate is not an integer.
    """
    x1, y1, x2, y2 = (parsed(boxes, first_corner + corner, integer) for corner in range(4))
    corners = ((x1[row], y1[row], x2[row], y2[row]) for row in rows)
    return [box if 0 <= box[0] < box[2] and 0 <= box[1] < box[3] else None for box in corners]


def wanted_partitions(asked: Collection[str] | None, known: Sequence[str]) -> list[str]:
    """The partitions to keep, in the benchmark's order: those asked for, or all for None.

    Raises:
        CatalogueError: the benchmark has no such partition.
    """
    unknown = sorted(set(asked or ()) - set(known))
    if unknown:
        raise CatalogueError(f"partition {unknown[0]!r:.40} is unknown; there are {', '.join(known)}")
    return [name for name in known if asked is None or name in asked]


def _belonging(benchmark: str) -> str:
    return f"it belongs to DeepFashion's '{benchmark}' download"
