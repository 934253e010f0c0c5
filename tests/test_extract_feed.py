"""`lookalike extract` on a product feed."""

import json
from pathlib import Path

import pytest

from lookalike import main
from storage.embeddings_folder import read_embeddings
from tests.api.small_catalogue import draw, encode
from tests.feeds.feed_files import RSS


def test_a_feed_with_paths_is_embedded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    feed, out = tmp_path / "feed.jsonl", tmp_path / "embeddings"
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(encode(draw(number), "PNG"))
    lines = [{"id": f"s{number}", "image": f"{number}.png", "size": ["S", "M"]} for number in range(3)]
    feed.write_text("".join(json.dumps(line) + "\n" for line in [*lines, {"id": "bad"}]))
    options = ["--out", str(out), "--network", "efficientnet_lite0", "--max-failed", "0.5"]
    assert main(["extract", str(feed), *options]) == 0
    assert "items read: 3; bad rows skipped: 1" in capsys.readouterr().err
    items = read_embeddings(out).items
    assert [(item.id, item.image, dict(item.attributes)) for item in items] == [
        (f"s{number}", f"{number}.png", {"size": "S|M"}) for number in range(3)
    ]
    assert ',4,bad,"names no picture' in (out / "bad_rows.csv").read_text()


def test_without_hosts_nothing_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOOKALIKE_IMAGE_URL_HOSTS", raising=False)
    feed, out = tmp_path / "feed.xml", tmp_path / "embeddings"
    feed.write_text(RSS)
    assert main(["extract", str(feed), "--out", str(out)]) == 1
    assert "pass --image-hosts cdn.example, or set LOOKALIKE_IMAGE_URL_HOSTS" in capsys.readouterr().err
    monkeypatch.setenv("LOOKALIKE_IMAGE_URL_HOSTS", "other.example")
    assert main(["extract", str(feed), "--out", str(out)]) == 1
    assert "nothing is fetched from the host" in capsys.readouterr().err
    assert main(["extract", str(feed), "--out", str(out), "--image-hosts", "a/b"]) == 1
    assert "'a/b' is not a host to fetch from" in capsys.readouterr().err
    assert not (out / "manifest.json").exists()
