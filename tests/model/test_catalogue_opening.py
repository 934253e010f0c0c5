"""Which reader a path gets, and that reading needs nothing heavy."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import CatalogueError
from contracts.items import check_item_id
from contracts.plain_ids import is_plain_id
from model.catalogue.opening import open_catalogue

REPOSITORY = Path(__file__).parents[2]


def test_recognised_by_content(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "ITEMS.CSV").write_text("id,image\n1,a.jpg\n")
    assert open_catalogue(tmp_path).kind == "folder"
    assert open_catalogue(tmp_path / "ITEMS.CSV").kind == "csv"


@pytest.mark.parametrize("made", [("Anno", "Eval"), ("Anno_coarse", "Eval")])
def test_deepfashion_folders_without_lists_are_no_picture_folder(tmp_path: Path, made: tuple[str, ...]) -> None:
    for name in made:
        (tmp_path / name).mkdir()
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(CatalogueError, match=r"list_category_cloth\.txt is missing; .*put it there"):
        open_catalogue(tmp_path)
    assert open_catalogue(tmp_path, format="folder").kind == "folder"


def test_a_category_named_anno_makes_no_deepfashion(tmp_path: Path) -> None:
    (tmp_path / "Anno").mkdir()
    (tmp_path / "Anno" / "a.jpg").write_bytes(b"")
    assert open_catalogue(tmp_path).kind == "folder"


def test_format_overrides_the_name(tmp_path: Path) -> None:
    path = tmp_path / "items.txt"
    path.write_text("id,image\n1,a.jpg\n")
    with pytest.raises(CatalogueError, match=r"is a file but not a \.csv; .*--format csv"):
        open_catalogue(path)
    assert len(open_catalogue(path, format="csv").items) == 1


def test_paths_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    with pytest.raises(CatalogueError, match="does not exist; give a folder"):
        open_catalogue(path)
    path.write_text("id,image\n1,a.jpg\n")
    with pytest.raises(CatalogueError, match="is not a folder, which format folder needs"):
        open_catalogue(path, format="folder")
    with pytest.raises(CatalogueError, match="is not a file, which format csv needs"):
        open_catalogue(tmp_path, format="csv")
    with pytest.raises(CatalogueError, match="is not a folder, which format deepfashion needs"):
        open_catalogue(tmp_path / "none", format="deepfashion")
    with pytest.raises(CatalogueError, match="format 'xml' is unknown; there are folder, csv, deepfashion"):
        open_catalogue(path, format="xml")  # type: ignore[arg-type]
    with pytest.raises(CatalogueError, match="read as csv, which has no category numbers"):
        open_catalogue(path, partitions=["train"])


@given(
    st.text(alphabet=st.sampled_from("aZ0_-./ \n\t%é\0(imagesr)"), max_size=12)
    | st.sampled_from(["image", "similar", "a/image", "a/similar", "images", "similar.jpg", "..", "a/../b", "a" * 513])
)
def test_the_quick_check_accepts_nothing_that_the_full_one_refuses(item_id: str) -> None:
    if is_plain_id(item_id):
        check_item_id(item_id)


@pytest.mark.parametrize("item_id", ["39386", "img/Sheer_Pleated-Front_Blouse/img_00000001.jpg", "a b/c,d (1).jpg"])
def test_usual_ids_pass_the_quick_check(item_id: str) -> None:
    assert is_plain_id(item_id)


def test_reading_loads_no_network_and_no_pictures_library() -> None:
    code = (
        "import sys, model.catalogue.opening; "
        "print([name for name in ('torch', 'PIL', 'sklearn', 'scipy') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
