"""Small embedding sets, drawn by seed."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from contracts.embedding_set import EMBEDDING_DIMENSIONS, EmbeddingSet, ModelIdentity
from contracts.items import Item
from index.building import build_bundle

MODEL = ModelIdentity("resnet18-0123456789ab", "resnet18", "imagenet:resnet18", 224)
NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)

DISK_CALLS = ("fsync", "rename", "replace", "mkdir")
MakeSet = Callable[..., EmbeddingSet]


def draw_embeddings(rows: int, *, seed: int = 0, directions: int = 48) -> NDArray[np.float32]:
    """(rows, 512) float32 like pooled features: not negative, few strong directions."""
    generator = np.random.default_rng(seed)
    latent = generator.standard_normal((rows, directions)) * np.linspace(2.0, 0.1, directions)
    mixing = np.random.default_rng(99).standard_normal((directions, EMBEDDING_DIMENSIONS))
    return np.maximum(0.3 + 0.1 * latent @ mixing, 0.0).astype(np.float32)


def draw_items(rows: int) -> list[Item]:
    colours = ("Black", "Navy Blue", "Größe: L, weiß", 'a "quoted" \\ one')
    return [
        Item(
            id=f"shop/äö {row}",
            image=f"images/{row}.jpg",
            attributes={"title": f"Shirt {row}", "colour": colours[row % 4], "year": str(2007 + row % 5)}
            if row % 7
            else {"year": str(2007 + row % 5)},
            crop=(1, 2, 30 + row, 40) if row % 3 == 0 else None,
            partition="train" if row % 2 else None,
        )
        for row in range(rows)
    ]


def draw_set(
    rows: int = 200, *, seed: int = 0, embeddings: NDArray[np.float32] | None = None, items: list[Item] | None = None
) -> EmbeddingSet:
    chosen = draw_embeddings(rows, seed=seed) if embeddings is None else embeddings
    return EmbeddingSet(draw_items(len(chosen)) if items is None else items, chosen, MODEL, "/catalogue")


@pytest.fixture(scope="session", autouse=True)
def one_blas_thread() -> Iterator[None]:
    """So small a matrix is multiplied faster by one thread than by several that wait for each other."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture
def make_set() -> MakeSet:
    return draw_set


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


def run_and_die_at(step: int | None, work: Callable[[], object], *, after: bool) -> int:
    """Do work in a child that is killed at its nth call that touches the disk; how many it made if not.

    Returns:
        The number of calls, or -1 when the child was killed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        calls = 0
        for name in DISK_CALLS:
            real = getattr(os, name)

            def dying(*arguments: object, _real: Callable[..., object] = real, **named: object) -> object:
                nonlocal calls
                calls += 1
                if calls == step and not after:
                    os.kill(os.getpid(), signal.SIGKILL)
                try:
                    return _real(*arguments, **named)
                finally:
                    if calls == step and after:
                        os.kill(os.getpid(), signal.SIGKILL)

            setattr(os, name, dying)
        status = 1
        try:
            work()
            os.write(writing, str(calls).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as counted:
        text = counted.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return -1
    assert status == 0
    return int(text)


@pytest.fixture
def die_at() -> Callable[..., int]:
    return run_and_die_at
