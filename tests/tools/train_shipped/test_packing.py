"""Packs: what is in them, and sentences for pictures that do not fit together."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from contracts.errors import CatalogueError, LookalikeError
from tests.tools.train_shipped.drawn_pictures import CLASS_MAP, PRODUCTS, Sources, draw_sources, is_held_out
from tools.train_shipped import __main__ as command
from tools.train_shipped import pack_files
from tools.train_shipped.pack_files import PackedPicture, read_pack, write_pack
from tools.train_shipped.records import Garment, PictureRecord
from tools.train_shipped.training_set import TrainingSet


def test_packs_hold_every_picture_and_nothing_that_runs_code(packs: Path, training_set: TrainingSet) -> None:
    assert {path.suffix for path in packs.iterdir()} == {".json", ".safetensors"}
    assert training_set.products.small.shape == (PRODUCTS, 3, 80, 80)
    assert training_set.products.large.shape == (8, 3, 224, 224)
    assert training_set.photos.pixels.shape == (24, 3, 224, 224)
    assert training_set.street.pixels.shape == (5, 3, 640, 640)
    assert training_set.values == (("Shirts", "Skirts"), ("Blue", "Red"), ("Men", "Women"))
    assert training_set.categories == ("shirt", "skirt")
    assert training_set.photos.held_out_sets["phone"].shape == (2,)
    assert training_set.street.sizes.tolist() == [[200, 300]] * 4 + [[200, 200]]


def test_what_is_held_out_is_held_out_as_a_whole(
    drawn_sources: Sources, packs: Path, training_set: TrainingSet
) -> None:
    products, street = training_set.products, training_set.street
    assert 0 < int(products.held_out.sum()) < PRODUCTS
    for group in torch.unique(products.groups):
        assert len(torch.unique(products.held_out[products.groups == group])) == 1
    assert street.held_out.sum() == 2
    for picture in read_pack(packs, "street"):
        assert picture.record.held_out == is_held_out((drawn_sources.street / picture.record.id).read_bytes())
    for picture in read_pack(packs, "photos"):
        if picture.record.attributes["set"] == "phone":
            assert picture.record.held_out == picture.record.id.startswith("validation/")


def test_classes_stand_for_the_types_of_the_class_map(training_set: TrainingSet) -> None:
    for pictures in (training_set.photos, training_set.street):
        assert torch.equal(pictures.allowed.int().argmax(1), pictures.categories)
        assert bool((pictures.allowed.sum(1) == 1).all())


def test_a_pack_is_split_into_files_of_a_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_files, "MAX_FILE_BYTES", 100)
    pictures = [
        PackedPicture(PictureRecord(str(n), {"title": f"ä {n}"}, n == 1, (Garment("hat", (0, 0, 0.5, 1)),)), b"x" * n)
        for n in (40, 50, 30, 1, 120, 7)
    ]
    write_pack(tmp_path, "street", pictures)
    assert len(list(tmp_path.glob("*.safetensors"))) == 4
    assert read_pack(tmp_path, "street") == pictures
    write_pack(tmp_path, "street", pictures[:1])
    assert len(list(tmp_path.glob("*.safetensors"))) == 1
    assert read_pack(tmp_path, "street") == pictures[:1]


def test_an_unreadable_picture_is_named_and_left_out(tmp_path: Path) -> None:
    sources = draw_sources(tmp_path / "sources")
    (sources.root / "more" / "shirt" / "shirt-0.jpg").write_bytes(b"no picture")
    (sources.products.parent / "images" / "20.png").unlink()
    report = sources.pack(tmp_path / "packs")
    assert len(report.unreadable) == 2
    assert "20.png cannot be read: No such file" in report.unreadable[0]
    assert "shirt-0.jpg: the file is not a picture" in report.unreadable[1]
    assert report.pictures["products-small"] == PRODUCTS - 9


def test_street_photos_without_boxes_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = draw_sources(tmp_path)
    (sources.street / "boxes.csv").unlink()
    arguments = ["pack", "--products", sources.products, "--photos", *sources.photos, "--street", sources.street]
    arguments += ["--class-map", sources.class_map, "--out", tmp_path / "packs"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["train_shipped", *map(str, arguments)])
        assert command.main() == 1
    assert f"{sources.street} has no boxes.csv; --street needs a folder with boxes.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("photos/404.png,shirt,0,0,1,1", "line 6: there is no picture 'photos/404.png'"),
        ("photos/nobody.png,shirt,0,0,1.2,1", "line 6: the box 0, 0, 1.2, 1 does not lie in the photo"),
        ("photos/nobody.png,shirt,0.5,0,0.5,1", "line 6: the box 0.5, 0, 0.5, 1 does not lie in the photo"),
        ("photos/nobody.png,shirt,0,0,nan,1", "line 6: the box 0, 0, nan, 1 does not lie in the photo"),
        ("photos/nobody.png,shirt,0,0,wide,1", "line 6: the box is not four numbers"),
        ("photos/nobody.png,,0,0,1,1", "line 6: the class is empty"),
    ],
)
def test_a_wrong_box_is_refused(tmp_path: Path, row: str, sentence: str) -> None:
    sources = draw_sources(tmp_path)
    with (sources.street / "boxes.csv").open("a") as stream:
        stream.write(f"{row}\n")
    with pytest.raises(CatalogueError, match=sentence):
        sources.pack(tmp_path / "packs")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"shirt": ["Shirts", "Togas"]}, "the class map names 'Togas', and no product has such a value"),
        ({"street-skirt": None}, "the class map lacks 'street-skirt'; add each"),
        ({"shirt": []}, "'shirt' needs a list of values"),
    ],
)
def test_a_class_map_that_does_not_fit_is_refused(
    tmp_path: Path, change: dict[str, list[str] | None], sentence: str
) -> None:
    sources = draw_sources(tmp_path)
    changed = {name: values for name, values in {**CLASS_MAP, **change}.items() if values is not None}
    sources.class_map.write_text(json.dumps(changed))
    with pytest.raises(LookalikeError, match=sentence):
        sources.pack(tmp_path / "packs")


def test_folders_of_photos_without_classes_are_refused(tmp_path: Path) -> None:
    sources = draw_sources(tmp_path)
    Image.new("RGB", (20, 20)).save(sources.photos[1] / "loose.png")
    with pytest.raises(CatalogueError, match=r"loose\.png is in no folder of a class"):
        sources.pack(tmp_path / "packs")


def test_large_pictures_of_no_product_are_refused(tmp_path: Path) -> None:
    sources = draw_sources(tmp_path)
    for path in sources.large_products.iterdir():
        path.rename(path.with_stem(f"photo-{path.stem}"))
    with pytest.raises(CatalogueError, match="is named by the id of a product"):
        sources.pack(tmp_path / "packs")


@pytest.mark.parametrize("name", ["photos.json", "photos-0.safetensors"])
def test_torn_and_missing_packs_are_refused(tmp_path: Path, name: str) -> None:
    sources = draw_sources(tmp_path)
    sources.pack(tmp_path / "packs")
    path = tmp_path / "packs" / name
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CatalogueError, match=r"the pack .*photos\.json is damaged"):
        read_pack(tmp_path / "packs", "photos")
    path.unlink()
    with pytest.raises(CatalogueError, match="has no complete pack 'photos'"):
        read_pack(tmp_path / "packs", "photos")
