"""`lookalike extract`, `index build` and the API on a catalogue in an object store, without a copy of it anywhere."""

from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from api.app import create_app
from api.settings import ApiSettings
from index.building import build_bundle
from index.bundle import open_current
from lookalike import main
from storage.embeddings_folder import read_embeddings
from storage.object_store import open_object_store
from tests.api.fake_embedder import FakeEmbedder
from tests.api.small_catalogue import draw, encode
from tests.storage.object_server import READER, ObjectServer


def holding(folder: Path, text: str) -> list[Path]:
    """The files that hold a text."""
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


async def test_from_a_bucket_to_an_answer(
    objects: ObjectServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, out, bundles = objects.new_url(), tmp_path / "embeddings", tmp_path / "bundles"
    store = open_object_store(url, any_name=True)
    for number in range(4):
        store.put(f"pictures/Kleid {number}.png", encode(draw(number), "PNG"))
    rows = [f"s{number},pictures/Kleid {number}.png,Red" for number in range(4)]
    store.put("items.csv", "\n".join(("id,image,colour", *rows, "s9,../outside.png,Red")).encode())
    for name, value in objects.variables(may_write=False).items():
        monkeypatch.setenv(name, value)
    assert main(["extract", f"{url}/items.csv", "--out", str(out), "--network", "efficientnet_lite0"]) == 0
    assert f"{url}/items.csv,6,../outside.png" in (out / "bad_rows.csv").read_text()
    assert "4 added" in (printed := capsys.readouterr()).out
    build_bundle(read_embeddings(out), bundles, components=3, now=datetime.now(UTC))
    settings = ApiSettings(redis_url="redis://127.0.0.1:1/0", allowed_catalogues=url)  # type: ignore[arg-type]
    app = create_app(settings, open_current(bundles), FakeEmbedder())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost") as client:
        answer = await client.get("/items/s2/image")
    assert (answer.status_code, answer.content) == (200, encode(draw(2), "PNG"))
    for secret in (READER[1], objects.endpoint):
        assert secret not in printed.out + printed.err
        assert not holding(tmp_path, secret)


def test_other_urls_are_refused_without_repeating_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for url in ("s3://key:secret@shop", "gs://shop/secret"):
        assert main(["extract", url, "--out", str(tmp_path / "embeddings")]) == 1
        assert "secret" not in capsys.readouterr().err
