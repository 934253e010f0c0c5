"""The metrics that a running service shows."""

import asyncio
import json
from collections import defaultdict
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from api.settings import ApiSettings
from tests.api.live_catalogue import open_shop
from tests.api.small_catalogue import draw, encode, make_bundle
from worker.metrics import WorkerMetrics

# Metric -> label -> the values that occur.
Exposed = dict[str, dict[str, set[str]]]


async def _api(folder: Path) -> str:
    """What /metrics says once an item was searched for, a photo sent, and an item changed."""
    pictures, bundles, shop_folder = (folder / name for name in ("pictures", "bundles", "shop"))
    for made in (pictures, bundles, shop_folder):
        made.mkdir()
    settings = ApiSettings(redis_url="redis://127.0.0.1:1/0")
    async with open_shop(shop_folder, make_bundle(pictures, bundles), settings) as shop:
        photo = {"image": encode(draw(900), "PNG")}
        answers = [
            await shop.client.get("/items/15010/similar"),
            await shop.client.post("/similar", files=photo),
            await shop.client.put("/items/new", files=photo, data={"item": json.dumps({"title": "Shirt"})}),
            await shop.client.get("/metrics"),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 201, 200]
        return answers[-1].text


def _worker() -> str:
    metrics = WorkerMetrics()
    metrics.describe("fake-0123456789ab", 1024, lambda: 0)
    return generate_latest(metrics.registry).decode()


@pytest.fixture(scope="session")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> Exposed:
    """All that an API process with a live catalogue and a worker expose."""
    found: Exposed = defaultdict(lambda: defaultdict(set))
    for text in (asyncio.run(_api(tmp_path_factory.mktemp("service"))), _worker()):
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                # Also of a metric without labels.
                values = found[sample.name]
                for label, value in sample.labels.items():
                    values[label].add(value)
    return {name: dict(labels) for name, labels in found.items()}
