"""A run: load each engine with the same items, ask all in turns, remove what was loaded."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from benchmarks.search import machine, truth
from benchmarks.search.engine import Engine as Timed
from benchmarks.search.kinds import FLAT, installed, kind
from benchmarks.search.latency import Answers, ask
from benchmarks.search_engines.catalogue import Asked, drawn_items, new_version, real_items
from benchmarks.search_engines.figures import EngineFigures, as_table, figures_of
from benchmarks.search_engines.part_engine import NearestInPart, ServedPage
from contracts.errors import BenchmarkError
from contracts.search_defaults import RERANKED
from engines.engine import Engine
from engines.opening import open_engine
from index.bundle import Bundle
from index.exact.layout import lay_out
from index.gallery import Gallery
from index.live_index import LiveIndex
from index.part import Part
from index.part_searcher import PartSearcher
from launch.progress import progress_bar

OURS = "ours, 1 thread"
_K = 10
_TIMEOUT_S = 600.0


@runtime_checkable
class Sized(Protocol):
    """An engine that can tell how much room a version takes."""

    def stored_bytes(self, version: str) -> int:
        """Bytes of a version, with its indexes."""


@dataclass(frozen=True, slots=True)
class EnginesOptions:
    """The options of one run.

    Attributes:
        bundles: folder whose current bundle to search, or to fit the mixture to; or None.
        urls: search engines; each is loaded for exact searches, and for approximate ones.
        items: number of items to draw; None: those of the bundle.
        queries: number of queries.
        rounds: number of rounds, in each of which every engine has a turn.
        exact, approximate: whether to measure the engines with either.
        seed: of all draws.

    Raises:
        BenchmarkError: an option is out of range, or two do not fit.
    """

    bundles: Path | None
    urls: Sequence[str]
    items: int | None = None
    queries: int = 200
    rounds: int = 10
    exact: bool = True
    approximate: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if self.bundles is None and self.items is None:
            raise BenchmarkError("name a folder of bundles, or pass --items N to draw items")
        if self.queries < 2 or not 1 <= self.rounds <= self.queries:
            raise BenchmarkError(
                f"--queries must be at least 2 and --rounds 1 to that, got {self.queries} and {self.rounds}"
            )


@dataclass(frozen=True, slots=True)
class _Subject:
    """Something to ask.

    Attributes:
        part: its items; None for a library, which has `library` instead.
        library: see `part`.
        load_s: seconds to load or build it.
        nbytes: that it keeps; None: not known.
    """

    part: Part | None
    library: Timed | None
    load_s: float
    nbytes: int | None


def run(options: EnginesOptions) -> int:
    """Measure, and print a table and a line of JSON.

    Raises:
        BenchmarkError: an option does not fit the items.
        EngineError, SearchUnavailableError: an engine cannot be used, or does not answer.
        BundleError: the bundle cannot be read.
    """
    generator = np.random.default_rng(options.seed)
    asked = _asked(options, generator)
    with ExitStack() as stack:
        subjects = {OURS: _ours(asked), **_faiss(asked)}
        for number, url in enumerate(options.urls):
            engine = stack.enter_context(closing(open_engine(url, timeout_s=_TIMEOUT_S)))
            title = _title(url)
            for approximate in [False] * options.exact + [True] * options.approximate:
                version = new_version(2 * number + approximate)
                loaded = stack.enter_context(_loaded(engine, asked.bundle, version, approximate=approximate))
                subjects[f"{title}, {'approximate' if approximate else 'exact'}"] = loaded
        figures = _measured(asked, subjects, options)
    print(f"{asked.description}; {len(asked.reduced)} queries; {machine.described()['processor']}\n")
    print(as_table(figures))
    print(json.dumps({"items": len(asked.vectors), "engines": [asdict(one) for one in figures]}))
    return 0


def _title(url: str) -> str:
    """The kind of an engine, and of how many shards it is."""
    addresses = url.split()
    shards = f" in {len(addresses)} shards" if len(addresses) > 1 else ""
    return (addresses[0].partition("://")[0] if addresses else "nothing") + shards


def _asked(options: EnginesOptions, generator: np.random.Generator) -> Asked:
    if options.items is None and options.bundles is not None:
        return real_items(options.bundles, options.queries, generator)
    return drawn_items(options.bundles, options.items or 0, options.queries, generator, options.seed, progress_bar)


def _ours(asked: Asked) -> _Subject:
    started = time.perf_counter()
    layout = lay_out(asked.vectors)
    load_s = time.perf_counter() - started
    part = LiveIndex.of(replace(asked.bundle, gallery=Gallery(layout))).parts[0]
    part.warm_up()
    return _Subject(part, None, load_s, layout.nbytes + 4 * len(part) + asked.nbytes)


def _faiss(asked: Asked) -> Mapping[str, _Subject]:
    here, _ = installed([kind(FLAT[0])])
    subjects = {}
    for found in here:
        started = time.perf_counter()
        built = found.build(asked.vectors)
        subjects[found.title] = _Subject(None, built, time.perf_counter() - started, built.nbytes)
    return subjects


@contextmanager
def _loaded(engine: Engine, bundle: Bundle, version: str, *, approximate: bool) -> Iterator[_Subject]:
    """The bundle in the engine, under a version of its own that is removed in the end."""
    try:
        started = time.perf_counter()
        with progress_bar(f"Loading {engine}", "item") as progress:
            engine.load(replace(bundle, version=version), approximate=approximate, progress=progress)
        load_s = time.perf_counter() - started
        part = engine.open(version)
        part.warm_up()
        yield _Subject(part, None, load_s, engine.stored_bytes(version) if isinstance(engine, Sized) else None)
    finally:
        engine.remove(version)


def _measured(asked: Asked, subjects: Mapping[str, _Subject], options: EnginesOptions) -> list[EngineFigures]:
    nearest = {
        name: subject.library or NearestInPart(subject.part)  # type: ignore[arg-type]
        for name, subject in subjects.items()
    }
    found = _answers(nearest, asked.reduced, options, "Searching")
    right = truth.nearest(asked.vectors, asked.reduced, _K)
    pages: Mapping[str, Answers] = {}
    if asked.full is not None:
        rows = {asked.bundle.items.id(row): row for row in range(len(asked.bundle.items))}
        served: dict[str, Timed] = {
            name: ServedPage(PartSearcher(subject.part, asked.bundle.reduction, window=RERANKED), rows)
            for name, subject in subjects.items()
            if subject.part is not None
        }
        pages = _answers(served, asked.full, options, "Asking for pages")
    return [
        figures_of(
            name,
            found[name],
            found[OURS],
            [truth.recall(right, q, asked.vectors, asked.reduced[q], rows) for q, rows in enumerate(found[name].found)],
            pages.get(name),
            pages.get(OURS),
            load_s=subject.load_s,
            nbytes=subject.nbytes,
            items=len(asked.vectors),
        )
        for name, subject in subjects.items()
    ]


def _answers(
    engines: Mapping[str, Timed], queries: NDArray[Any], options: EnginesOptions, label: str
) -> dict[str, Answers]:
    with progress_bar(label, "query") as progress:
        return ask(engines, dict.fromkeys(engines, queries), _K, options.rounds, progress)
