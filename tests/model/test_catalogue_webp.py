"""A catalogue of WebP pictures is as good as one of JPEGs, whatever lists them."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.embedding_set import EmbeddingSet
from contracts.items import Item
from evaluation.thumbnails import Thumbnails
from model.catalogue.opening import open_catalogue
from model.extraction import extract
from model.loading import load_engine
from model.shipped_networks import SHIPPED
from storage.embeddings_folder import read_embeddings
from tests.model.deepfashion_tree import DeepFashionTree, Row
from tests.model.inshop_tree import InshopTree, Shot

COLOURS = ("red", "green", "navy", "orange")


def draw(path: Path, colour: str) -> None:
    """A garment of one colour, 300 x 400, in the format of the file's suffix."""
    image = Image.new("RGB", (300, 400), "white")
    image.paste(colour, (60, 80, 240, 330))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, quality=90)


def folder(root: Path, suffix: str) -> Path:
    for number, colour in enumerate(COLOURS):
        draw(root / "Tee" / f"{number}{suffix}", colour)
    return root


def csv_file(root: Path, suffix: str) -> Path:
    folder(root, suffix)
    with (root / "items.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "image"))
        writer.writerows((f"{number}{suffix}", f"Tee/{number}{suffix}") for number in range(len(COLOURS)))
    return root / "items.csv"


def deepfashion(root: Path, suffix: str) -> Path:
    names = [f"img/Plain_Tee/img_{number:08d}{suffix}" for number in range(len(COLOURS))]
    DeepFashionTree([Row(name, 18, "train", (50, 70, 250, 340)) for name in names]).write(root)
    for name, colour in zip(names, COLOURS, strict=True):
        draw(root / name, colour)
    return root


def inshop(root: Path, suffix: str) -> Path:
    names = [f"img/WOMEN/Tees_Tanks/id_00000008/0{number}_1_front{suffix}" for number in range(len(COLOURS))]
    tree = InshopTree([Shot(name, "id_00000008", "gallery", 1, 1, (50, 70, 250, 340)) for name in names])
    tree.write(root)
    for name, colour in zip(names, COLOURS, strict=True):
        draw(root / tree.pictures / name.removeprefix("img/"), colour)
    return root


@pytest.mark.parametrize("make", [folder, csv_file, deepfashion, inshop])
def test_it_is_read_and_embedded_as_one_of_jpegs(tmp_path: Path, make: Callable[[Path, str], Path]) -> None:
    engine = load_engine(SHIPPED, device="cpu", threads=1)

    def embedded(suffix: str) -> tuple[EmbeddingSet, Path]:
        catalogue = open_catalogue(make(tmp_path / suffix[1:], suffix))
        assert catalogue.skipped == 0
        report = extract(catalogue.items, catalogue.root, tmp_path / f"embeddings{suffix}", engine)
        assert (report.items, report.unreadable) == (len(COLOURS), 0)
        return read_embeddings(tmp_path / f"embeddings{suffix}"), catalogue.folder

    (jpeg, _), (webp, root) = embedded(".jpg"), embedded(".webp")
    for one, other in zip(jpeg.items, webp.items, strict=True):
        named = Item(one.id.replace(".jpg", ".webp"), one.image.replace(".jpg", ".webp"))
        assert (other.id, other.image) == (named.id, named.image)
        assert (other.attributes, other.crop, other.partition) == (one.attributes, one.crop, one.partition)
    units = [set_.embeddings / np.linalg.norm(set_.embeddings, axis=1, keepdims=True) for set_ in (jpeg, webp)]
    assert (units[0] * units[1]).sum(axis=1).min() > 0.97
    assert (units[0] @ units[1].T).argmax(axis=1).tolist() == list(range(len(COLOURS)))
    assert all(Thumbnails(root).of(item) for item in webp.items)
