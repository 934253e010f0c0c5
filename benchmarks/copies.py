"""`lookalike benchmark copies`: whether a customer's snapshot of a product finds that product."""

import csv
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.distortion import distorted
from contracts.errors import EmbeddingsError
from contracts.search_defaults import COMPONENTS, RERANKED, SCALING, WHITEN
from evaluation.evaluated_set import EvaluatedSet
from evaluation.running import REPORT_FILE, run_evaluation
from evaluation.settings import Settings
from evaluation.sources import Sources
from evaluation.spaces import ReductionSettings
from evaluation.table import as_table
from launch.progress import progress_bar
from model.catalogue.opening import open_catalogue
from model.extraction import extract
from model.loading import load_engine
from model.picture_reading import read_pictures
from model.training.splits import is_test

_LARGEST = 1024


def run(gallery: Path, out: Path, *, pictures: int, seed: int) -> int:
    """Distort some of a gallery's pictures, embed the copies with its own network, and search for the originals.

    Args:
        gallery: embeddings; the pictures they were made of must still be where they were.
        out: folder of the copies, of their embeddings, of metrics.json and report.html.
        pictures: how many.
        seed: of which pictures, and of what is done to them.

    Raises:
        EmbeddingsError: the gallery has no pictures that can be read, or is damaged.
        ModelError: its network cannot be had.
    """
    originals = EvaluatedSet.read(gallery)
    catalogue = _write_copies(originals, out / "copies", pictures, seed)
    engine = load_engine(originals.embeddings.model.source)
    opened = open_catalogue(catalogue)
    with progress_bar("Embedding the copies", "picture") as progress:
        extract(
            opened.items,
            opened.root,
            out / "embeddings",
            engine,
            batch_size=16,
            workers=max(1, os.cpu_count() or 1),
            progress=progress,
        )
    settings = Settings(
        relevant=[["id"]],
        reduction=ReductionSettings(SCALING, COMPONENTS, WHITEN, RERANKED),
        group="",
        exclude_same=(),
        seed=seed,
    )
    with progress_bar("Searching", "search") as progress:
        findings = run_evaluation(
            Sources(gallery, out / "embeddings"), settings, out, now=datetime.now(UTC), progress=progress
        )
    print(as_table(findings))
    print(f"\nrecall@1: the copy's own original came first. To look at: {out / REPORT_FILE}")
    return 0


def _write_copies(originals: EvaluatedSet, folder: Path, count: int, seed: int) -> Path:
    """A catalogue of distorted copies of held-out items, each with its original's id: `folder`/items.csv."""
    draw = np.random.default_rng(seed)
    _, first, twins = np.unique(originals.digests, axis=0, return_index=True, return_counts=True)
    # Of two items with the same picture nobody can tell which one was photographed.
    single = np.sort(first[twins == 1])
    unseen = [row for row in single.tolist() if is_test(originals.items[row])]
    # A network knows the pictures it was trained on better than a shop's next ones.
    rows = draw.permutation(unseen or single)[:count]
    items = [originals.items[row] for row in rows]
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    read = read_pictures(
        items,
        Path(originals.embeddings.catalogue_root),
        known=(),
        fit=lambda pixels: pixels,
        target=_LARGEST,
        workers=1,
        ahead=4,
    )
    for number, picture in enumerate(read):
        if picture.fitted is not None:
            name = f"{number}.jpg"
            (folder / name).write_bytes(
                distorted(Image.fromarray(picture.fitted), np.random.default_rng([seed, number]))
            )
            listed.append((picture.item.id, name))
    if not listed:
        raise EmbeddingsError(
            f"none of the pictures in {originals.embeddings.catalogue_root} can be read any more; put them back, or "
            "extract the catalogue again"
        )
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "image"))
        writer.writerows(listed)
    return folder / "items.csv"
