"""A small shop's bundles: several versions in one folder, of which one is current."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from contracts.embedding_set import EMBEDDING_DIMENSIONS, EmbeddingSet, ModelIdentity
from contracts.items import Item
from index.building import build_bundle
from index.bundle_manifest import read_manifest, write_manifest
from index.current_version import CURRENT, set_current
from tests.drawn_sets import MODEL

NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
KINDS = ("Shirt", "Dress", "Shoe", "Hat")
OTHER_MODEL = ModelIdentity("resnet50-ba9876543210", "resnet50", "imagenet:resnet50", 224)


def shop(
    rows: int = 60,
    *,
    first: int = 0,
    kinds: Sequence[str] = KINDS,
    noise: float = 0.05,
    seed: int = 0,
    model: ModelIdentity = MODEL,
    shuffled: bool = False,
) -> EmbeddingSet:
    """Items that look like their kind; shuffled: like somebody else's. A row's picture depends on seed and id alone."""
    centres = np.random.default_rng(7).standard_normal((len(KINDS), EMBEDDING_DIMENSIONS))
    numbers = range(first, first + rows)
    embeddings = np.stack(
        [
            centres[n % len(KINDS)]
            + noise * np.random.default_rng((seed, n)).standard_normal(EMBEDDING_DIMENSIONS) * 10
            for n in numbers
        ]
    ).astype(np.float32)
    if shuffled:
        embeddings = np.random.default_rng(1).permutation(embeddings)
    items = [Item(f"i{n}", f"{n}.jpg", {"kind": kinds[n % len(kinds)], "title": f"item {n}"}) for n in numbers]
    return EmbeddingSet(items, embeddings, model, "/catalogue")


def add_version(bundles: Path, embedding_set: EmbeddingSet, hours: int, *, components: int = 20) -> str:
    """Build a version some hours after the first; whatever is current stays so."""
    before = (bundles / CURRENT).read_text().strip() if (bundles / CURRENT).exists() else None
    report = build_bundle(embedding_set, bundles, components=components, now=NOW + timedelta(hours=hours))
    if before is not None:
        set_current(bundles, before)
    return report.version


def copy_version(bundles: Path, version: str, name: str) -> str:
    """The same bundle again under another name, which its manifest then says too: without the cost of a build."""
    shutil.copytree(bundles / version, bundles / name)
    write_manifest(bundles / name, replace(read_manifest(bundles / name), version=name))
    return name


def daily_copies(bundles: Path, version: str, days: range) -> list[str]:
    """One copy of a version for each of some days of January 2027: newer than all that `add_version` builds."""
    return [copy_version(bundles, version, f"202701{day:02}T000000Z-aaaaaa") for day in days]
