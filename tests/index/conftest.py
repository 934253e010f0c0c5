"""Folders of small bundles: with a single one, and with several versions."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from index.building import build_bundle
from index.current_version import current_version
from tests.drawn_sets import draw_set
from tests.index.version_folders import NOW, add_version, shop


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


@pytest.fixture
def folder(bundles: Path) -> Path:
    """The bundle that is CURRENT in `bundles`."""
    return bundles / current_version(bundles)


@pytest.fixture(scope="session")
def versions_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("versions") / "bundles"
    return folder, [
        add_version(folder, shop(60), 0),
        add_version(folder, shop(62, noise=0.06, seed=1), 1, components=25),
        add_version(folder, shop(60, shuffled=True), 2),
    ]


@pytest.fixture
def versions(versions_once: tuple[Path, list[str]], tmp_path: Path) -> tuple[Path, str, str, str]:
    """A folder of bundles: the current one, a good candidate, and one whose pictures were mixed up."""
    folder, (current, good, bad) = versions_once
    return Path(shutil.copytree(folder, tmp_path / "bundles")), current, good, bad
