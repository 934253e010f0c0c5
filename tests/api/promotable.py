"""A folder of bundles to swap between; every item's attributes tell which bundle it belongs to."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from contracts.embedding_set import EMBEDDING_DIMENSIONS, EmbeddingSet, ModelIdentity
from contracts.items import Item
from index.building import build_bundle
from index.current_version import CURRENT, set_current
from tests.api.small_catalogue import draw, encode

ITEMS = 40
COMMON_IDS = tuple(f"common-{number}" for number in range(8))


@dataclass(frozen=True)
class Promotable:
    """Bundles in a folder of their own.

    Attributes:
        folder: of bundles.
        first, second: versions of the same model; both hold `COMMON_IDS`, with other pictures.
        other: a version of another model.
        models: version -> model version.
    """

    folder: Path
    first: str
    second: str
    other: str
    models: dict[str, str]

    def promote(self, version: str) -> None:
        set_current(self.folder, version)

    def demote(self) -> None:
        (self.folder / CURRENT).unlink()

    def copied_to(self, folder: Path) -> "Promotable":
        """The same bundles in a folder that may be spoiled, without a current one."""
        shutil.copytree(self.folder, folder)
        (folder / CURRENT).unlink(missing_ok=True)
        return Promotable(folder, self.first, self.second, self.other, self.models)


def make_promotable(
    root: Path, bundles: Path, *, model: str = "fake-0123456789ab", other_model: str = "fake-ba9876543210"
) -> Promotable:
    """Draw a few pictures below `root` and build the three bundles."""
    root.mkdir(parents=True, exist_ok=True)
    for number in range(4):
        (root / f"{number}.png").write_bytes(encode(draw(number), "PNG"))
    first, second, other = (
        _build(root, bundles, number, model_version) for number, model_version in enumerate((model, model, other_model))
    )
    return Promotable(bundles, first, second, other, {first: model, second: model, other: other_model})


def _build(root: Path, bundles: Path, number: int, model_version: str) -> str:
    ids = [*(f"bundle-{number}-{place}" for place in range(ITEMS - len(COMMON_IDS))), *COMMON_IDS]
    mark = str(number)
    items = [
        Item(item_id, f"{(place + number) % 4}.png", {"bundle": mark, "place": str(place)})
        for place, item_id in enumerate(ids)
    ]
    generator = np.random.Generator(np.random.PCG64(number))
    embeddings = generator.standard_normal((ITEMS, EMBEDDING_DIMENSIONS)).astype(np.float32)
    embedding_set = EmbeddingSet(items, embeddings, ModelIdentity(model_version, "fake", "fake", 8), str(root))
    now = datetime(2026, 11, 23, 10, number, tzinfo=UTC)
    return build_bundle(embedding_set, bundles, components=8, now=now).version


async def until(holds: Callable[[], bool], *, timeout_s: float = 60.0) -> None:
    """Wait for what no event tells; the limit is for a machine that is busy with other things."""
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110 - garbage and embedders that end send no event
            await asyncio.sleep(0.005)
