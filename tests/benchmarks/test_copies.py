import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.copies import run
from benchmarks.distortion import distorted
from contracts.errors import EmbeddingsError
from contracts.hold_out import held_out
from model.catalogue.opening import open_catalogue
from model.extraction import extract
from model.loading import load_engine
from model.shipped_networks import SHIPPED
from sample.archive import ARCHIVE, SampleArchive

GARMENTS = 12


def picture(number: int) -> Image.Image:
    """A garment of the sample catalogue, 60 x 80."""
    with SampleArchive(ARCHIVE) as archive:
        names = [name for name in archive.seals if name.endswith(".webp")]
        garment = Image.open(io.BytesIO(archive.read(names[number * len(names) // GARMENTS])))
    return garment.convert("RGB").resize((60, 80))


def test_a_distorted_copy_is_another_picture_of_the_same_thing() -> None:
    original = picture(1)
    copies = [distorted(original, np.random.default_rng(seed)) for seed in range(20)]
    assert copies[0] == distorted(original, np.random.default_rng(0)), "the seed does not decide"
    assert len(set(copies)) == 20
    for data in copies:
        with Image.open(io.BytesIO(data)) as image:
            assert image.format == "JPEG"
            assert 40 < image.width < 140
            border, inner = np.asarray(image)[0].std(axis=0), np.asarray(image).std()
            assert border.max() < inner, "the border is of one colour"


@pytest.fixture(params=[".png", ".webp"])
def gallery(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    shop = tmp_path / "shop" / "things"
    shop.mkdir(parents=True)
    for number in range(GARMENTS):
        picture(number).save(shop / f"{number}{request.param}", lossless=True)
    picture(0).save(shop / f"twin{request.param}", lossless=True)
    catalogue = open_catalogue(tmp_path / "shop")
    extract(catalogue.items, catalogue.root, tmp_path / "gallery", load_engine(SHIPPED, device="cpu", threads=1))
    return tmp_path / "gallery"


def test_copies_are_searched_for_in_all_spaces(
    gallery: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(gallery, tmp_path / "out", pictures=1000, seed=3) == 0
    assert "recall@1" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    (measurement,) = metrics["measurements"]
    # Two of the pictures are the same: nobody could tell which of them was photographed.
    items = open_catalogue(tmp_path / "shop").items
    single = [item for item in items if Path(item.id).stem not in {"0", "twin"}]
    assert measurement["queries"] == held_out(single).sum() > 0
    recall = {space["space"]: space["at"][1]["recall"]["value"] for space in measurement["spaces"]}
    assert set(recall) == {"full", "reduced", "served"}
    assert recall["served"] >= 0.5, "none of the held-out ones is among the first five"
    assert (tmp_path / "out" / "report.html").is_file()


def test_a_gallery_whose_pictures_are_gone_is_a_sentence(gallery: Path, tmp_path: Path) -> None:
    for file in (tmp_path / "shop" / "things").iterdir():
        file.unlink()
    with pytest.raises(EmbeddingsError, match=r"none of the pictures in .* can be read any more"):
        run(gallery, tmp_path / "out", pictures=5, seed=3)
