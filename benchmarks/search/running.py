"""A whole run: items, engines, measurements, report."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.search import build_peak, machine
from benchmarks.search.concurrency import measure_concurrency
from benchmarks.search.curve import draw_curve
from benchmarks.search.engine import Kind
from benchmarks.search.faiss_engines import FaissEngine
from benchmarks.search.findings import Findings
from benchmarks.search.items import Items, jittered_items, mixture_items, own_items
from benchmarks.search.kinds import FLAT, KINDS, OURS, LeftOut, installed, kind
from benchmarks.search.measuring import build, measure
from benchmarks.search.options import SearchOptions
from benchmarks.search.ours import OurEngine
from benchmarks.search.plot import write_plot
from benchmarks.search.report import FIGURES_JSON, write_json
from benchmarks.search.selectivity import measure_selectivity
from benchmarks.search.source import Source, from_bundle, from_embeddings, synthetic
from benchmarks.search.table import as_table
from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import BenchmarkError
from launch.progress import progress_bar

# The embeddings in float32, plus five copies in float64: what the article's engines keep and need during their build.
_FULL_BYTES_AN_ITEM = EMBEDDING_DIMENSIONS * (4 + 5 * 8)
_FILTERED_QUERIES = 50


def run(options: SearchOptions) -> int:
    """Measure, print a table, and write the report if requested.

    Raises:
        BenchmarkError: an engine is unknown, or an option does not fit the number of items.
        BundleError, EmbeddingsError: the items cannot be read.
    """
    findings = find(options)
    print(as_table(findings))
    if options.out is not None:
        write_json(findings, options.out)
        write_plot(findings, options.out)
        print(f"\nAll figures: {options.out / FIGURES_JSON}")
    return 0


def find(options: SearchOptions) -> Findings:
    """Measure; see `run`."""
    kinds, left_out = installed(_chosen(options.engines))
    generator = np.random.default_rng(options.seed)
    source = _source(options)
    reason = _no_full(options, source) if any(kind.space == "full" for kind in kinds) else ""
    keep_full = not reason and any(kind.space == "full" for kind in kinds)
    if reason:
        left_out += [LeftOut(kind.name, reason) for kind in kinds if kind.space == "full"]
        kinds = [kind for kind in kinds if kind.space != "full"]
    items = _items(options, source, keep_full, generator)
    count = len(items.vectors)
    if options.k > count:
        raise BenchmarkError(f"--k {options.k} is more than the {count:,} items; pass a smaller --k")
    if options.queries > 2 * count:
        raise BenchmarkError(
            f"--queries {options.queries} needs half as many items, but there are {count:,}; pass a smaller --queries"
        )
    queries = items.queries(options.queries, generator)
    peaks = _peaks(kinds, items) if options.build_peak else {}
    built = build(kinds, items, queries)
    engines = measure(kinds, built, items, queries, k=options.k, rounds=options.rounds, peaks=peaks)
    concurrency = None
    if options.concurrent:
        concurrency = measure_concurrency(built, k=options.k, callers=options.concurrent, seconds=options.seconds)
    ours, flat = built.engines[OURS], built.engines.get(FLAT[0])
    selectivity = []
    if options.selectivity and isinstance(ours, OurEngine):
        selectivity = measure_selectivity(
            items.vectors,
            queries.vectors[:: max(1, len(queries) // _FILTERED_QUERIES)],
            options.k,
            ours,
            flat if isinstance(flat, FaissEngine) else None,
            generator,
        )
    # The curve builds indexes of its own and needs the memory.
    del built, ours, flat
    curve = None
    if options.curve:
        curve = draw_curve(
            kinds,
            items,
            engines,
            k=options.k,
            queries=options.queries,
            rounds=options.rounds,
            generator=generator,
        )
    return Findings(
        description=items.description,
        items=count,
        components=items.vectors.shape[1],
        k=options.k,
        from_gallery=queries.from_gallery,
        from_outside=len(queries) - queries.from_gallery,
        rounds=options.rounds,
        seed=options.seed,
        machine=machine.described(),
        engines=engines,
        left_out=left_out,
        concurrency=concurrency,
        curve=curve,
        selectivity=selectivity,
    )


def _chosen(names: Sequence[str] | None) -> list[Kind]:
    """Ours and the named engines, in the order of `KINDS`."""
    if names is None:
        return list(KINDS)
    wanted = {kind(name).name for name in names} | {OURS}
    return [candidate for candidate in KINDS if candidate.name in wanted]


def _source(options: SearchOptions) -> Source:
    if options.bundles is not None:
        return from_bundle(options.bundles)
    if options.embeddings is not None:
        return from_embeddings(options.embeddings)
    return synthetic(options.seed)


def _items(options: SearchOptions, source: Source, keep_full: bool, generator: np.random.Generator) -> Items:
    held_out = options.queries // 2
    if options.kind == "jittered" and options.items is None:
        return own_items(source, held_out, keep_full=keep_full, generator=generator)
    with progress_bar("Making the items", "item") as progress:
        if options.kind == "jittered" and options.items is not None:
            return jittered_items(
                source, options.items, held_out, keep_full=keep_full, generator=generator, progress=progress
            )
        count = len(source.vectors) - held_out if options.items is None else options.items
        return mixture_items(source, count, held_out, generator=generator, progress=progress)


def _no_full(options: SearchOptions, source: Source) -> str:
    """Why embeddings before reduction are not available; empty if they are."""
    if options.kind == "mixture":
        return "it needs embeddings before reduction, and a mixture is drawn after it: use --kind jittered"
    count = len(source.vectors) if options.items is None else options.items
    needed, free = count * _FULL_BYTES_AN_ITEM, machine.free_bytes()
    if free is not None and needed > free:
        return (
            f"it needs {needed / 1e9:.1f} GB for {count:,} items and {free / 1e9:.1f} GB are free: pass fewer --items"
        )
    return ""


def _peaks(kinds: Sequence[Kind], items: Items) -> dict[str, int]:
    """Peak bytes of each build."""
    peaks = {}
    with tempfile.TemporaryDirectory() as folder, progress_bar("Building separately", "engine") as progress:
        files = {}
        for space, vectors in (("reduced", items.vectors), ("full", items.full)):
            if vectors is not None and any(kind.space == space for kind in kinds):
                files[space] = Path(folder) / f"{space}.npy"
                np.save(files[space], vectors, allow_pickle=False)
        for number, candidate in enumerate(kinds):
            progress(number, len(kinds), candidate.name)
            peak = build_peak.measure(candidate.name, files[candidate.space])
            if peak is not None:
                peaks[candidate.name] = peak
        progress(len(kinds), len(kinds))
    return peaks
