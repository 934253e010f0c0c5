"""The password of the database is in no answer, log line or metric of an API that cannot log in."""

import logging
from pathlib import Path

import httpx2
import pytest

from api.settings import ApiSettings
from catalogue.live_catalogue import LiveCatalogue
from checks.database import check_database
from index.bundle import Bundle
from tests.api.conftest import connected
from tests.api.fake_embedder import FakeEmbedder
from tests.api.live_catalogue import live_app
from tests.free_port import free_port

PATHS = ("/readyz", "/metrics", "/items", "/imports", "/imports/x", "/openapi.json", "/admin")


@pytest.mark.parametrize("options", ["", "&password=geheim", "&sslmode=never", "&sslpassword=geheim"])
async def test_a_password_is_in_no_answer(
    tmp_path: Path, bundle: Bundle, settings: ApiSettings, caplog: pytest.LogCaptureFixture, options: str
) -> None:
    url = f"postgresql://me:geheim@127.0.0.1:{free_port()}/shop?connect_timeout=2{options}"
    with caplog.at_level(logging.DEBUG):
        async with connected(live_app(tmp_path, bundle, settings, FakeEmbedder(), url)) as client:
            said = "".join([(await client.get(path)).text for path in PATHS])
            said += await changes(client)
    assert "geheim" not in said + caplog.text
    # It is the database that all of this was about.
    assert said.count("postgresql://127.0.0.1") >= 2
    finding = check_database(url)
    assert "geheim" not in finding.says + finding.mend
    assert "geheim" not in repr(LiveCatalogue.open(url, create=False).__dict__)


async def changes(client: httpx2.AsyncClient) -> str:
    deleted = await client.delete("/items/15010")
    queued = await client.post("/imports", content=b"id,image\n", headers={"Content-Type": "text/csv"})
    return deleted.text + queued.text
