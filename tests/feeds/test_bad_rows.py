"""A row that cannot be used is told by its number and id, and costs no other row."""

import json
from pathlib import Path

import pytest

from contracts.attribute_limits import MOST_COLUMNS_OF_ITEM, MOST_VALUE_BYTES
from contracts.errors import FeedError
from feeds import delimited, limits, ndjson_feed
from feeds.opening import open_feed
from feeds.rows import BadRow, FeedRow
from tests.feeds.feed_files import RSS, SHOPIFY, SHOPIFY_HEADER

GOOD = FeedRow(2, "good", "g.jpg", {})


def csv_rows(path: Path, text: str | bytes) -> list[FeedRow | BadRow]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(open_feed(path).rows())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feed"


@pytest.mark.parametrize(
    ("line", "item_id", "code", "detail"),
    [
        (",a.jpg,x", None, "missing_id", "has no id"),
        ("1,,x", "1", "missing_image", "names no picture"),
        ("good,b.jpg,x", "good", "duplicate_id", "has the id of an earlier row"),
        ("x/image,b.jpg,x", "x/image", "invalid_id", "reserved"),
        ("../x,b.jpg,x", "../x", "invalid_id", "'..' segment"),
        ("a\x07b,b.jpg,x", "a\\x07b", "invalid_id", "control characters"),
        ("1,ftp://host/a.jpg,x", "1", "invalid_image", "neither an https:// URL nor a path"),
        ("1,file:///etc/passwd,x", "1", "invalid_image", "neither an https:// URL nor a path"),
        ("1,data:image/png;base64.AAAA,x", "1", "invalid_image", "neither an https:// URL nor a path"),
        ("1,//cdn.example/a.jpg,x", "1", "invalid_image", "neither an https:// URL nor a path"),
        ("1,a\x00.jpg,x", None, "not_utf8", "holds a NUL byte"),
        ("1,a\x1b.jpg,x", "1", "invalid_image", "control character"),
        (f"1,{'a' * 3000},x", "1", "invalid_image", "3,000 characters"),
        ("1,b.jpg", "1", "wrong_fields", "has 2 fields, but the header has 3"),
        ("1,b.jpg,x,y", "1", "wrong_fields", "has 4 fields, but the header has 3"),
        ('1,"b"x.jpg,x', None, "broken_row", "is a double quote left open?"),
        (f"1,b.jpg,{'x' * (MOST_VALUE_BYTES + 1)}", "1", "invalid_attributes", "32,769 bytes"),
    ],
)
def test_a_bad_row_of_csv(path: Path, line: str, item_id: str | None, code: str, detail: str) -> None:
    first, bad, last = csv_rows(path, f"id,image,title\ngood,g.jpg,\n{line}\nlast,l.jpg,\n")
    assert (first, last) == (GOOD, FeedRow(4, "last", "l.jpg", {}))
    assert isinstance(bad, BadRow)
    assert (bad.row, bad.id, bad.code) == (3, item_id, code)
    assert detail in bad.detail


def test_bytes_of_another_encoding_cost_their_row_alone(path: Path) -> None:
    cafe = "Café".encode("cp1252")
    first, bad, last = csv_rows(path, b"id,image,title\ngood,g.jpg,\n1,b.jpg," + cafe + b"\nlast,l.jpg,\n")
    assert isinstance(first, FeedRow)
    assert isinstance(last, FeedRow)
    assert isinstance(bad, BadRow)
    assert (bad.code, bad.row) == ("not_utf8", 3)
    assert "byte 0xe9" in bad.detail
    ndjson = b'{"id": "a", "image": "a.jpg"}\n{"id": "b", "image": "b.jpg", "t": "' + cafe + b'"}\n'
    (_, bad) = csv_rows(path, ndjson)
    assert isinstance(bad, BadRow)
    assert (bad.id, bad.code) == ("b", "not_utf8")
    (bad, _) = csv_rows(path, RSS.encode().replace(b"Linen shirt", cafe))
    assert isinstance(bad, BadRow)
    assert (bad.id, bad.code) == ("TV_1", "not_utf8")
    declared = RSS.replace('version="1.0"?', 'version="1.0" encoding="Windows-1252"?').encode()
    (row, _) = csv_rows(path, declared.replace(b"Linen shirt", cafe))
    assert isinstance(row, FeedRow)
    assert row.attributes["title"] == "Café"


def test_ids_are_compared_in_one_form(path: Path) -> None:
    _, bad = csv_rows(path, "id,image\nÉ,a.jpg\n E\u0301 ,b.jpg\n")
    assert isinstance(bad, BadRow)
    assert bad.code == "duplicate_id"
    long = "x" * 300
    _, bad = csv_rows(path, f"id,image\n{long},a.jpg\n{long},b.jpg\n")
    assert isinstance(bad, BadRow)
    assert bad.code == "duplicate_id"


def test_a_bad_row_does_not_take_its_id_from_a_good_one(path: Path) -> None:
    bad, good = csv_rows(path, "id,image\n1,\n1,a.jpg\n")
    assert isinstance(bad, BadRow)
    assert isinstance(good, FeedRow)


@pytest.mark.parametrize(
    ("line", "item_id", "code", "detail"),
    [
        ("{", None, "broken_row", "no valid JSON"),
        ("[1]", None, "broken_row", "no JSON object"),
        ("[" * 100_000, None, "broken_row", "nested too deeply"),
        ('{"id": "1", "image": "a.jpg", "v": [{"x": 1}]}', "1", "invalid_attributes", "member 'v'"),
        ('{"id": "1", "image": "a.jpg", "v": NaN}', None, "broken_row", "NaN is no number"),
        ('{"id": "1", "image": "a.jpg", "v": "\\ud800"}', "1", "invalid_attributes", "surrogate"),
        ('{"id": "1", "image": "a.jpg", "v": "\\u0000"}', "1", "invalid_attributes", "NUL"),
        ('{"image": "a.jpg"}', None, "missing_id", "has no id"),
        ('{"id": "1"}', "1", "missing_image", "names no picture"),
        ('{"id": "1", "image": "a.jpg", "": "x"}', "1", "invalid_attributes", "no name"),
        (
            json.dumps({"id": "1", "image": "a.jpg"} | {f"a{n}": "x" for n in range(MOST_COLUMNS_OF_ITEM + 1)}),
            "1",
            "invalid_attributes",
            "at most 256 attributes, not 257",
        ),
    ],
)
def test_a_bad_row_of_ndjson(path: Path, line: str, item_id: str | None, code: str, detail: str) -> None:
    good = '{"id": "good", "image": "g.jpg"}'
    first, bad, last = csv_rows(path, f"{good}\n{line}\n{good.replace('good', 'last')}\n")
    assert isinstance(first, FeedRow)
    assert isinstance(last, FeedRow)
    assert isinstance(bad, BadRow)
    assert (bad.row, bad.id, bad.code) == (2, item_id, code)
    assert detail in bad.detail


def test_bad_items_of_xml(path: Path) -> None:
    text = RSS.replace("<g:id>TV_1</g:id>", "").replace("https://cdn.example/2.jpg", " ")
    one, two = csv_rows(path, text)
    assert isinstance(one, BadRow)
    assert (one.row, one.code) == (1, "missing_id")
    assert isinstance(two, BadRow)
    assert (two.row, two.id, two.code) == (2, "TV_2", "missing_image")
    one, _ = csv_rows(path, RSS.replace("Linen shirt", "x" * (limits.MAX_ROW_CHARACTERS + 1)))
    assert isinstance(one, BadRow)
    assert (one.id, one.code) == ("TV_1", "row_too_long")
    one, _ = csv_rows(path, RSS.replace("<g:color>", "<g:x>1</g:x>" * (limits.MAX_COLUMNS + 1) + "<g:color>"))
    assert isinstance(one, BadRow)
    assert (one.id, one.code) == ("TV_1", "row_too_long")


def test_a_product_whose_handle_comes_again_later_is_bad(path: Path) -> None:
    *_, last = csv_rows(path, SHOPIFY + SHOPIFY[len(SHOPIFY_HEADER) :].splitlines()[0] + "\n")
    assert isinstance(last, BadRow)
    assert (last.id, last.code) == ("linen-shirt", "duplicate_id")


def test_a_quote_left_open_costs_one_row(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_ROW_CHARACTERS", 200)
    lines = [f"{n},{n}.jpg,t" for n in range(100)]
    lines[30] = '30,30.jpg,"t'
    found = csv_rows(path, "id,image,title\n" + "\n".join(lines) + "\n")
    assert [(row.row, row.code) for row in found if isinstance(row, BadRow)] == [(32, "row_too_long")]
    assert [int(row.id) for row in found if isinstance(row, FeedRow)] == [n for n in range(100) if n != 30]
    assert [row.row for row in found] == list(range(2, 102))


def test_a_line_that_is_too_long_costs_one_row(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_ROW_CHARACTERS", 200)
    monkeypatch.setattr(ndjson_feed, "MAX_ROW_CHARACTERS", 200)
    for length in (195, 200, 201, 202, 300, 402, 403, 1000):
        line = f"1,1.jpg,{'x' * (length - 8)}\n"
        _, bad, last = csv_rows(path, f"id,image,title\n0,0.jpg,t\n{line}2,2.jpg,t\n")
        assert (last.row, last.id) == (4, "2")
        assert isinstance(bad, BadRow) == (length >= 200)
        text = f'{{"id": "1", "image": "{"x" * (length - 25)}"}}\n'
        _, bad, last = csv_rows(path, f'{{"id": "0", "image": "0.jpg"}}\n{text}{{"id": "2", "image": "2.jpg"}}\n')
        assert (last.row, last.id) == (3, "2")
        assert isinstance(bad, BadRow) == (length > 200)


def test_a_file_made_of_open_quotes_ends_in_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_ROW_CHARACTERS", 100)
    monkeypatch.setattr(delimited, "_FREE", 1000)
    monkeypatch.setattr(delimited, "_MOST_READ_AGAIN", 0)
    quotes = '"\n' + "x\n" * 60
    path.write_text("id,image\n1,a.jpg\n" + quotes * 100)
    with pytest.raises(FeedError, match="There are many of these"):
        list(open_feed(path).rows())
