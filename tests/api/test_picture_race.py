"""A link that is swapped while pictures are read never leads outside the catalogue: a real server, a real swapper."""

import http.client
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from contracts.embedding_set import EMBEDDING_DIMENSIONS, EmbeddingSet
from contracts.items import Item
from index.building import build_bundle
from tests.api.fake_embedder import IDENTITY
from tests.api.real_server import Server, running
from tests.api.small_catalogue import draw, encode

pytestmark = pytest.mark.services

SECONDS = 2.0
CLIENTS = 4
SWAPPER = """
import os, sys
os.chdir(sys.argv[1])
while True:
    for old, new in (("place", "real"), ("link", "place"), ("place", "link"), ("real", "place")):
        os.rename(old, new)
"""


def ask(server: Server, until: float, answers: list[tuple[int, bytes]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    while time.monotonic() < until:
        connection.request("GET", "/items/a/image")
        answer = connection.getresponse()
        answers.append((answer.status, answer.read()))
    connection.close()


def test_no_picture_from_outside_is_served(tmp_path: Path) -> None:
    inside, outside = encode(draw(1), "PNG"), encode(draw(2), "PNG")
    root, bundles = tmp_path / "catalogue", tmp_path / "bundles"
    for folder, picture in ((root / "place", inside), (tmp_path / "outside", outside)):
        folder.mkdir(parents=True)
        (folder / "1.png").write_bytes(picture)
    (root / "link").symlink_to(tmp_path / "outside")
    # The folder that the operator names may itself be a link.
    (tmp_path / "named").symlink_to(root)
    embeddings = np.random.default_rng(0).standard_normal((8, EMBEDDING_DIMENSIONS)).astype(np.float32)
    items = [Item(name, "place/1.png") for name in "abcdefgh"]
    embedding_set = EmbeddingSet(items, embeddings, IDENTITY, str(tmp_path / "named"))
    build_bundle(embedding_set, bundles, components=4, now=datetime(2026, 11, 23, tzinfo=UTC))
    answers: list[tuple[int, bytes]] = []
    with running(bundles) as server:
        swapper = subprocess.Popen([sys.executable, "-c", SWAPPER, str(root)])
        try:
            until = time.monotonic() + SECONDS
            clients = [threading.Thread(target=ask, args=(server, until, answers)) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
        finally:
            swapper.kill()
            swapper.wait()
    assert not [status for status, body in answers if body == outside]
    assert {status for status, _ in answers} == {200, 404}
    assert all(body == inside for status, body in answers if status == 200)
