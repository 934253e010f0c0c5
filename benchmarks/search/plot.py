"""Plot of a run."""

import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.search.findings import Curve, Findings, SelectivityPoint
from benchmarks.search.kinds import OURS
from storage.durable_files import replace_file

PLOT_PNG = "search.png"
_OURS = "#c2410c"
_OTHERS = "#475569"
_PALETTE = ("#0369a1", "#4d7c0f", "#7e22ce")


def write_plot(findings: Findings, folder: Path) -> None:
    """Write `search.png` atomically: the engines, and the curve and the filters if they were measured.

    Raises:
        OSError: the file cannot be written.
    """
    panels = 1 + (findings.curve is not None) + bool(findings.selectivity)
    # A plain Figure, because pyplot has global state and may look for a screen.
    figure = Figure(figsize=(4 + 5.5 * panels, 2.4 + 0.32 * max(9, len(findings.engines))), layout="constrained")
    axes = list(figure.subplots(1, panels, squeeze=False, width_ratios=[1.5] + [1] * (panels - 1))[0])
    _draw_engines(axes.pop(0), findings)
    if findings.curve is not None:
        _draw_curve(axes.pop(0), findings.curve)
    if findings.selectivity:
        _draw_selectivity(axes.pop(0), findings.selectivity)
    figure.suptitle(f"{findings.items:,} items of {findings.components} dimensions, top {findings.k}")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / PLOT_PNG, buffer.getvalue())


def _draw_engines(axes: Axes, findings: Findings) -> None:
    slowest_first = sorted(findings.engines, key=lambda figures: -figures.both.p50)
    for place, figures in enumerate(slowest_first):
        colour = _OURS if figures.name == OURS else _OTHERS
        spread = figures.both
        axes.plot([spread.p50, spread.p99], [place, place], color=colour, linewidth=2)
        axes.plot(spread.p50, place, "o", color=colour)
        axes.plot(spread.p90, place, "|", color=colour, markersize=9)
        label = f"{spread.p50:.3g} ms, recall {figures.recall:.3f}"
        axes.annotate(label, (spread.p50, place), (0, 7), textcoords="offset points", fontsize=7, color=colour)
    axes.set_yticks(range(len(slowest_first)), [figures.title for figures in slowest_first], fontsize=8)
    axes.set(xscale="log", xlabel="milliseconds a query: p50 (dot), p90 (tick), p99 (end)")
    axes.set_ylim(-0.6, len(slowest_first) - 0.2)
    # Space for the labels, which begin at the dots.
    low, high = axes.get_xlim()
    axes.set_xlim(low, high * (high / low) ** 0.25)
    axes.grid(alpha=0.3, axis="x")


def _draw_curve(axes: Axes, curve: Curve) -> None:
    items = [point.items for point in curve.points]
    colours = iter(_PALETTE)
    for name in curve.points[0].p50:
        label = f"{name}: items^{curve.exponents[name]:.2f}" if name in curve.exponents else name
        colour = _OURS if name == OURS else next(colours)
        axes.plot(items, [point.p50[name] for point in curve.points], marker="o", label=label, color=colour)
    axes.set(xscale="log", yscale="log", xlabel="items", ylabel="p50, milliseconds a query")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)


def _draw_selectivity(axes: Axes, points: Sequence[SelectivityPoint]) -> None:
    for kind, style in (("scattered", "-"), ("together", "--")):
        of_kind = [point for point in points if point.filter == kind]
        colours = iter(_PALETTE)
        for name in of_kind[0].p50 if of_kind else ():
            colour = _OURS if name == OURS else next(colours)
            shares = [100 * point.share for point in of_kind]
            times = [point.p50[name] for point in of_kind]
            axes.plot(shares, times, style, marker=".", color=colour, label=f"{name}, {kind}")
    axes.set(xscale="log", yscale="log", xlabel="% of the items that a filter lets pass", ylabel="p50, milliseconds")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=7)
