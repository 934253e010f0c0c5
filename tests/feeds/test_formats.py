"""Each format is recognised by its content, and read as its documentation says."""

import gzip
from pathlib import Path

import pytest

from contracts.errors import FeedError
from feeds.opening import open_feed
from feeds.rows import BadRow, FeedRow
from tests.feeds.feed_files import ALL, ATOM, CSV, GOOGLE_TSV, NDJSON, RSS, SHOPIFY


def rows(path: Path, text: str | bytes, **options: object) -> list[FeedRow | BadRow]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(open_feed(path, **options).rows())  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    # A name that says nothing, because content decides.
    return tmp_path / "feed"


TWO_ROWS = [
    FeedRow(2, "1", "img/1.jpg", {"title": "Linen shirt", "color": "Blue"}),
    FeedRow(3, "2", "https://cdn.example/2.jpg", {"title": "Coat, long"}),
]


@pytest.mark.parametrize(("name", "text"), ALL)
@pytest.mark.parametrize(
    "encode",
    [
        str.encode,
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: gzip.compress(text.encode()),
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
    ids=["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "gzip", "crlf"],
)
def test_each_is_recognised_in_each_encoding(path: Path, name: str, text: str, encode: object) -> None:
    plain = rows(path, text)
    assert len(plain) == (1 if text == ATOM else 2)
    assert all(isinstance(row, FeedRow) for row in plain)
    assert rows(path, encode(text)) == plain  # type: ignore[operator]
    assert open_feed(path).format == name
    assert list(open_feed(path, format=name).rows()) == plain


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("image", ["image", "image_url", "Image_Link", "image link"])
def test_csv_with_each_delimiter_and_name_of_pictures(path: Path, delimiter: str, image: str) -> None:
    text = CSV.replace("Coat, long", "Coat").replace(",", delimiter).replace("image", image, 1)
    assert [row.picture for row in rows(path, text) if isinstance(row, FeedRow)] == [
        "img/1.jpg",
        "https://cdn.example/2.jpg",
    ]
    assert rows(path, f"sep={delimiter}\n{text}")[0].row == 3


def test_csv_rows(path: Path) -> None:
    assert rows(path, CSV) == TWO_ROWS


def test_ndjson_takes_nested_and_flat_attributes(path: Path) -> None:
    one, two = rows(path, NDJSON)
    assert one == FeedRow(1, "1", "img/1.jpg", {"title": "Linen shirt", "color": "Blue"})
    assert two == FeedRow(2, "2", "https://cdn.example/2.jpg", {"title": "Coat, long"})


def test_ndjson_keeps_numbers_as_written_and_joins_lists(path: Path) -> None:
    text = '{"id": 1, "image": ["a.jpg", "b.jpg"], "price": 19.90, "n": 1e400, "new": true, "size": ["S", 38], "x": []}'
    (row,) = rows(path, text)
    assert row == FeedRow(1, "1", "a.jpg", {"price": "19.90", "n": "1e400", "new": "true", "size": "S|38"})


def test_google_rss(path: Path) -> None:
    one, two = rows(path, RSS)
    assert one == FeedRow(
        1,
        "TV_1",
        "https://cdn.example/1.jpg",
        {
            "title": "Linen shirt",
            "description": "<p>Soft & light</p>",
            "link": "https://shop.example/1",
            "condition": "new",
            "availability": "in stock",
            "price": "19.99 EUR",
            "product_type": "Apparel > Shirts",
            "color": "Blue",
            "size": "S|M",
            "item_group_id": "shirts",
        },
    )
    assert two == FeedRow(2, "TV_2", "https://cdn.example/2.jpg", {"title": "Coat", "link": "https://shop.example/2"})


def test_google_atom_with_another_prefix(path: Path) -> None:
    (row,) = rows(path, ATOM)
    assert row == FeedRow(
        1,
        "1",
        "https://cdn.example/1.jpg",
        {"title": "Linen shirt", "link": "https://shop.example/1", "description": "Soft"},
    )


def test_googles_own_names_take_precedence_over_those_of_rss(path: Path) -> None:
    text = RSS.replace("<g:title>Linen", "<title>RSS</title><g:title>Linen")
    assert rows(path, text) == rows(path, RSS)


def test_google_tsv(path: Path) -> None:
    one, two = rows(path, GOOGLE_TSV)
    assert one == FeedRow(
        2,
        "1",
        "https://cdn.example/1.jpg",
        {
            "title": "Linen shirt",
            "description": "Soft",
            "link": "https://shop.example/1",
            "availability": "in_stock",
            "price": "19.99 EUR",
            "product_type": "Apparel > Shirts",
            "color": "Blue",
        },
    )
    assert two.id == "2"
    assert (
        rows(path, GOOGLE_TSV.replace("id\ttitle", "g:id\tg:title", 1).replace("image link", "g:image_link"))[0] == one
    )


def test_shopify_products(path: Path) -> None:
    shirt, mug = rows(path, SHOPIFY)
    assert shirt == FeedRow(
        2,
        "linen-shirt",
        "https://cdn.example/a.jpg",
        {
            "title": "Linen shirt",
            "description": "<p>Soft</p>",
            "vendor": "Acme",
            "product_category": "Apparel & Accessories > Clothing",
            "type": "Shirt",
            "published": "true",
            "status": "active",
            "tags": "summer|linen",
            "sku": "LS-S|LS-M",
            "size": "S|M",
            "color": "Blue",
            "price": "19.90",
        },
    )
    assert isinstance(mug, FeedRow)
    assert mug.row == 5
    assert mug.attributes["price"] == "9.00"
    assert "title" in mug.attributes
    assert not {"option_title", "option1", "size"} & set(mug.attributes)


def test_a_mapping_names_other_columns(path: Path) -> None:
    mapping = {"SKU": "id", "Foto": "image", "Farbe": "color", "intern": None}
    text = "SKU;Foto;Farbe;Intern;id\nA;a.jpg;rot;x;7\n"
    assert rows(path, text, mapping=mapping) == [FeedRow(2, "A", "a.jpg", {"color": "rot"})]
    with pytest.raises(FeedError, match="the mapping names 'nosuch', but the columns are 'id', 'image'"):
        rows(path, CSV, mapping={"nosuch": "x"})
    (one, _) = rows(path, RSS, mapping={"color": "colour", "description": None})
    assert isinstance(one, FeedRow)
    assert one.attributes["colour"] == "Blue"
    assert "description" not in one.attributes
    (shirt, _) = rows(path, SHOPIFY, mapping={"Image Alt Text": "alt", "Vendor": "brand"})
    assert isinstance(shirt, FeedRow)
    assert shirt.attributes["brand"] == "Acme"


def test_where_only_ids_count_no_picture_is_needed(path: Path) -> None:
    assert rows(path, "id\n1\n2\n", needs_picture=False) == [FeedRow(2, "1", None, {}), FeedRow(3, "2", None, {})]
    with pytest.raises(FeedError, match="none of the feeds that are known"):
        rows(path, "id\n1\n2\n")


@pytest.mark.parametrize(("name", "text"), ALL)
def test_resuming_gives_the_same_rows(path: Path, name: str, text: str) -> None:
    path.write_text(text)
    feed = open_feed(path)
    everything = list(feed.rows())
    for start in range(len(everything) + 2):
        assert list(feed.rows(start)) == everything[start:]
