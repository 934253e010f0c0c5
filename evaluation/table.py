"""An evaluation as text for the terminal."""

from evaluation.findings import Findings, Measurement
from evaluation.wording import difference, duplicates, gallery_seen, interval, judged_queries, meaning

_WIDTH = 9


def as_table(findings: Findings) -> str:
    """What was searched, and for each measurement a row for each k with the spaces side by side."""
    lines = [f"{findings.queries:,} queries in {findings.gallery:,} items by {findings.model.version}"]
    for facts in findings.spaces:
        kept = "" if facts.explained_variance is None else f", {facts.explained_variance:.1%} of the variance kept"
        ranked = f", first {facts.rerank:,} re-ranked by the full space" if facts.rerank else ""
        lines.append(
            f"{facts.space:>8}: {facts.components} dimensions{kept}{ranked}; "
            f"{facts.searches:,} searches in {facts.seconds:.1f} s"
        )
    for measurement in findings.measurements:
        lines += ["", *_measured(measurement, class_map=findings.settings.class_map is not None)]
    return "\n".join([*lines, "", duplicates(findings.duplicates), *findings.notes])


def _measured(measurement: Measurement, *, class_map: bool) -> list[str]:
    spaces = measurement.spaces
    names = " ".join(f"{figures.space:>{_WIDTH}}" for figures in spaces)
    group = (_WIDTH + 1) * len(spaces)
    lines = [
        f"Relevant: {meaning(measurement, class_map=class_map)}; gallery: {gallery_seen(measurement)}",
        judged_queries(measurement),
        " " * 4 + "".join(f"{name:>{group}}" for name in ("recall@k", "P@k", "mAP@k")),
        f"{'k':>4} " + " ".join([names] * 3),
    ]
    for row in zip(*(figures.at for figures in spaces), strict=True):
        values = [at.recall.value for at in row]
        values += [at.precision.value for at in row]
        values += [at.mean_average_precision.value for at in row]
        lines.append(f"{row[0].k:>4} " + " ".join(f"{value:>{_WIDTH}.3f}" for value in values))
    for figures in spaces:
        macro = figures.macro_precision_at_10
        lines.append(
            f"{figures.space:>8}: R@1 {figures.at[0].recall.value:.3f} ({interval(figures.at[0].recall)}); "
            f"P@10, mean over {len(figures.classes)} classes {macro.value:.3f} ({interval(macro)})"
        )
    return lines + [difference(found) for found in measurement.differences]
