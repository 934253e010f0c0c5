"""Pictures and work folder in a real object store: the same folder as a local extraction gives."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.errors import EmbeddingsError
from launch.embedded_redis import EmbeddedRedis
from model.catalogue.opening import open_catalogue
from model.extraction import extract
from storage.embeddings_folder import read_embeddings
from storage.object_store import open_object_store
from tests.storage.object_server import ObjectServer
from tests.worker.fake_engine import FakeEngine
from tests.worker.shards.conftest import ShardWorker
from tests.worker.shards.handed_out import hand_out

pytestmark = pytest.mark.services


def test_pictures_and_shards_in_a_bucket(server: EmbeddedRedis, objects: ObjectServer, tmp_path: Path) -> None:
    url, shared = objects.new_url(), objects.new_url()
    pictures = open_object_store(url, any_name=True)
    generator = np.random.default_rng(0)
    for number in range(20):
        file = io.BytesIO()
        Image.fromarray(generator.integers(0, 255, (40, 32, 3), np.uint8)).save(file, "PNG")
        pictures.put(f"a/{number:02}.png", file.getvalue() if number else b"torn")
    worker = ShardWorker(server.url, tmp_path, shared, roots=f"{url}/a")
    try:
        catalogue = open_catalogue(f"{url}/a")
        local = extract(catalogue.items, catalogue.root, tmp_path / "here", FakeEngine())
        there = tmp_path / "there"
        report = hand_out(server.url, shared, catalogue.root, there, items=list(catalogue.items))
        assert dataclasses.replace(report, seconds=0) == dataclasses.replace(local, seconds=0)
        here = read_embeddings(tmp_path / "here")
        assert np.array_equal(here.embeddings, read_embeddings(there).embeddings)
        assert (here.items, here.catalogue_root) == (read_embeddings(there).items, f"{url}/a")
        assert list(open_object_store(shared).names()) == []

        # What the store says is unchanged is not handed out; what was swapped since it was listed is an item's error.
        pictures.put("a/03.png", pictures.get("a/04.png", most_bytes=10**6) or b"")
        again = open_catalogue(f"{url}/a")
        pictures.put("a/03.png", b"swapped meanwhile")
        said: list[str] = []
        report = hand_out(server.url, shared, again.root, there, items=list(again.items), say=said.append)
        assert said[0].startswith("2 pictures in 1 shards")
        assert (report.items, report.unreadable, report.embedded) == (18, 2, 0)
        assert "changed" in (there / "unreadable.csv").read_text()

        other = open_catalogue(url)
        with pytest.raises(EmbeddingsError, match="is in none of the LOOKALIKE_EXTRACT_ROOTS"):
            hand_out(server.url, shared, other.root, tmp_path / "other", items=list(other.items))
    finally:
        assert worker.stop() == 0, worker.log.read_text()
    assert "secret" not in worker.log.read_text()
