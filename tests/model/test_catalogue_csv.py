"""The CSV reader: what it reads, and how it names what it cannot read."""

import contextlib
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.bad_rows import TooManyBadRows
from model.catalogue.opening import open_catalogue
from model.tolerance import Tolerance

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
    catalogue = open_catalogue(path)
    assert [dict(item.attributes) for item in catalogue.items] == [{"colour": 'Red, "dark"\nor wine'}]
    assert [bad.row for bad in catalogue.bad_rows] == [4]


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
        (HEADER + ",,\n , ,\n", "has a header but no rows; add a row"),
        ("sep=;\n", "has no header; it needs the columns 'id', 'image'"),
        ("sku,picture\n1,a.jpg\n", r"line 1: the header has no column 'id', 'image', only 'sku', 'picture'"),
        ("id,image,\n1,a.jpg,x\n", "line 1: column 3 has no name; name it"),
        ("id,image,a,a\n1,a.jpg,x,y\n", "line 1: column 'a' appears twice; rename"),
        ("id,image,e\u0301,\u00e9\n1,a.jpg,x,y\n", "line 1: column 'é' appears twice; rename"),
        ("Id,ID,image\n1,2,a.jpg\n", "line 1: columns 'Id', 'ID' are both 'id'; rename"),
        (b"id,image,couleur\xe9\n1,a.jpg,x\n", "line 1: byte 0xe9 is not UTF-8; save"),
        ("id,image,\0\n1,a.jpg,x\n", "line 1: contains a NUL byte"),
        ('id,image,"a"b\n1,a.jpg,x\n', "line 1: .* is a double quote left open"),
        ("id,image\n1,a.jpg\n".encode("utf-16"), "line 1: byte 0xff is not UTF-8; save"),
    ],
)
def test_a_wrong_header_stops_the_import(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(CatalogueError, match=message) as caught:
        open_catalogue(path)
    assert str(path) in str(caught.value)


BAD_ROWS = [
    ("9,a.jpg\n", "9,a.jpg", "has 2 fields, but the header has 3; put values"),
    ("9,a.jpg,Red,dark\n", "9,a.jpg,Red,dark", "has 4 fields, but the header has 3; put values"),
    (",b.jpg,x\n", "", "the id is empty; give"),
    ("1,c.jpg,x\n", "1", "is the id of line 2 too; give"),
    ("9,,x\n", "", "is empty; name the picture's file"),
    ("9,.,x\n", ".", "is not below .*; move"),
    ("9,../a.jpg,x\n", "../a.jpg", "is not below .*; move"),
    ("9,a/../../b.jpg,x\n", "a/../../b.jpg", "is not below"),
    ("9,/etc/passwd,x\n", "/etc/passwd", "is not below"),
    ("9,https://shop.example/a.jpg,x\n", "https://shop.example/a.jpg", "is an address; download"),
    ("9,a\\b.jpg,x\n", "a\\b.jpg", r"holds '\\'; write paths with '/'"),
    ("a//b,a.jpg,x\n", "a//b", "has an empty, '.' or '..' segment"),
    ("x/similar,a.jpg,x\n", "x/similar", "ends in 'similar'.*rename"),
    ("a\tb,a.jpg,x\n", "a\tb", "holds control characters"),
    ("a" * 513 + ",a.jpg,x\n", "a" * 200 + "...", "has 513 characters"),
    ("9,b.jpg,a\0b\n", "a\\x00b", "contains a NUL byte"),
    (b"9,b.jpg,caf\xe9\n", "caf\\xe9", "byte 0xe9 is not UTF-8; save"),
    (
        "9,b.jpg," + "y" * 1_100_000 + "\n",
        "y" * 200 + "...",
        "column 'colour' and has 1,100,000 characters, over 1,048,576",
    ),
    ('9,b.jpg,"y\n', '9,b.jpg,"y', "is a double quote left open"),
    ('9,b.jpg,"x"y\n', '9,b.jpg,"x"y', "is a double quote left open"),
    ("e\u0301,b.jpg,x\n\u00e9,b.jpg,x\n", "\u00e9", "is the id of line 3 too"),
]


@pytest.mark.parametrize(("row", "value", "reason"), BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_a_bad_row_is_skipped_and_listed(tmp_path: Path, row: str | bytes, value: str, reason: str) -> None:
    bad = row if isinstance(row, bytes) else row.encode()
    path = written(tmp_path, HEADER.encode() + b"1,a.jpg,Red\n" + bad + b'2,b.jpg,"Blue, dark"\n3,c.jpg,Red\n')
    catalogue = open_catalogue(path)
    assert [item.id for item in catalogue.items if item.id.isascii()] == ["1", "2", "3"]
    (found,) = catalogue.bad_rows
    lines_of_the_row = bad.count(b"\n")
    assert (found.file, found.row, found.value) == (path, 2 + lines_of_the_row, value)
    assert re.search(reason, found.reason)


def test_empty_rows_are_listed_and_count_for_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "1,a.jpg,Red\n" + ",,\n , \u00a0,\n,,,,\n" * 5)
    catalogue = open_catalogue(path, tolerance=Tolerance(strict=True))
    assert len(catalogue.items) == 1
    assert [bad.row for bad in catalogue.bad_rows] == list(range(3, 18))
    assert catalogue.failed == 0


def test_a_cell_above_128_kb_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + f'1,a.jpg,"{"y" * 200_000}"\n')
    assert len(open_catalogue(path).items[0].attributes["colour"]) == 200_000


def test_reading_never_lowers_the_limit_of_other_readers(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    for content in ("sku,picture\n1,a.jpg\n", HEADER + "1,a.jpg,x\n"):
        with contextlib.suppress(CatalogueError):
            open_catalogue(written(tmp_path, content))
    assert csv.field_size_limit() >= before


def test_too_many_bad_rows_stop_the_import_and_are_all_listed(tmp_path: Path) -> None:
    rows = "".join(f"{number},{'' if number % 4 == 0 else 'a.jpg'},x\n" for number in range(100))
    path = written(tmp_path, HEADER + rows)
    with pytest.raises(
        TooManyBadRows, match=r"25 of 100 rows failed, over 20%; .*--max-failed.*line 2: .*22 more"
    ) as caught:
        open_catalogue(path)
    assert [bad.row for bad in caught.value.bad_rows] == list(range(2, 102, 4))
    assert len(open_catalogue(path, tolerance=Tolerance(max_failed=0.25)).items) == 75


def test_one_bad_row_of_two_does_not_stop_the_import_and_none_left_does(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "1,a.jpg,Red\n2,,Blue\n")
    assert len(open_catalogue(path).items) == 1
    for tolerance in (Tolerance(max_failed=0), Tolerance(strict=True)):
        with pytest.raises(TooManyBadRows, match="line 3"):
            open_catalogue(path, tolerance=tolerance)
    written(tmp_path, HEADER + "2,,Blue\n")
    with pytest.raises(TooManyBadRows, match="none of its 1 rows can be used"):
        open_catalogue(path, tolerance=Tolerance(max_failed=1))


def test_strict_stops_at_the_first(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "1,a.jpg,Red\n2,,Blue\n3,,Blue\n")
    with pytest.raises(TooManyBadRows, match=r"line 3.*--strict") as caught:
        open_catalogue(path, tolerance=Tolerance(strict=True))
    assert len(caught.value.bad_rows) == 1


@pytest.mark.timeout(20)
@pytest.mark.parametrize("line", ['2,b.jpg,"y', 'a","b', "2,b.jpg,y"])
def test_very_many_lines_in_an_open_quote_are_read_in_linear_time(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, HEADER + '1,a.jpg,"x\n' + f"{line}\n" * 100_000)
    with pytest.raises(CatalogueError, match=r"line \d: .* is a double quote left open"):
        open_catalogue(path)


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\nid;image;colour\n1;a.jpg;Red\n",
        '\ufeff"sep=;"\r\nid;image;colour\r\n1;a.jpg;Red\r\n',
        "SEP=|\nid|image|colour\n1|a.jpg|Red\n",
        "Id, IMAGE ,colour\n1,a.jpg,Red\n",
        "\u00a0ID;Image;colour\n1;a.jpg;Red\n",
        ",id,image,colour\n0,1,a.jpg,Red\n",
        "id,image,colour,,\n1,a.jpg,Red,,\n",
        "id,image,colour\n\u00a01\u200b,a.jpg,Red\u3000\n",
    ],
    ids=["sep", "sep as text", "another sep", "case", "case, semicolon", "index", "empty columns", "edges"],
)
def test_what_spreadsheets_and_pandas_write_is_understood(tmp_path: Path, content: str) -> None:
    catalogue = open_catalogue(written(tmp_path, content))
    assert catalogue.items == [Item("1", "a.jpg", {"colour": "Red"})]
    assert catalogue.bad_rows == ()


def test_a_column_in_lower_case_is_preferred(tmp_path: Path) -> None:
    path = written(tmp_path, "ID,id,image\n7,1,a.jpg\n")
    assert open_catalogue(path).items == [Item("1", "a.jpg", {"ID": "7"})]


def test_attribute_values_and_names_have_one_form(tmp_path: Path) -> None:
    path = written(
        tmp_path, "id,image,gro\u0308\u00dfe\n1,a.jpg,E\u0301cru\n2,a.jpg,\u00c9cru\u00a0\n3,a.jpg,\u200bNA\n"
    )
    assert [dict(item.attributes) for item in open_catalogue(path).items] == [
        {"gr\u00f6\u00dfe": "\u00c9cru"},
        {"gr\u00f6\u00dfe": "\u00c9cru"},
        {},
    ]


class TestNamesOfPictures:
    @pytest.fixture
    def shop(self, tmp_path: Path) -> Path:
        for name in ("images/a.jpg", "images/C.JPG", "images/jupe\u0301.jpg", "images/Two.jpg", "images/two.jpg"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        if len(list((tmp_path / "images").iterdir())) != 5:
            pytest.skip("this file system does not tell upper from lower case")
        return tmp_path

    @pytest.mark.parametrize(
        ("written_as", "found"),
        [
            ("images/a.jpg", "images/a.jpg"),
            ("/images/a.jpg", "images/a.jpg"),
            ("images/c.jpg", "images/C.JPG"),
            ("IMAGES/c.jpg", "images/C.JPG"),
            ("/Images/A.JPG", "images/a.jpg"),
            ("images/jup\u00e9.jpg", "images/jupe\u0301.jpg"),
            ("images/JUP\u00c9.jpg", "images/jupe\u0301.jpg"),
            ("images/Two.jpg", "images/Two.jpg"),
            ("images/none.jpg", "images/none.jpg"),
        ],
    )
    def test_the_one_file_that_is_meant(self, shop: Path, written_as: str, found: str) -> None:
        path = written(shop, f"id,image\n1,{written_as}\n")
        assert [item.image for item in open_catalogue(path).items] == [found]

    def test_two_files_that_may_be_meant_are_named(self, shop: Path) -> None:
        path = written(shop, "id,image\n1,images/a.jpg\n2,images/TWO.jpg\n")
        (bad,) = open_catalogue(path).bad_rows
        assert re.search("none of the 2 files .*'Two.jpg', 'two.jpg'", bad.reason)

    def test_a_folder_is_listed_once(self, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        listed: list[Path] = []
        iterdir = Path.iterdir

        def noted(path: Path) -> Iterator[Path]:
            listed.append(path)
            return iterdir(path)

        monkeypatch.setattr(Path, "iterdir", noted)
        path = written(shop, "id,image\n" + "".join(f"{number},images/{number}.jpg\n" for number in range(50)))
        open_catalogue(path)
        assert listed == [shop / "images"]
