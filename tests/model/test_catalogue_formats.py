"""Every format that is read is as good in a catalogue as any other, whatever the catalogue's kind."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.items import Item
from model.catalogue.opening import open_catalogue
from model.picture_reading import read_pictures
from pictures.formats import FORMATS, PictureFormat
from tests.model.deepfashion_tree import DeepFashionTree, Row
from tests.model.inshop_tree import InshopTree, Shot
from tests.pictures.picture_files import encoded, shirt

BOX = (10, 20, 28, 60)
SPELLINGS = [(known, suffix) for known in FORMATS for suffix in known.suffixes]


def folder(root: Path, suffix: str) -> Item:
    return Item(f"tees/a{suffix}", f"tees/a{suffix}", {"category": "tees"})


def csv_file(root: Path, suffix: str) -> Item:
    root.mkdir()
    (root / "items.csv").write_text(f"id,image\n1,tees/a{suffix}\n")
    return Item("1", f"tees/a{suffix}")


def deepfashion(root: Path, suffix: str) -> Item:
    name = f"img/Tee/img_1{suffix}"
    DeepFashionTree([Row(name, box=BOX)]).write(root)
    return Item(name, name, {"category": "Blouse"}, BOX, "train")


def inshop(root: Path, suffix: str) -> Item:
    name = f"img/WOMEN/Tees/id_00000001/01_1_front{suffix}"
    InshopTree([Shot(name, "id_00000001", "train", box=BOX)]).write(root)
    attributes = {
        "item_id": "id_00000001",
        "gender": "WOMEN",
        "category": "Tees",
        "clothes_type": "full-body",
        "pose_type": "frontal",
    }
    return Item(name, name, attributes, BOX, "train")


@pytest.mark.parametrize(("picture_format", "suffix"), SPELLINGS, ids=[suffix for _, suffix in SPELLINGS])
@pytest.mark.parametrize("make", [folder, csv_file, deepfashion, inshop])
def test_a_picture_of_any_format_is_an_item_and_is_read(
    tmp_path: Path, make: Callable[[Path, str], Item], picture_format: PictureFormat, suffix: str
) -> None:
    root = tmp_path / "catalogue"
    expected = make(root, suffix)
    path = root / expected.image
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(shirt(), picture_format.name))

    catalogue = open_catalogue(root / "items.csv" if make is csv_file else root)
    assert catalogue.items == [expected]
    (read,) = read_pictures(
        catalogue.items,
        catalogue.root,
        known=(),
        fit=lambda pixels: pixels,
        target=224,
        as_srgb=True,
        workers=1,
        ahead=1,
    )
    assert read.code is None
    assert read.fitted is not None
    assert read.fitted.shape == ((80, 60, 3) if expected.crop is None else (40, 18, 3))
