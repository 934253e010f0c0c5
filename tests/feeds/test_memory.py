"""Memory does not grow with a feed, except for its ids."""

import tracemalloc
from pathlib import Path

import pytest

from feeds.opening import open_feed

ROWS = 5_000


def lines(name: str) -> tuple[str, str, str]:
    text = "x" * 1500
    return {
        "csv": ("id,image,t\n", f"{{n}},{{n}}.jpg,{text}\n", ""),
        "ndjson": ("", f'{{{{"id": {{n}}, "image": "{{n}}.jpg", "t": "{text}"}}}}\n', ""),
        "google-xml": (
            '<rss xmlns:g="http://base.google.com/ns/1.0"><channel>',
            f"<item><g:id>{{n}}</g:id><g:image_link>{{n}}.jpg</g:image_link><g:t>{text}</g:t></item>",
            "</channel></rss>",
        ),
    }[name]


@pytest.mark.parametrize("name", ["csv", "ndjson", "google-xml"])
def test_a_long_feed_takes_little_memory(tmp_path: Path, name: str) -> None:
    begin, line, end = lines(name)
    path = tmp_path / "feed"
    path.write_text(begin + "".join(line.format(n=n) for n in range(ROWS)) + end)
    feed = open_feed(path)
    assert feed.format == name
    tracemalloc.start()
    try:
        count = sum(1 for _ in feed.rows())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == ROWS
    assert path.stat().st_size > 6_000_000
    # Less than a megabyte of ids, and the rest.
    assert peak < 150 * ROWS + 1_500_000


def test_a_line_of_a_lot_of_megabytes_is_never_held(tmp_path: Path) -> None:
    path = tmp_path / "feed"
    for begin in ("id,image\n1,", '{"id": "1", "image": "a.jpg"}\n{"id": "', 'id,image\n1,"'):
        with path.open("w") as stream:
            stream.write(begin)
            for _ in range(24):
                stream.write("x" * 2**20)
            stream.write("\n2,b.jpg\n" if begin.startswith("id") else '\n{"id": "2", "image": "b.jpg"}\n')
        feed = open_feed(path)
        tracemalloc.start()
        try:
            rows = list(feed.rows())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert (len(rows), rows[-1].id) == (2 if begin.startswith("id") else 3, "2")
        assert peak < 12 * 2**20
