"""A folder of street photos: an item for each garment, and what is no garment."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.errors import CatalogueError
from model.catalogue.bad_rows import TooManyBadRows
from model.catalogue.opening import open_catalogue
from model.catalogue.street_boxes import is_held_out_photo
from model.picture_reading import read_pictures
from model.tolerance import EVERYTHING

WIDTH, HEIGHT = 40, 80
Row = tuple[object, ...]


def street_photos(folder: Path, rows: Sequence[Row]) -> Path:
    """Two photos, the first red above and blue below, and a file that is no picture."""
    (folder / "photos").mkdir(parents=True)
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[: HEIGHT // 2, :, 0] = pixels[HEIGHT // 2 :, :, 2] = 255
    Image.fromarray(pixels).save(folder / "photos" / "1.png")
    Image.fromarray(pixels[::-1]).save(folder / "photos" / "2.png")
    (folder / "photos" / "broken.png").write_bytes(b"no picture")
    with (folder / "boxes.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("photo", "class", "x1", "y1", "x2", "y2", "label"), *rows])
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return street_photos(
        tmp_path,
        [
            ("photos/1.png", "top", 0, 0, 1, 0.5, "tee"),
            ("photos/1.png", "bag", 0, 0.5, 0.5, 1, ""),
            ("photos/1.png", "bag", 0.5, 0.5, 1, 1, ""),
            ("photos/2.png", "top", 0, 0, 1, 0.5, "NA"),
        ],
    )


def test_a_garment_is_an_item_cut_out_of_its_photo(folder: Path) -> None:
    catalogue = open_catalogue(folder)
    assert (catalogue.kind, catalogue.categories) == ("street", ("street-bag", "street-top"))
    assert [(item.id, item.crop) for item in catalogue.items] == [
        ("photos/1.png/top-1", (0, 0, 40, 40)),
        ("photos/1.png/bag-1", (0, 40, 20, 80)),
        ("photos/1.png/bag-2", (20, 40, 40, 80)),
        ("photos/2.png/top-1", (0, 0, 40, 40)),
    ]
    assert catalogue.items[0].attributes == {"label": "tee", "photo": "photos/1.png", "category": "street-top"}
    assert catalogue.items[3].attributes == {"photo": "photos/2.png", "category": "street-top"}
    for item in catalogue.items:
        held_out = is_held_out_photo((folder / item.image).read_bytes())
        assert item.partition == ("test" if held_out else "train")


def test_the_crop_is_embedded_without_being_asked_for(folder: Path) -> None:
    catalogue = open_catalogue(folder)
    items = catalogue.embedded_items(crop_to_box=False)
    read = read_pictures(
        items,
        catalogue.root,
        known=(),
        fit=lambda pixels: pixels.mean(axis=(0, 1)).round().astype(np.uint8),
        target=32,
        as_srgb=False,
        workers=1,
        ahead=1,
    )
    shown = {picture.item.id: None if picture.fitted is None else picture.fitted.tolist() for picture in read}
    assert shown == {
        "photos/1.png/top-1": [255, 0, 0],
        "photos/1.png/bag-1": [0, 0, 255],
        "photos/1.png/bag-2": [0, 0, 255],
        "photos/2.png/top-1": [0, 0, 255],
    }
    whole = open_catalogue(folder, format="folder")
    assert [item.id for item in whole.items] == ["photos/1.png", "photos/2.png", "photos/broken.png"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("photos/broken.png", "top", 0, 0, 1, 1, ""), "cannot be used: "),
        (("photos/1.png", "top", 0, 0, 0.17, 1, ""), "the box covers 7 x 80 of them; each side needs at least 8"),
        (("photos/1.png", "top\x07", 0, 0, 1, 1, ""), "and its class make no id: "),
    ],
)
def test_a_garment_that_cannot_be_cut_out_is_a_bad_row(tmp_path: Path, row: Row, reason: str) -> None:
    folder = street_photos(tmp_path, [("photos/2.png", "top", 0, 0, 1, 1, ""), row])
    catalogue = open_catalogue(folder, tolerance=EVERYTHING)
    assert [item.image for item in catalogue.items] == ["photos/2.png"]
    (bad,) = catalogue.bad_rows
    assert (bad.file, bad.row, bad.value) == (folder / "boxes.csv", 3, row[0])
    assert reason in bad.reason


def test_a_photo_behind_a_link_is_read_only_if_asked(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "2.png"
    (folder / "photos" / "2.png").rename(elsewhere)
    (folder / "photos" / "2.png").symlink_to(elsewhere)
    (bad,) = open_catalogue(folder).bad_rows
    assert (bad.row, bad.value) == (5, "photos/2.png")
    assert not open_catalogue(folder, follow_links=True).bad_rows


def test_folders_that_are_no_street_photos(tmp_path: Path) -> None:
    with pytest.raises(TooManyBadRows, match="none of its 1 rows can be used"):
        open_catalogue(street_photos(tmp_path / "a", [("photos/broken.png", "top", 0, 0, 1, 1, "")]))
    (tmp_path / "a" / "boxes.csv").write_text("image,left\nphotos/1.png,0\n")
    with pytest.raises(CatalogueError, match=r"has no column 'photo'.*to read whole pictures instead, pass --format f"):
        open_catalogue(tmp_path / "a")
    (tmp_path / "a" / "boxes.csv").unlink()
    with pytest.raises(CatalogueError, match=r"has no boxes\.csv; put one there"):
        open_catalogue(tmp_path / "a", format="street")
