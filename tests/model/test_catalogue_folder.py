"""The folder reader: ids from paths, and what it passes over."""

import os
import unicodedata
from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.opening import open_catalogue
from pictures.formats import suffixes_in_words


def pictures(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"")
    return root


def test_every_picture_below_is_an_item_sorted_by_id(tmp_path: Path) -> None:
    pictures(tmp_path, "shirts/long/b.PNG", "shirts/a.jpeg", "z.WebP", "Hats/1.jpg", "shirts/notes.txt", "hat.gif")
    catalogue = open_catalogue(tmp_path)
    assert catalogue.items == [
        Item("Hats/1.jpg", "Hats/1.jpg", {"category": "Hats"}),
        Item("shirts/a.jpeg", "shirts/a.jpeg", {"category": "shirts"}),
        Item("shirts/long/b.PNG", "shirts/long/b.PNG", {"category": "long"}),
        Item("z.WebP", "z.WebP", {}),
    ]
    assert catalogue.categories == ("Hats", "long", "shirts")
    assert (catalogue.kind, catalogue.root, catalogue.skipped) == ("folder", tmp_path, 2)
    assert catalogue.notes == (f"files passed over because they are no {suffixes_in_words()}: 2",)


def test_ids_are_nfc_and_images_as_on_disk(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Café/Blé.jpg")
    pictures(tmp_path, decomposed)
    (item,) = open_catalogue(tmp_path).items
    assert item == Item("Café/Blé.jpg", decomposed, {"category": "Café"})
    assert (tmp_path / item.image).is_file()


def test_two_spellings_of_one_id_name_both(tmp_path: Path) -> None:
    pictures(tmp_path, "é.jpg", unicodedata.normalize("NFD", "é.jpg"))
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system normalises names itself")
    with pytest.raises(CatalogueError, match=r"same id .* rename") as caught:
        open_catalogue(tmp_path)
    assert r"'\xe9.jpg'" in str(caught.value)
    assert r"'e\u0301.jpg'" in str(caught.value)


def test_hidden_and_own_output_are_passed_over(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", ".b.jpg", ".cache/c.jpg", "x/.d/e.jpg")
    pictures(tmp_path, "run/model.safetensors", "run/curves.png", "run/deep/f.png", "emb/items-12.jsonl", "emb/g.png")
    catalogue = open_catalogue(tmp_path)
    assert [item.id for item in catalogue.items] == ["a.jpg"]
    assert catalogue.notes == ("folders passed over because Lookalike wrote them itself: 2",)


def test_own_output_at_the_root_does_not_hide_the_pictures(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", "journal.bin")
    assert [item.id for item in open_catalogue(tmp_path).items] == ["a.jpg"]


@pytest.mark.timeout(20)
def test_links_neither_loop_nor_lead_outside(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    pictures(root, "a/1.jpg")
    pictures(outside, "secret.jpg")
    (root / "a" / "up").symlink_to(root)
    (root / "away").symlink_to(outside)
    (root / "away.jpg").symlink_to(outside / "secret.jpg")
    (root / "gone.jpg").symlink_to(root / "nothing.jpg")
    (root / "self.jpg").symlink_to(root / "self.jpg")
    (root / "same.jpg").symlink_to(root / "a" / "1.jpg")
    catalogue = open_catalogue(root)
    assert [item.id for item in catalogue.items] == ["a/1.jpg", "same.jpg"]
    assert catalogue.notes == ("links to folders, or to files outside the catalogue, not followed: 5",)


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    pictures(tmp_path / "real", "a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert open_catalogue(tmp_path / "link").root == tmp_path / "real"


@pytest.mark.timeout(20)
def test_a_pipe_named_like_a_picture_is_no_item(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert [item.id for item in open_catalogue(tmp_path).items] == ["a.jpg"]


@pytest.mark.parametrize("name", ["a\nb.jpg", b"caf\xe9.jpg".decode("utf-8", "surrogateescape"), "a\x7f.jpg"])
def test_a_name_that_makes_no_id_is_named(tmp_path: Path, name: str) -> None:
    pictures(tmp_path, name)
    with pytest.raises(CatalogueError, match=r"file '.*' holds control characters.*rename the file") as caught:
        open_catalogue(tmp_path)
    str(caught.value).encode()


def test_no_picture_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"holds no \.jpg, .* picture; give a folder"):
        open_catalogue(tmp_path)
    pictures(tmp_path, "a.gif")
    with pytest.raises(CatalogueError, match=r"picture \(files passed over .*: 1\); give a folder"):
        open_catalogue(tmp_path)


def test_a_list_beside_the_pictures_is_pointed_out(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg")
    (tmp_path / "items.csv").write_text("id,image\n1,a.jpg\n")
    assert any(note.startswith("items.csv was not read; to use") for note in open_catalogue(tmp_path).notes)


def test_attributes_csv_is_joined_and_wins(tmp_path: Path) -> None:
    pictures(tmp_path, "x/é.jpg", "x/b.jpg", "x/c.jpg")
    decomposed = unicodedata.normalize("NFD", "x/é.jpg")
    (tmp_path / "attributes.csv").write_text(f"id,colour,category\n{decomposed},Red,NA\nx/b.jpg,,Tee\n")
    catalogue = open_catalogue(tmp_path)
    assert [dict(item.attributes) for item in catalogue.items] == [
        {"category": "Tee"},
        {"category": "x"},
        {"category": "x", "colour": "Red"},
    ]
    assert catalogue.categories == ("Tee", "x")
    assert catalogue.skipped == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,a\na.jpg,1\nb.jpg,2\n", "line 3: id 'b.jpg' is not an item of this catalogue; correct or remove"),
        ("id,a\na.jpg,1\na.jpg,2\n", "line 3: id 'a.jpg' is also on line 2; remove"),
        ("name,a\na.jpg,1\n", "line 1: the header has no column 'id'"),
        ("id,a\na.jpg\n", "line 2: has 1 fields"),
    ],
)
def test_faults_of_attributes_csv(tmp_path: Path, content: str, message: str) -> None:
    pictures(tmp_path, "a.jpg")
    (tmp_path / "attributes.csv").write_text(content)
    with pytest.raises(CatalogueError, match=rf"attributes\.csv, {message}"):
        open_catalogue(tmp_path)
