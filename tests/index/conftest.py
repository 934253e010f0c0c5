"""A folder with one small bundle in it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from index.building import build_bundle
from tests.drawn_sets import draw_set

NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def one_blas_thread() -> Iterator[None]:
    """So small a matrix is multiplied faster by one thread than by several that wait for each other."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "bundles"
    build_bundle(draw_set(60), folder, now=NOW)
    return folder


@pytest.fixture
def bundles(tmp_path: Path, built_once: Path) -> Path:
    """A folder of bundles with one of 60 items in it, which is CURRENT."""
    return Path(shutil.copytree(built_once, tmp_path / "bundles"))
