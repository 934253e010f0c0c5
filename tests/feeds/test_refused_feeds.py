"""What is no feed, is cut off or wants to do harm is refused with a sentence that says what to do."""

import gzip
import io
import os
import zipfile
from pathlib import Path

import pytest

from contracts.errors import FeedError
from feeds import google_feed, opening, text
from feeds.mapping import checked_mapping, read_mapping
from feeds.opening import open_feed
from feeds.rows import BadRow, FeedRow
from tests.feeds.feed_files import ALL, CSV, NDJSON, RSS, SHOPIFY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feed"


def zipped(content: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("feed.csv", content)
    return data.getvalue()


BOMB = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>&b;</g:id></item></channel></rss>"""
OUTSIDE = """<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><id>&x;</id></item></channel></rss>"""
INCLUDED = (
    '<rss xmlns:xi="http://www.w3.org/2001/XInclude"><channel><xi:include href="file:///etc/passwd"/></channel></rss>'
)


# The ids are numbers, because packed content holds the time.
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        (" \r\n\r\n", "is empty"),
        ("\ufeff", "is empty"),
        ("id,image\n", "has no items"),
        ("id,image\n\n,\n", "has no items"),
        ("name,photo\n1,a.jpg\n", "its first line names the columns 'name', 'photo'.*need a mapping"),
        ("id,image,Id\n1,a.jpg,2\n", "columns 'id', 'Id' are both 'id'"),
        ("id,image,t,t\n1,a.jpg,2,3\n", "columns 't', 't' are both 't'"),
        ("id,image" + ",x" * 3000 + "\n", "over 2,000"),
        ("<!DOCTYPE html><html></html>", "is a web page"),
        ("<html lang='en'>", "is a web page"),
        ("<urlset/>", "has the root element <urlset>"),
        ('<rss version="2.0"><channel></channel></rss>', "has no items"),
        ('<rdf:RDF xmlns:rdf="x"/>', "has the root element <RDF>"),
        (BOMB, "holds a document type"),
        (OUTSIDE, "holds a document type"),
        (INCLUDED, "includes another file by XInclude"),
        ("<rss>" + "<x>" * 40, "nested over 32 deep"),
        ("<rss><channel>" + "<!--" + "x" * 2**20, "a tag or comment has over"),
        ("<rss><channel><item " + 'a="' + "x" * 2**20, "a tag or comment has over"),
        ("<rss><channel><item><g:id>1</g:id></item></channel></rss>", "declare xmlns:g"),
        ("<rss><channel><item><id>1&nbsp;</id></item></channel></rss>", "such as &#160;"),
        ('<?xml version="1.0" encoding="UTF-7"?><rss/>', "in the encoding UTF-7, which is not read"),
        ("+/v8-id,image", "is UTF-7"),
        ("[\n{}]", "is one JSON array"),
        ("id,image\n1,a.jpg\n".encode("utf-32"), "is UTF-32"),
        ("id,image\n1,a.jpg\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (b"\x00\x00\x01", "is no text"),
        (b"\xff\xfe" + "id,image\n1,a.jpg".encode("utf-16-le") + b"\x00", "its byte order mark says"),
        (zipped(CSV), "is a zip archive or a workbook"),
        (b"BZh91AY", "bzip2"),
        (gzip.compress(zipped(CSV)), "is a zip archive"),
        (gzip.compress(gzip.compress(CSV.encode())), "packed by gzip twice"),
        (gzip.compress(CSV.encode())[:30], "is cut off: its gzip data has no end"),
        (gzip.compress(CSV.encode())[:-8] + b"12345678", "is damaged"),
        (b"\x1f\x8b\x08junk", "is (damaged|cut off)"),
        (b"\x89PNG\r\n\x1a\n", "is none of the feeds"),
    ],
    ids=[str(number) for number in range(37)],
)
def test_it_is_refused(path: Path, content: str | bytes, message: str) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FeedError, match=message) as caught:
        list(open_feed(path).rows())
    assert str(path) in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="No such file"):
        open_feed(tmp_path / "none")
    with pytest.raises(FeedError, match="is not a file"):
        open_feed(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FeedError, match="is not a file"):
        open_feed(tmp_path / "pipe")
    with pytest.raises(FeedError, match="null byte"):
        open_feed(Path("a\0b"))


def test_another_format_than_the_content_is_refused(path: Path) -> None:
    path.write_text(CSV)
    with pytest.raises(FeedError, match="no well-formed XML"):
        open_feed(path, format="google-xml")
    with pytest.raises(FeedError, match="no column 'Handle'"):
        open_feed(path, format="shopify-csv")
    with pytest.raises(FeedError, match="no column 'id'"):
        open_feed(path, format="google-tsv")
    with pytest.raises(FeedError, match="there are csv, ndjson"):
        open_feed(path, format="excel")
    assert all(isinstance(row, BadRow) for row in open_feed(path, format="ndjson").rows())


def test_what_is_packed_has_a_limit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_UNPACKED_BYTES", 2**20)
    path.write_bytes(gzip.compress(CSV.encode() + b" " * 2**21))
    with pytest.raises(FeedError, match="has over 1,048,576 bytes when unpacked"):
        list(open_feed(path).rows())


def test_rows_have_a_limit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_ROWS", 2)
    path.write_text(CSV)
    assert len(list(open_feed(path).rows())) == 2
    path.write_text(CSV + "3,c.jpg,,\n")
    with pytest.raises(FeedError, match="has over 2 rows"):
        list(open_feed(path).rows())


@pytest.mark.parametrize(("name", "content"), ALL)
def test_a_feed_cut_at_any_byte_never_looks_complete(
    path: Path, name: str, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_feed, "_CHUNK_CHARACTERS", 7)
    data = content.encode()
    path.write_bytes(data)
    whole = list(open_feed(path).rows())
    for size in range(len(data) - 1):
        path.write_bytes(data[:size])
        rows: list[FeedRow | BadRow] = []
        try:
            for row in open_feed(path).rows():
                rows.append(row)  # noqa: PERF402 - what came before the error counts
        except FeedError:
            assert rows == whole[: len(rows)]
            continue
        assert name != "google-xml" or size > len(data.rstrip()) - 1
        assert len(rows) <= len(whole)
        # Where a line ends, a list of lines is complete; and whether the last value goes on, nothing tells.
        is_line = data[size - 1 : size] == b"\n" or data[size : size + 1] in {b"\n", b""}
        if not is_line and name == "ndjson":
            pytest.fail(f"cut at byte {size}, and nothing told")
        if not is_line and name in {"csv", "google-tsv", "shopify-csv"}:
            line = data[:size].rpartition(b"\n")[2]
            full = data[: data.find(b"\n", size)].rpartition(b"\n")[2]
            delimiter = b"\t" if name == "google-tsv" else b","
            assert line.count(delimiter) == full.count(delimiter)


@pytest.mark.parametrize(
    ("content", "line"),
    [(CSV + "3,img/3", 4), (SHOPIFY + "hat,Hat,,Ac", 6), (NDJSON + '{"id": "3", "im', 3), (CSV + '3,a.jpg,"open', 4)],
)
def test_a_cut_row_is_told_after_the_good_ones(path: Path, content: str, line: int) -> None:
    path.write_text(content)
    rows = open_feed(path).rows()
    assert isinstance(next(rows), FeedRow)
    with pytest.raises(FeedError, match=f"ends in the middle of line {line}"):
        list(rows)


def test_items_before_a_fault_in_xml_come_first(path: Path) -> None:
    path.write_text(RSS.replace("<title>Coat</title>", "<title>Coat</wrong>"))
    rows = open_feed(path).rows()
    assert isinstance(next(rows), FeedRow)
    with pytest.raises(FeedError, match=r"line 25: this is no well-formed XML \(mismatched tag\)"):
        list(rows)


def test_mappings_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_text('{"SKU": "id", "x": null}')
    assert read_mapping(path) == {"SKU": "id", "x": None}
    for content, message in [
        ("[]", "no JSON object"),
        ("{", "is no JSON"),
        ("[" * 200_000, "is no JSON"),
        ('{"a": 1}', "neither a name nor null"),
        ('{"a": "id", "b": "id"}', "two columns 'id'"),
        ('{"a": ""}', "empty name"),
    ]:
        path.write_text(content)
        with pytest.raises(FeedError, match=message):
            read_mapping(path)
    with pytest.raises(FeedError, match="No such file"):
        read_mapping(tmp_path / "none")
    with pytest.raises(FeedError, match="twice"):
        checked_mapping({"a": "x", " a": "y"})
