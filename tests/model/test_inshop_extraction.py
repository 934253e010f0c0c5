"""A drawn In-shop tree through the command: what evaluation needs survives in the embeddings folder."""

from pathlib import Path

import pytest

from lookalike import main
from model.catalogue.opening import open_catalogue
from storage.embeddings_folder import read_embeddings
from tests.model.inshop_tree import InshopTree, Shot, shot_name

SHOTS = [
    Shot(shot_name("WOMEN", "Dresses", 2, "02_1_front"), "id_00000002", "train"),
    Shot(shot_name("WOMEN", "Tees_Tanks", 8, "01_1_front"), "id_00000008", "query", 1),
    Shot(shot_name("WOMEN", "Tees_Tanks", 8, "01_2_side"), "id_00000008", "gallery", 1, 2, (80, 40, 170, 200)),
]


@pytest.mark.parametrize("pictures", ["img", "Img/img"])
def test_partitions_items_and_boxes_are_kept(tmp_path: Path, pictures: str, capsys: pytest.CaptureFixture[str]) -> None:
    tree = InshopTree(SHOTS, pictures=pictures)
    root, out = tree.write(tmp_path / "in-shop"), tmp_path / "embeddings"
    tree.draw(root)
    options = ["--network", "efficientnet_lite0", "--device", "cpu", "--workers", "1", "--crop-to-box"]
    assert main(["extract", str(root), "--out", str(out), *options]) == 0
    shown = capsys.readouterr()
    assert "3 items" in shown.out
    assert "0 unreadable" in shown.out
    assert "3 of the 52,712 images of DeepFashion In-shop (1 train, 1 query, 1 gallery)" in shown.err
    kept = read_embeddings(out)
    assert list(kept.items) == open_catalogue(root).items
    assert [item.partition for item in kept.items] == ["train", "query", "gallery"]
    assert [item.crop for item in kept.items] == [shot.box for shot in SHOTS]
    assert kept.embeddings.shape == (3, 512)


def test_the_format_may_be_named_and_its_errors_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = InshopTree([SHOTS[1]]).write(tmp_path / "in-shop")
    arguments = ["extract", str(root), "--out", str(tmp_path / "out"), "--format", "deepfashion-inshop"]
    assert main(arguments) != 0
    assert "line 3: query img/WOMEN/Tees_Tanks/id_00000008/01_1_front.jpg is of item" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
