"""DeepFashion's attribute labels: 1,000 values for each image, 600 MB of text or more at full size."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.errors import CatalogueError
from model.catalogue.deepfashion_lists import HEADER_LINES, ImageList, read_named_numbers
from model.catalogue.located import located

# The column of each attribute type, by its number in list_attr_cloth.txt.
COLUMN_OF_TYPE = {1: "texture", 2: "fabric", 3: "shape", 4: "part", 5: "style"}
# Without ',' and ':', so that a whole value can be used in a filter as it is.
SEPARATOR = " | "

_BATCH_BYTES = 2**18  # the fastest of 0.25 to 8 MiB: the arrays of a batch fit the processor's cache
_SPACE, _MINUS, _ZERO, _ONE = b" -01"


def read_labelled_attributes(annotations: Path, labels: ImageList, kept: Sequence[int]) -> dict[str, dict[str, str]]:
    """The attributes of images in `list_attr_img.txt`; empty if there is no such file.

    There is a column for each type: `texture`, `fabric`, `shape`, `part`, `style`. Its value is the names of the
    attributes labelled 1, in the list's order, joined by ` | `. Without any, the column is left out.

    Args:
        annotations: the folder with the lists.
        labels: the images that must be listed, in any order.
        kept: rows of `labels` whose attributes are returned; of other rows only the names are checked.

    Raises:
        CatalogueError: `list_attr_cloth.txt` is missing or wrong, the count is wrong, a row has a wrong number of
            values or one other than -1, 0 and 1, or the images are not those of `labels`.
    """
    path = annotations / "list_attr_img.txt"
    if not path.is_file():
        return {}
    names, columns = _attributes(annotations / "list_attr_cloth.txt")
    known = {name.encode(): False for name in labels.names}
    known.update((labels.names[row].encode(), True) for row in kept)
    labelled: dict[str, dict[str, str]] = {}
    batch = _Batch(path, len(names))

    def take_in() -> None:
        for image, positive in batch.positives():
            by_column: dict[str, list[str]] = {}
            for attribute in positive:
                by_column.setdefault(columns[attribute], []).append(names[attribute])
            labelled[image] = {
                column: SEPARATOR.join(by_column[column]) for column in COLUMN_OF_TYPE.values() if column in by_column
            }

    line_of: dict[bytes, int] = {}
    blank = 0
    with path.open("rb") as rows:
        first = rows.readline().strip()
        rows.readline()
        for line, row in enumerate(rows, start=HEADER_LINES + 1):
            image = row[:512].split(None, 1)[:1]
            if not image:
                blank = blank or line
                continue
            if blank:
                raise located(path, blank, "is blank; remove it")
            wanted = known.get(image[0])
            if wanted is None:
                shown = image[0].decode(errors="replace")
                raise located(path, line, f"{shown} is not in {labels.path}; add it there or remove it here")
            if line_of.setdefault(image[0], line) != line:
                shown = image[0].decode(errors="replace")
                raise located(path, line, f"{shown} is also on line {line_of[image[0]]}; remove one of them")
            if wanted and batch.add(line, image[0], row) >= _BATCH_BYTES:
                take_in()
    take_in()
    if first != str(len(line_of)).encode():
        raise located(
            path,
            1,
            f"says {first.decode(errors='replace'):.40} rows, but there are {len(line_of)}; copy the file again",
        )
    for row_number, name in enumerate(labels.names):
        if name.encode() not in line_of:
            raise located(
                labels.path, labels.line(row_number), f"{name} is not in {path}; add it there or remove it here"
            )
    return labelled


def _attributes(path: Path) -> tuple[list[str], list[str]]:
    names, columns = [], []
    for row, (name, type_number) in enumerate(read_named_numbers(path)):
        if type_number not in COLUMN_OF_TYPE:
            raise located(
                path, row + HEADER_LINES + 1, f"{name!r} has type {type_number}; types are 1 to {len(COLUMN_OF_TYPE)}"
            )
        names.append(name)
        columns.append(COLUMN_OF_TYPE[type_number])
    if not names:
        raise CatalogueError(f"{path} lists no attribute; copy the file again or remove list_attr_img.txt beside it")
    return names, columns


class _Batch:
    """Rows that are parsed together."""

    def __init__(self, path: Path, values: int) -> None:
        self._path, self._values = path, values
        self._clear()

    def _clear(self) -> None:
        self._lines: list[int] = []
        self._images: list[bytes] = []
        self._rows: list[bytes] = []
        self._bytes = 0

    def add(self, line: int, image: bytes, row: bytes) -> int:
        """Add a row; returns the size of the batch in bytes."""
        self._lines.append(line)
        self._images.append(image)
        self._rows.append(row if row.endswith(b"\n") else row + b"\n")
        self._bytes += len(row)
        return self._bytes

    def positives(self) -> list[tuple[str, list[int]]]:
        """Each row's image and the indices of its attributes labelled 1; empties the batch.

        Raises:
            CatalogueError: a row is malformed; names its line.
        """
        images = [image.decode() for image in self._images]
        positive: list[list[int]] = [[] for _ in images]
        if images:
            values = self._first_characters()
            if values is None:
                raise self._malformed()
            for row, attribute in np.argwhere(values == _ONE).tolist():
                positive[row].append(attribute)
        self._clear()
        return list(zip(images, positive, strict=True))

    def _first_characters(self) -> NDArray[np.uint8] | None:
        """The first character of each value, (rows, values) uint8; None if a row is malformed."""
        text = np.frombuffer(b"".join(self._rows), np.uint8)
        space = text <= _SPACE
        token_starts = np.empty(len(text), np.bool_)
        token_starts[0] = not space[0]
        np.greater(space[:-1], space[1:], out=token_starts[1:])
        tokens = np.flatnonzero(token_starts)
        if len(tokens) != len(self._rows) * (self._values + 1):
            return None
        starts = tokens.reshape(len(self._rows), self._values + 1)
        row_ends = np.cumsum([len(row) for row in self._rows])
        if (starts[:, -1] >= row_ends).any() or (starts[1:, 0] < row_ends[:-1]).any():
            return None
        first, second = text[starts[:, 1:]], text[starts[:, 1:] + 1]
        negative = first == _MINUS
        valid = np.where(negative, second == _ONE, ((first == _ONE) | (first == _ZERO)) & (second <= _SPACE))
        # Every value has at least the characters that it should have; the total shows that none has more.
        characters = sum(map(len, self._images)) + first.size + np.count_nonzero(negative)
        if not valid.all() or len(text) - np.count_nonzero(space) != characters:
            return None
        return first

    def _malformed(self) -> CatalogueError:
        for line, row in zip(self._lines, self._rows, strict=True):
            values = row.split()[1:]
            if len(values) != self._values:
                return located(
                    self._path,
                    line,
                    f"has {len(values)} values, but list_attr_cloth.txt has {self._values} attributes; "
                    "copy the file again",
                )
            wrong = next((value for value in values if value not in {b"-1", b"0", b"1"}), None)
            if wrong is not None:
                shown = wrong.decode(errors="replace")
                return located(self._path, line, f"value {shown!r:.40} is not -1, 0 or 1; copy the file again")
        return located(self._path, self._lines[0], "the rows from here on cannot be read; copy the file again")
