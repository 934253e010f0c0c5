"""The archive in the repository: 1,200 pictures that every reader and the demo can use."""

import io
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from model.catalogue.opening import open_catalogue
from sample.archive import ARCHIVE, SampleArchive
from sample.catalogue import unpack_catalogue


def test_it_is_small() -> None:
    assert ARCHIVE.stat().st_size < 12_000_000


def test_its_pictures_are_webp_of_one_size() -> None:
    with SampleArchive(ARCHIVE) as archive:
        pictures = [name for name in archive.seals if name.endswith(".webp")]
        assert len(pictures) == 1200
        for name in pictures[::100]:
            image = Image.open(io.BytesIO(archive.read(name)))
            image.load()
            assert (image.format, image.mode, image.size) == ("WEBP", "RGB", (300, 400))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shipped") / "sample-catalogue"
    assert unpack_catalogue(root) == 1206
    return root


def test_it_opens_as_deepfashion_with_attributes_and_boxes(root: Path) -> None:
    catalogue = open_catalogue(root)
    assert catalogue.kind == "deepfashion"
    assert len(catalogue.items) == 1200
    assert set(Counter(item.attributes["category"] for item in catalogue.items).values()) == {60}
    assert Counter(item.partition for item in catalogue.items)["test"] > 100
    for item in catalogue.items:
        assert item.image == item.id
        assert item.id.endswith(".webp")
        assert item.crop is not None
        assert {"title", "style", "colour", "price"} <= set(item.attributes)


def test_it_also_opens_as_a_folder(root: Path) -> None:
    catalogue = open_catalogue(root, format="folder")
    assert len(catalogue.items) == 1200
    assert {item.attributes["category"] for item in catalogue.items} >= {"Tee", "Anorak", "Turtleneck"}


def test_all_of_it_was_unpacked(root: Path) -> None:
    assert unpack_catalogue(root) == 0
