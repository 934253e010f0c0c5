"""`lookalike benchmark extract`: our extraction compared with the article's, in speed and precision."""

import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.article_extraction import THREADS, article_rate
from contracts.embedding_engine import EmbeddingEngine
from contracts.items import Item
from contracts.search_defaults import COMPONENTS, SCALING
from index.fitting import fit_reduction
from model.catalogue.opening import open_catalogue
from model.checkpoint import Checkpoint
from model.extraction import extract
from model.loading import load_engine
from model.picture_reading import read_pictures
from model.torch_loading import load_model
from storage.embeddings_folder import read_embeddings

QUERIES = 500
NEIGHBOURS = 10


@dataclass(frozen=True, slots=True)
class ExtractionFigures:
    """The measurements of one run; rates in pictures per second, medians over the rounds.

    Attributes:
        ratio: ours / article's, median over the rounds.
        cosine_median, cosine_minimum: of our embeddings with float32 ones, picture by picture.
        overlap_512, overlap_30: share of the ten nearest neighbours of 500 queries that are the same, by the full
            embeddings and by those reduced to 30 dimensions.
    """

    network: str
    engine: str
    pictures: int
    article_per_s: float
    ours_per_s: float
    ratio: float
    cosine_median: float
    cosine_minimum: float
    overlap_512: float
    overlap_30: float


def run(catalogue: Path, *, source: str, precision: str, pictures: int, rounds: int, accuracy_pictures: int) -> int:
    """Run the two in turns, compare their embeddings, and print a table and JSON."""
    opened = open_catalogue(catalogue)
    generator = np.random.default_rng(0)
    chosen = [opened.items[i] for i in np.sort(generator.permutation(len(opened.items))[:pictures])]
    checkpoint = load_model(source)
    announced: list[str] = []
    engine = load_engine(source, device="cpu", precision=precision, threads=THREADS, announce=announced.append)
    article, ours = [], []
    paths = [opened.folder / item.image for item in chosen]
    for number in range(rounds):
        article.append(article_rate(checkpoint.network, checkpoint.preprocessing, paths))
        ours.append(_our_rate(engine, chosen, opened.folder))
        print(f"round {number + 1}: article's way {article[-1]:.1f}, ours {ours[-1]:.1f} pictures/s", flush=True)
    chosen = [opened.items[i] for i in np.sort(generator.permutation(len(opened.items))[:accuracy_pictures])]
    exact = _float32_embeddings(checkpoint, chosen, opened.folder)
    fast = _embeddings(engine, chosen, opened.folder)
    cosine = (_unit(exact) * _unit(fast)).sum(1)
    reduction = fit_reduction(exact, scaling=SCALING, components=COMPONENTS, seed=0)
    queries = generator.permutation(len(chosen))[:QUERIES]
    figures = ExtractionFigures(
        network=checkpoint.version,
        engine=announced[0],
        pictures=len(paths),
        article_per_s=statistics.median(article),
        ours_per_s=statistics.median(ours),
        ratio=statistics.median(o / a for o, a in zip(ours, article, strict=True)),
        cosine_median=float(np.median(cosine)),
        cosine_minimum=float(cosine.min()),
        overlap_512=_overlap(exact, fast, queries),
        overlap_30=_overlap(reduction.reduce(exact), reduction.reduce(fast), queries),
    )
    print(
        f"\n{figures.network}, {figures.pictures} pictures, {THREADS} threads\n"
        f"  article's way (float32, eager)   {figures.article_per_s:8.1f} pictures/s\n"
        f"  ours                             {figures.ours_per_s:8.1f} pictures/s ({figures.engine})\n"
        f"  ratio                            {figures.ratio:8.2f} x\n"
        f"against float32, {len(chosen)} pictures: cosine median {figures.cosine_median:.5f}, "
        f"minimum {figures.cosine_minimum:.5f}\n"
        f"top {NEIGHBOURS} of {len(queries)} queries: overlap {figures.overlap_512:.4f} at 512-d, "
        f"{figures.overlap_30:.4f} at 30-d"
    )
    print(json.dumps(asdict(figures)))
    return 0


def _our_rate(engine: EmbeddingEngine, items: Sequence[Item], root: Path) -> float:
    with tempfile.TemporaryDirectory() as folder:
        report = extract(items, root, Path(folder), engine)
        return report.items / report.seconds


def _embeddings(engine: EmbeddingEngine, items: Sequence[Item], root: Path) -> NDArray[np.float32]:
    with tempfile.TemporaryDirectory() as folder:
        extract(items, root, Path(folder), engine)
        return np.array(read_embeddings(Path(folder)).embeddings)


def _float32_embeddings(checkpoint: Checkpoint, items: Sequence[Item], root: Path) -> NDArray[np.float32]:
    """Embeddings by the plain float32 network, without folded layers, from the same preprocessed pictures."""
    preprocessing = checkpoint.preprocessing
    network = checkpoint.network.to(memory_format=torch.channels_last)
    mean, std = (torch.tensor(value).view(1, 3, 1, 1) for value in (preprocessing.mean, preprocessing.std))
    pictures = read_pictures(
        items,
        root,
        known=(),
        fit=preprocessing.apply,
        target=preprocessing.input_size,
        as_srgb=preprocessing.colours == "srgb",
        workers=THREADS,
        ahead=32,
    )
    embeddings = []
    with torch.inference_mode():
        for picture in pictures:
            # A picture that cannot be read is skipped, as extraction skips it.
            if picture.fitted is not None:
                values = (torch.from_numpy(picture.fitted)[None] / 255 - mean) / std
                embeddings.append(network(values.to(memory_format=torch.channels_last)).embedding[0].numpy())
    return np.stack(embeddings)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _overlap(one: NDArray[np.float32], other: NDArray[np.float32], queries: NDArray[np.int64]) -> float:
    shared = [
        len(np.intersect1d(a, b)) / NEIGHBOURS
        for a, b in zip(_nearest(one, queries), _nearest(other, queries), strict=True)
    ]
    return float(np.mean(shared))


def _nearest(rows: NDArray[np.float32], queries: NDArray[np.int64]) -> NDArray[np.int64]:
    unit = _unit(rows)
    similarities = unit[queries] @ unit.T
    similarities[np.arange(len(queries)), queries] = -np.inf
    nearest: NDArray[np.int64] = np.argpartition(-similarities, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return nearest
