"""`boxes.csv` beside street photos: which rows are garments, and how the others are named."""

import hashlib
from pathlib import Path

import pytest

from contracts.box import Box
from contracts.errors import CatalogueError
from model.catalogue.bad_rows import BadRows
from model.catalogue.street_boxes import StreetBox, is_held_out_photo, read_street_boxes
from model.tolerance import EVERYTHING, Tolerance

HEADER = "photo,class,label,x1,y1,x2,y2\n"


def street_folder(folder: Path, rows: str, header: str = HEADER) -> Path:
    (folder / "photos").mkdir()
    for name in ("1.jpg", "2.jpg"):
        (folder / "photos" / name).write_bytes(b"")
    (folder / "boxes.csv").write_text(header + rows)
    return folder


def test_rows_become_garments(tmp_path: Path) -> None:
    folder = street_folder(
        tmp_path,
        "photos/1.jpg,skirt,mini,0.25,0.5,0.75,1\n./photos/2.JPG,  hat ,,0,0,.5,.25\nphotos/1.jpg,bag,NA,0,0,1,1\n",
    )
    bad = BadRows(Tolerance(strict=True))
    assert read_street_boxes(folder, bad) == [
        StreetBox(2, "photos/1.jpg", "skirt", Box(0.25, 0.5, 0.75, 1.0), {"label": "mini"}),
        StreetBox(3, "photos/2.jpg", "hat", Box(0.0, 0.0, 0.5, 0.25), {}),
        StreetBox(4, "photos/1.jpg", "bag", Box(0.0, 0.0, 1.0, 1.0), {}),
    ]


@pytest.mark.parametrize(
    ("row", "value", "reason"),
    [
        ("photos/3.jpg,hat,,0,0,1,1", "photos/3.jpg", "is no photo in"),
        ("photos,hat,,0,0,1,1", "photos", "is no photo in"),
        ("../1.jpg,hat,,0,0,1,1", "../1.jpg", "is not a path below"),
        ("/photos/1.jpg,hat,,0,0,1,1", "/photos/1.jpg", "is not a path below"),
        (",hat,,0,0,1,1", "", "is empty; name the photo"),
        ("photos/1.jpg, ,,0,0,1,1", "photos/1.jpg", "has no class"),
        ("photos/1.jpg,NA,,0,0,1,1", "photos/1.jpg", "has no class"),
        ("photos/1.jpg,hat,,0,0,1,x", "0,0,1,x", "are not four numbers"),
        ("photos/1.jpg,hat,,0,0,,1", "0,0,,1", "are not four numbers"),
        ("photos/1.jpg,hat,,0,0,1.01,1", "0,0,1.01,1", "is no box on the photo"),
        ("photos/1.jpg,hat,,-.1,0,1,1", "-.1,0,1,1", "is no box on the photo"),
        ("photos/1.jpg,hat,,.5,0,.5,1", ".5,0,.5,1", "is no box on the photo"),
        ("photos/1.jpg,hat,,0,0,nan,1", "0,0,nan,1", "is no box on the photo"),
        ("photos/1.jpg,hat,,0,0,1", "photos/1.jpg,hat,,0,0,1", "has 6 fields"),
        ("photos/1.jpg,skirt,again,0,0,1,1", "photos/1.jpg", "has the same class and box as line 2"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_read(tmp_path: Path, row: str, value: str, reason: str) -> None:
    folder = street_folder(tmp_path, f"photos/1.jpg,skirt,,0,0,1,1\n{row}\nphotos/2.jpg,bag,,0,0,1,1\n")
    bad = BadRows(EVERYTHING)
    assert [found.category for found in read_street_boxes(folder, bad)] == ["skirt", "bag"]
    (found,) = bad.found
    assert (found.row, found.value) == (3, value)
    assert reason in found.reason


def test_what_cannot_be_read_at_all(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"has no boxes\.csv; put one there: .*photo, class, x1"):
        read_street_boxes(tmp_path, BadRows(EVERYTHING))
    folder = street_folder(tmp_path, "photos/1.jpg,0,0,1,1\n", "photo,x1,y1,x2,y2\n")
    with pytest.raises(CatalogueError, match="has no column 'class'"):
        read_street_boxes(folder, BadRows(EVERYTHING))
    (folder / "boxes.csv").write_text(HEADER + "photos/9.jpg,hat,,0,0,1,1\n")
    with pytest.raises(CatalogueError, match="none of its 1 rows can be used"):
        read_street_boxes(folder, BadRows(EVERYTHING))


def test_a_fifth_of_the_photos_is_held_out_by_their_bytes() -> None:
    photos = [f"photo {number}".encode() for number in range(500)]
    out = [is_held_out_photo(photo) for photo in photos]
    assert out == [int(hashlib.md5(photo, usedforsecurity=False).hexdigest(), 16) % 5 == 0 for photo in photos]
    assert 80 < sum(out) < 120
