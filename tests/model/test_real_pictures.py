"""The offline way on real pictures; `make test DATA=folder` names the folder they lie in."""

import csv
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from index.building import build_bundle
from index.bundle import open_current
from model.catalogue.opening import open_catalogue
from model.extraction import extract
from model.loading import load_engine
from pictures.decoding import decode
from storage.embeddings_folder import read_embeddings
from tests.index.version_folders import NOW

DATA = Path(os.environ.get("LOOKALIKE_DATA", "/nowhere"))
PRODUCTS, PHOTOS = DATA / "fashion-products.tar", DATA / "consumer-photos.tar"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not (PRODUCTS.is_file() and PHOTOS.is_file()),
        reason=f"the real pictures are not in {DATA}; name their folder: make test DATA=folder",
    ),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 150 products and the whole list of them."""
    folder = tmp_path_factory.mktemp("shop")
    with tarfile.open(PRODUCTS) as archive:
        members = archive.getmembers()
        pictures = [member for member in members if member.name.endswith(".jpg")]
        lists = [member for member in members if member.name.endswith("items.csv")]
        archive.extractall(folder, [*lists, *pictures[:150]], filter="data")
    return next(folder.rglob("items.csv")).parent


def test_the_whole_list_is_read(shop: Path) -> None:
    catalogue = open_catalogue(shop / "items.csv")
    assert len(catalogue.items) == 35_466
    assert all("NA" not in item.attributes.values() for item in catalogue.items)


def test_every_product_finds_itself(shop: Path, tmp_path: Path) -> None:
    with (shop / "items.csv").open(newline="") as source, (shop / "some.csv").open("w", newline="") as target:
        rows = csv.DictReader(source)
        writer = csv.DictWriter(target, list(rows.fieldnames or []))
        writer.writeheader()
        writer.writerows(row for row in rows if (shop / row["image"]).is_file())
    catalogue = open_catalogue(shop / "some.csv")
    engine = load_engine("imagenet:efficientnet_lite0", device="cpu")
    report = extract(catalogue.items, catalogue.root, tmp_path / "embeddings", engine)
    assert (report.items, report.unreadable) == (150, 0)
    embedding_set = read_embeddings(tmp_path / "embeddings")
    build_bundle(embedding_set, tmp_path / "bundles", now=NOW)
    bundle = open_current(tmp_path / "bundles")
    same_type, compared = 0, 0
    for row, item in enumerate(embedding_set.items):
        hits = bundle.gallery.search(bundle.reduction.reduce(embedding_set.embeddings[row]), limit=2)
        assert hits.similarities[0] > 0.9999
        assert row in hits.rows or hits.similarities[1] > 0.9999  # byte-identical pictures tie
        other = embedding_set.items[int(hits.rows[hits.rows != row][0])]
        same_type += other.attributes.get("articleType") == item.attributes.get("articleType")
        compared += 1
    # Chance is under a tenth; what the nearest other product is, is mostly of the same type.
    assert same_type / compared > 0.5


def test_every_photo_of_a_customer_is_decoded(tmp_path: Path) -> None:
    engine = load_engine("imagenet:efficientnet_lite0", device="cpu")
    decoded = 0
    with tarfile.open(PHOTOS) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is None or "/validation/" not in member.name or not member.name.lower().endswith(".jpg"):
                continue
            fitted = engine.preprocess(decode(stream.read(), box=None, target=engine.input_size).pixels)
            assert fitted.shape == (3, 224, 224)
            assert np.ptp(fitted) > 20
            decoded += 1
    assert decoded > 300
