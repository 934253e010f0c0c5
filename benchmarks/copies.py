"""`lookalike benchmark copies`: whether a customer's snapshot of a product finds that product."""

import csv
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.distortion import distorted
from contracts.errors import EmbeddingsError
from contracts.hold_out import held_out
from contracts.search_defaults import COMPONENTS, RERANKED, SCALING, WHITEN
from evaluation.evaluated_set import EvaluatedSet
from evaluation.query_sets import QuerySet
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
from model.shipped_networks import source_of

_LARGEST = 1024


def run(gallery: Path, out: Path, *, pictures: int, seed: int) -> int:
    """Distort some of a gallery's pictures, embed the copies with its own network, and search for the originals.

    Args:
        gallery: folder of embeddings; the pictures that they were made from must still be in place.
        out: folder for the copies, their embeddings, metrics.json and report.html.
        pictures: number of pictures.
        seed: for the choice of pictures and their distortions.

    Raises:
        EmbeddingsError: the gallery has no pictures that can be read, or is damaged.
        ModelError: its network is unavailable.
    """
    originals = EvaluatedSet.read(gallery)
    catalogue = _write_copies(originals, out / "copies", pictures, seed)
    engine = load_engine(source_of(originals.embeddings.model))
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
        (findings,) = run_evaluation(
            [QuerySet(Sources(gallery, out / "embeddings"))], settings, out, now=datetime.now(UTC), progress=progress
        )
    print(as_table(findings))
    print(f"\nrecall@1: share of copies whose original is the first result. Report: {out / REPORT_FILE}")
    return 0


def _write_copies(originals: EvaluatedSet, folder: Path, count: int, seed: int) -> Path:
    """Write a catalogue of distorted copies of held-out items, each with its original's id: `folder`/items.csv."""
    draw = np.random.default_rng(seed)
    _, first, twins = np.unique(originals.digests, axis=0, return_index=True, return_counts=True)
    # If two items have the same picture, no search can tell which one was copied.
    single = np.sort(first[twins == 1])
    out = held_out(originals.items, originals.pictures)
    unseen = [row for row in single.tolist() if out[row]]
    # A network does better on pictures that it was trained on than on new ones.
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
        as_srgb=True,
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
            f"none of the pictures in {originals.embeddings.catalogue_root} can be read any more; restore them, or "
            "extract the catalogue again"
        )
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "image"))
        writer.writerows(listed)
    return folder / "items.csv"
