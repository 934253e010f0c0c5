"""The folder reader: ids from paths, and what it passes over."""

import os
import re
import unicodedata
from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.bad_rows import TooManyBadRows
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
    assert catalogue.notes == (f"files skipped because they are not {suffixes_in_words()} pictures: 2",)


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
    catalogue = open_catalogue(tmp_path)
    assert [item.id for item in catalogue.items] == ["é.jpg"]
    (bad,) = catalogue.bad_rows
    assert {bad.value, catalogue.items[0].image} == {"é.jpg", unicodedata.normalize("NFD", "é.jpg")}
    assert re.search(r"has the id of '.*\.jpg' once Unicode is normalised; rename", bad.reason)


def test_hidden_and_own_output_are_passed_over(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", ".b.jpg", ".cache/c.jpg", "x/.d/e.jpg")
    pictures(tmp_path, "run/model.safetensors", "run/curves.png", "run/deep/f.png", "emb/items-12.jsonl", "emb/g.png")
    catalogue = open_catalogue(tmp_path)
    assert [item.id for item in catalogue.items] == ["a.jpg"]
    assert catalogue.notes == ("folders skipped because Lookalike wrote them itself: 2",)


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
    (note,) = catalogue.notes
    assert re.fullmatch("links to folders, or to files outside the catalogue, not followed .*--follow-links.*: 5", note)


@pytest.mark.timeout(20)
def test_links_that_are_allowed_are_followed_and_do_not_loop(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    pictures(root, "a/1.jpg")
    pictures(outside, "deep/2.jpg")
    (root / "a" / "up").symlink_to(root)
    (root / "away").symlink_to(outside)
    (outside / "back").symlink_to(root)
    (outside / "deep" / "round").symlink_to(outside)
    (root / "away.jpg").symlink_to(outside / "deep" / "2.jpg")
    (root / "gone.jpg").symlink_to(root / "nothing.jpg")
    catalogue = open_catalogue(root, follow_links=True)
    assert [item.id for item in catalogue.items] == ["a/1.jpg", "away.jpg", "away/deep/2.jpg"]
    assert any(note.endswith("lead to a folder that has already been read: 3") for note in catalogue.notes)


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
def test_a_name_that_makes_no_id_is_skipped_and_listed(tmp_path: Path, name: str) -> None:
    pictures(tmp_path, name, "good.jpg")
    catalogue = open_catalogue(tmp_path)
    assert [item.id for item in catalogue.items] == ["good.jpg"]
    (bad,) = catalogue.bad_rows
    assert re.search("(holds control characters|is not UTF-8).*rename the file", bad.reason)
    str(bad).encode()
    (tmp_path / "good.jpg").unlink()
    with pytest.raises(TooManyBadRows, match="none of its 1 rows can be used") as caught:
        open_catalogue(tmp_path)
    str(caught.value).encode()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_an_unreadable_folder_is_skipped_and_listed(tmp_path: Path) -> None:
    pictures(tmp_path, "good.jpg", "closed/a.jpg")
    (tmp_path / "closed").chmod(0)
    catalogue = open_catalogue(tmp_path)
    (tmp_path / "closed").chmod(0o700)
    assert [item.id for item in catalogue.items] == ["good.jpg"]
    assert [bad.value for bad in catalogue.bad_rows] == ["closed"]


def test_a_folder_that_fails_while_it_is_read_is_skipped_and_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(tmp_path, "good.jpg", "closed/a.jpg")
    scandir = os.scandir

    def failing(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    catalogue = open_catalogue(tmp_path)
    assert [item.id for item in catalogue.items] == ["good.jpg"]
    (bad,) = catalogue.bad_rows
    assert (bad.value, bad.reason) == (
        "closed",
        "is a folder that cannot be read: Permission denied; check its permissions or move it away",
    )


@pytest.mark.parametrize(
    "junk",
    [
        "Shirts/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
        "#recycle/old.jpg",
        "$RECYCLE.BIN/old.jpg",
        "$Recycle.Bin/old.jpg",
        "lost+found/x.jpg",
        "__MACOSX/Shirts/a.jpg",
        ".thumbnails/a.jpg",
        "@Recycle/a.jpg",
        "System Volume Information/a.jpg",
        "Shirts/Thumbs.db",
    ],
)
def test_what_systems_leave_is_passed_over_with_a_note(tmp_path: Path, junk: str) -> None:
    pictures(tmp_path, "Shirts/a.jpg", junk)
    catalogue = open_catalogue(tmp_path)
    assert [item.id for item in catalogue.items] == ["Shirts/a.jpg"]
    assert catalogue.notes == (
        "folders and files skipped because a system created them, such as @eaDir, #recycle or Thumbs.db: 1",
    )


def test_no_picture_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"holds no \.jpg, .* picture; give a folder"):
        open_catalogue(tmp_path)
    pictures(tmp_path, "a.gif")
    with pytest.raises(CatalogueError, match=r"picture \(files skipped .*: 1\); give a folder"):
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
    ("content", "row", "value"),
    [
        ("id,a\na.jpg,1\nb.jpg,2\n", 3, "b.jpg"),
        ("id,a\na.jpg,1\na.jpg,2\n", 3, "a.jpg"),
        ("ID,a\na.jpg\na.jpg,1\n", 2, "a.jpg"),
    ],
)
def test_bad_rows_of_attributes_csv_are_listed(tmp_path: Path, content: str, row: int, value: str) -> None:
    pictures(tmp_path, "a.jpg")
    (tmp_path / "attributes.csv").write_text(content)
    catalogue = open_catalogue(tmp_path)
    assert [dict(item.attributes) for item in catalogue.items] == [{"a": "1"}]
    (bad,) = catalogue.bad_rows
    assert (bad.file, bad.row, bad.value) == (tmp_path / "attributes.csv", row, value)


def test_faults_of_attributes_csv_that_stop_the_import(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg")
    (tmp_path / "attributes.csv").write_text("name,a\na.jpg,1\n")
    with pytest.raises(CatalogueError, match=r"attributes\.csv, line 1: the header has no column 'id'"):
        open_catalogue(tmp_path)
    (tmp_path / "attributes.csv").write_text("id,a\na.jpg,1\nb.jpg,1\nc.jpg,1\n")
    with pytest.raises(TooManyBadRows, match=r"attributes\.csv: 2 of 3 rows failed"):
        open_catalogue(tmp_path)
