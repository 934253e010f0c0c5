from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.small_catalogue import make_bundle
from tests.tracing.collector import Collector, collecting
from tests.tracing.service import Service, serving


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    make_bundle(tmp_path_factory.mktemp("catalogue"), folder)
    return folder


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="session")
def service(bundles: Path, collector: Collector) -> Iterator[Service]:
    # Slow enough for photos that come together to share a batch.
    with serving(bundles, collector.endpoint, "--batch-ms", "40") as service:
        yield service
