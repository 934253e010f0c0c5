"""The results of a run as text for the terminal."""

from collections.abc import Iterable

from benchmarks.search.findings import Concurrency, Curve, EngineFigures, Findings, SelectivityPoint


def as_table(findings: Findings) -> str:
    """What was searched, a row for each engine, and the other measurements."""
    f = findings
    facts = f.machine
    lines = [
        f"{f.items:,} items of {f.components} dimensions: {f.description}",
        f"{f.from_gallery} queries from the gallery and {f.from_outside} from outside it, top {f.k}, one at a time, "
        f"in {f.rounds} rounds; milliseconds",
        f"on {facts.get('processor', '?')}, threads: {facts.get('threads', '?')}",
        "",
        *_engines(f),
    ]
    lines += [f"left out: {left.name}: {left.why}" for left in f.left_out]
    if f.concurrency is not None:
        lines += ["", *_concurrency(f.concurrency)]
    if f.curve is not None:
        lines += ["", *_curve(f.curve)]
    if f.selectivity:
        lines += ["", *_selectivity(f.selectivity)]
    return "\n".join(lines)


def _engines(findings: Findings) -> list[str]:
    full = any(figures.recall_of_full is not None for figures in findings.engines)
    heads = ["", "p50", "p90", "p99", "gallery", "outside", "ratio", f"recall@{findings.k}", "in order"]
    heads += ["of 512-d"] * full + ["index", "build", "peak"]
    rows = [_engine(figures, full, findings) for figures in findings.engines]
    return [
        *_aligned([heads, *rows]),
        "gallery, outside: p50 of these queries; ratio: p50 divided by that of the faster faiss flat; recall@k: of the "
        "true neighbours in the engine's own space; in order: queries answered exactly as in float64; index in MB; "
        "build in seconds; peak: memory of the build divided by that of its vectors",
    ]


def _engine(figures: EngineFigures, full: bool, findings: Findings) -> list[str]:
    peak = "" if figures.build_peak_nbytes is None else f"{figures.build_peak_nbytes / figures.input_nbytes:.1f}x"
    cells = [
        figures.title,
        *(_ms(value) for value in (figures.both.p50, figures.both.p90, figures.both.p99)),
        _ms(figures.gallery.p50),
        _ms(figures.outside.p50),
        "" if figures.ratio is None else f"{figures.ratio:.2f}x",
        f"{figures.recall:.3f}",
        f"{figures.same_as_truth}/{findings.from_gallery + findings.from_outside}",
    ]
    if full:
        cells.append("" if figures.recall_of_full is None else f"{figures.recall_of_full:.3f}")
    return [*cells, f"{figures.nbytes / 1e6:,.1f}", f"{figures.build_s:,.1f}", peak]


def _concurrency(found: Concurrency) -> list[str]:
    ratio = "" if found.ratio is None else f"; ours divided by the faster faiss flat: {found.ratio:.1f}x"
    rates = ", ".join(f"{name} {rate:,.0f}" for name, rate in found.per_s.items())
    blocks = ", ".join(f"{block:.1f} ms in a pool of {threads}" for threads, block in found.block_ms.items())
    idle = f"{found.idle_block_ms:.1f} ms"
    return [
        f"{found.callers} concurrent callers, queries/s: {rates}{ratio}",
        f"largest delay of an event loop meanwhile, median of three runs: {blocks} (idle: {idle})",
    ]


def _curve(curve: Curve) -> list[str]:
    names = list(curve.points[0].p50)
    rows = [["items", *names, "ratio", "build of ours"]]
    for point in curve.points:
        ratio = "" if point.ratio is None else f"{point.ratio:.2f}x"
        rows.append([f"{point.items:,}", *(_ms(point.p50[name]) for name in names), ratio, f"{point.build_s:,.1f} s"])
    lines = ["p50 by the number of items", *_aligned(rows)]
    if curve.exponents:
        grown = ", ".join(f"{name} items^{exponent:.2f}" for name, exponent in curve.exponents.items())
        lines.append(f"grows as: {grown}")
    return lines


def _selectivity(points: Iterable[SelectivityPoint]) -> list[str]:
    points = list(points)
    names = list(points[0].p50)
    rows = [["filter", "share", "items", *names, "exact"]]
    for point in points:
        share = f"{100 * point.share:g} %"
        times = [_ms(point.p50[name]) for name in names]
        rows.append([point.filter, share, f"{point.items:,}", *times, f"{point.exact}/{point.queries}"])
    return [
        "p50 by the items that pass a filter: scattered at random, or together (an item and those most similar to it)",
        *_aligned(rows),
    ]


def _ms(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:,.1f}"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]).rstrip()
        for row in rows
    ]
