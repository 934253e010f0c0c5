"""The CSV reader: what it reads, and how it names what it cannot read."""

from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.opening import open_catalogue

HEADER = "id,image,colour\n"


def written(folder: Path, content: str | bytes, name: str = "items.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_rows_become_items_in_order(tmp_path: Path) -> None:
    path = written(tmp_path, "colour,id,image,note\nRed, b/2 ,images/2.jpg,NA\n,a,images/../images/1.jpg, x \n")
    catalogue = open_catalogue(path)
    assert catalogue.items == [
        Item("b/2", "images/2.jpg", {"colour": "Red"}),
        Item("a", "images/1.jpg", {"note": "x"}),
    ]
    assert (catalogue.kind, catalogue.root, catalogue.skipped) == ("csv", tmp_path, 0)


def test_relative_path_gives_an_absolute_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, HEADER + "1,a.jpg,Red\n")
    monkeypatch.chdir(tmp_path)
    assert open_catalogue(Path("items.csv")).root == tmp_path.resolve()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfid,image,colour\r\n1,a.jpg,Red\r\n",
        b"id;image;colour\n1;a.jpg;Red\n",
        b"id\timage\tcolour\n1\ta.jpg\tRed\n",
        b"\n\nid,image,colour\n\n1,a.jpg,Red\n\n",
        b'"id","image","colour"\r1,a.jpg,"Red"\r',
    ],
    ids=["byte order mark", "semicolon", "tab", "blank lines", "old line ends"],
)
def test_spellings_of_one_table(tmp_path: Path, content: bytes) -> None:
    assert open_catalogue(written(tmp_path, content)).items == [Item("1", "a.jpg", {"colour": "Red"})]


def test_quoted_separators_and_line_breaks_stay_in_the_value(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + '1,a.jpg,"Red, ""dark""\nor wine"\n2,b.jpg\n')
    with pytest.raises(CatalogueError, match=r"items\.csv, line 4: has 2 fields, but the header has 3"):
        open_catalogue(path)
    written(tmp_path, HEADER + '1,a.jpg,"Red, ""dark""\nor wine"\n')
    assert open_catalogue(path).items[0].attributes == {"colour": 'Red, "dark"\nor wine'}


def test_absolute_image_below_the_folder(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    linked = tmp_path / "linked"
    linked.symlink_to(real)
    path = written(linked, HEADER + f"1,{linked}/a.jpg,x\n2,{real}/b.jpg,x\n")
    catalogue = open_catalogue(path)
    assert [item.image for item in catalogue.items] == ["a.jpg", "b.jpg"]
    assert catalogue.root == real


def test_categories_are_those_of_the_column(tmp_path: Path) -> None:
    path = written(tmp_path, "id,image,category\n1,a.jpg,Tee\n2,b.jpg,Blouse\n3,c.jpg,\n4,d.jpg,Tee\n")
    assert open_catalogue(path).categories == ("Blouse", "Tee")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"items\.csv is empty; it needs a header with the columns 'id', 'image'"),
        ("\ufeff \n", r"items\.csv is empty"),
        (HEADER, "has a header but no rows; add a row"),
        ("ID,picture\n1,a.jpg\n", r"line 1: the header has no column 'id', 'image', only 'ID', 'picture'"),
        ("id,image,\n1,a.jpg,x\n", "line 1: column 3 has no name; name it"),
        ("id,image,a,a\n1,a.jpg,x,y\n", "line 1: column 'a' is there twice; rename"),
        (HEADER + "1,a.jpg\n", "line 2: has 2 fields, but the header has 3; put values"),
        (HEADER + "1,a.jpg,Red,dark\n", "line 2: has 4 fields, but the header has 3; put values"),
        (HEADER + "1,a.jpg,x\n,b.jpg,x\n", "line 3: the id is empty; give"),
        (HEADER + "1,a.jpg,x\n2,b.jpg,x\n1,c.jpg,x\n", "line 4: id '1' is also on line 2; give"),
        (HEADER + "1,,x\n", "line 2: image '' is empty; name the picture's file"),
        (HEADER + "1,.,x\n", "line 2: image '.' is not below .*; move"),
        (HEADER + "1,../a.jpg,x\n", r"line 2: image '\.\./a\.jpg' is not below .*; move"),
        (HEADER + "1,a/../../b.jpg,x\n", "line 2: image .* is not below"),
        (HEADER + "1,/etc/passwd,x\n", "line 2: image '/etc/passwd' is not below"),
        (HEADER + "1,https://shop.example/a.jpg,x\n", "line 2: image .* is an address; download"),
        (HEADER + "1,a\\b.jpg,x\n", r"line 2: image .* holds '\\'; write paths with '/'"),
        (HEADER + "1,a.jpg,x\na//b,a.jpg,x\n", "line 3: id 'a//b' has an empty, '.' or '..' segment"),
        (HEADER + "x/similar,a.jpg,x\n", "line 2: id 'x/similar' ends in 'similar'.*rename"),
        (HEADER + "a\tb,a.jpg,x\n", "line 2: id .* holds control characters"),
        (HEADER + "a" * 513 + ",a.jpg,x\n", "line 2: id .* has 513 characters"),
        (HEADER + "1,a.jpg,x\n2,b.jpg,\0\n", "line 3: contains a NUL byte"),
        (HEADER.encode() + b"1,a.jpg,x\n2,b.jpg,caf\xe9\n", "line 3: byte 0xe9 is not UTF-8; save"),
        ("id,image\n1,a.jpg\n".encode("utf-16"), "line 1: byte 0xff is not UTF-8; save"),
        (HEADER + "1,a.jpg,x\n2,b.jpg," + "y" * 200_000 + "\n", "line 3: the row that starts here cannot be read"),
        (HEADER + '1,a.jpg,x\n2,b.jpg,"y\n3,c.jpg,z\n', "line 3: .* is a double quote left open"),
        (HEADER + '1,a.jpg,"x"y\n', "line 2: .* is a double quote left open"),
    ],
)
def test_faults_are_named_with_line_and_mend(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(CatalogueError, match=message) as caught:
        open_catalogue(path)
    assert str(path) in str(caught.value)


def test_very_many_short_lines_in_an_open_quote_end_in_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + '1,a.jpg,"x\n' + "2,b.jpg,y\n" * 50_000)
    with pytest.raises(CatalogueError, match=r"line 2: .* is a double quote left open"):
        open_catalogue(path)
