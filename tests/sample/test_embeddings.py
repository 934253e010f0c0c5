"""The embeddings that come with the pictures: those of the shipped network, and no others are ever used."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from launch.demo import use_shipped_embeddings
from model.catalogue.opening import open_catalogue
from model.extraction import extract
from model.folder_update import ExtractionReport
from model.loading import load_engine
from model.shipped_networks import SHIPPED, shipped_version
from sample.archive import ARCHIVE, SampleArchive
from sample.catalogue import unpack_catalogue
from sample.embeddings import embeddings_file, read_sample_embeddings, render_embeddings
from storage.embeddings_folder import read_embeddings


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shipped") / "sample-catalogue"
    unpack_catalogue(root)
    return root


def test_what_was_written_is_read(tmp_path: Path) -> None:
    embeddings = np.random.default_rng(0).standard_normal((3, 512)).astype(np.float32)
    digests = [hashlib.sha256(bytes([number])).digest() for number in range(3)]
    (tmp_path / "embeddings").mkdir()
    (tmp_path / embeddings_file("net-1")).write_bytes(render_embeddings(digests, embeddings))
    found = read_sample_embeddings(tmp_path, "net-1")
    assert found is not None
    assert found[0] == digests
    np.testing.assert_allclose(found[1], embeddings, rtol=1e-3)
    assert read_sample_embeddings(tmp_path, "net-2") is None


def test_each_belongs_to_a_picture_and_the_shipped_network(root: Path) -> None:
    found = read_sample_embeddings(root, shipped_version())
    assert found is not None, "run `python -m tools.draw_catalogue --keep-pictures`: the shipped network has changed"
    with SampleArchive(ARCHIVE) as archive:
        pictures = [seal.sha256 for name, seal in archive.seals.items() if name.endswith(".webp")]
    assert [digest.hex() for digest in found[0]] == pictures


def embedded(root: Path, folder: Path, pictures: int) -> ExtractionReport:
    catalogue = open_catalogue(root)
    # As `lookalike extract` does unless it is told to crop.
    items = [replace(item, crop=None) for item in catalogue.items[:: len(catalogue.items) // pictures]]
    return extract(items, catalogue.root, folder, load_engine(SHIPPED, device="cpu", threads=1))


def test_an_extraction_embeds_nothing_again_and_gives_what_the_network_gives(root: Path, tmp_path: Path) -> None:
    use_shipped_embeddings(root, tmp_path / "shipped")
    assert embedded(root, tmp_path / "shipped", 30).embedded == 0
    assert embedded(root, tmp_path / "own", 30).embedded == 30
    shipped, own = (read_embeddings(tmp_path / name).embeddings for name in ("shipped", "own"))
    cosines = (shipped * own).sum(1) / np.linalg.norm(shipped, axis=1) / np.linalg.norm(own, axis=1)
    assert cosines.min() > 0.999


def test_a_changed_picture_is_embedded(root: Path, tmp_path: Path) -> None:
    use_shipped_embeddings(root, tmp_path / "embeddings")
    catalogue = open_catalogue(root)
    path = root / catalogue.items[0].image
    before = path.read_bytes()
    # What follows the picture in its file changes its digest and nothing else.
    path.write_bytes(before + b"\0\0")
    try:
        assert embedded(root, tmp_path / "embeddings", 30).embedded == 1
    finally:
        path.write_bytes(before)


def test_another_network_or_catalogue_gets_none(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_shipped_embeddings(tmp_path, tmp_path / "embeddings")
    use_shipped_embeddings(tmp_path / "items.csv", tmp_path / "embeddings")
    monkeypatch.setattr("launch.demo.shipped_version", lambda: "resnet18-000000000000")
    use_shipped_embeddings(root, tmp_path / "embeddings")
    assert not (tmp_path / "embeddings").exists()


def test_a_damaged_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "embeddings").mkdir()
    for content in (b"", b"damaged", render_embeddings([], np.empty((0, 512), np.float32))[:100]):
        (tmp_path / embeddings_file(shipped_version())).write_bytes(content)
        use_shipped_embeddings(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
