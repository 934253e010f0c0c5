"""Options of `lookalike train` about street photos that do not fit together: sentences."""

import json
from pathlib import Path

import pytest

import lookalike
from tests.model.street_photos import street_photos, write_boxes
from tests.model.training_catalogue import colour_catalogue

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures beside a class map and street photos."""
    root = tmp_path_factory.mktemp("shop")
    colour_catalogue(root / "pictures", each=2)
    street_photos(root / "street")
    (root / "map.json").write_text(json.dumps({"street-Tee": ["Tee"], "Jacket": ["Jacket"]}))
    return root


def refusal(shop: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What the command says; it must not get as far as loading a network."""
    out = shop / "out"
    given = [str(shop / option) if (shop / option).exists() else option for option in options]
    assert lookalike.main(["train", str(shop / "pictures"), "--out", str(out), "--targets", "category", *given]) == 1
    assert not (out / "checkpoint.json").exists()
    return capsys.readouterr().err


def test_street_needs_a_class_map(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--street needs --class-map" in refusal(shop, capsys, "--street", "street")


def test_a_class_map_needs_photos(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "pass one of them with it" in refusal(shop, capsys, "--class-map", "map.json")


def test_a_folder_without_boxes_is_named(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(shop, capsys, "--street", "pictures", "--class-map", "map.json")
    assert "has no boxes.csv; put one there" in said


def test_a_box_beside_the_photo_is_named(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    street_photos(tmp_path)
    write_boxes(tmp_path, [("Tee-0.png", "Tee", 0.5, 0.2, 1.5, 0.9)])
    said = refusal(shop, capsys, "--street", str(tmp_path), "--class-map", "map.json")
    assert "0.5,0.2,1.5,0.9" in said
    assert "is no box on the photo" in said


def test_street_photos_are_no_photos_of_one_thing_each(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "pass the folder as --street" in refusal(shop, capsys, "--photos", "street", "--class-map", "map.json")
