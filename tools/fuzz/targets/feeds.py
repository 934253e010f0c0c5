"""Product feeds of every format."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from contracts.attribute_limits import check_attributes
from contracts.errors import FeedError
from contracts.items import check_item_id
from feeds.opening import open_feed
from feeds.rows import FeedRow
from tools.fuzz.target import Check, FaultError, Target


@contextmanager
def _opened() -> Iterator[Check]:
    with tempfile.TemporaryDirectory(prefix="lookalike-fuzz-") as folder:
        path = Path(folder) / "feed"

        def check(data: bytes) -> None:
            path.write_bytes(data)
            seen: set[str] = set()
            try:
                for row in open_feed(path).rows():
                    if isinstance(row, FeedRow):
                        check_item_id(row.id)
                        check_attributes(row.attributes)
                        if row.id in seen or row.picture is None:
                            raise FaultError(f"{row} may not be returned")
                        seen.add(row.id)
                    else:
                        row.detail.encode()
                        (row.id or "").encode()
            except FeedError as error:
                str(error).encode()

        yield check


def _seeds() -> Sequence[bytes]:
    rss = (
        '<?xml version="1.0"?>\n<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">\n<channel><title>t</title>'
        "<item><g:id>1</g:id><g:title><![CDATA[<p>Café</p>]]></g:title><g:image_link>https://cdn.example/1.jpg"
        "</g:image_link><g:shipping><g:price>4 EUR</g:price></g:shipping><g:size>S</g:size><g:size>M</g:size></item>\n"
        "<item><title>a &amp; b</title><g:id>2</g:id><g:image_link>2.jpg</g:image_link></item></channel></rss>\n"
    )
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><entry><id>x</id>'
        '<link href="https://shop.example/1"/><g:id>1</g:id><g:image_link>1.jpg</g:image_link></entry></feed>'
    )
    texts = [
        'id,image,title\n1,a.jpg,"Shirt, blue"\n2,https://cdn.example/2.jpg,"two\nlines"\n',
        "sep=;\nid;image_url\n1;https://cdn.example/1.jpg\n",
        '{"id": "1", "image": "a.jpg", "attributes": {"size": ["S", "M"]}}\n{"id": 2, "image_url": "b", "n": 1.50}\n',
        rss,
        atom,
        "id\ttitle\timage link\tprice\n1\tShirt\thttps://cdn.example/1.jpg\t19.99 EUR\n",
        "Handle,Title,Tags,Option1 Name,Option1 Value,Variant Price,Image Src,Image Position\n"
        'a,Shirt,"x, y",Size,S,9.00,https://cdn.example/a.jpg,1\na,,,,M,8.00,,\nb,Mug,,Title,Default Title,5,b.jpg,1\n',
    ]
    return [*(text.encode() for text in texts), texts[0].encode("utf-16"), rss.encode("utf-16")]


FEEDS = Target("feeds", _opened, _seeds)
