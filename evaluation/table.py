"""An evaluation in a few lines for a person."""

from evaluation.running import EvaluationReport


def as_table(report: EvaluationReport) -> str:
    """A sentence on what was judged, and a row for each k."""
    kept = "" if report.explained_variance is None else f", {report.explained_variance:.1%} of the variance kept"
    judged_by = ", ".join(report.relevant) + (" (by class map)" if report.class_map else "")
    lines = [
        f"{report.queries:,} queries in {report.gallery:,} items by {report.model}, relevant = same {judged_by}",
        f"{report.components} dimensions{kept}; left out: {report.unlabelled:,} unlabelled queries, "
        f"{report.without_relevant:,} without a relevant item; {report.excluded:,} are gallery items themselves",
        f"{'k':>4} {'recall@k':>9} {'P@k':>9} {'mAP@k':>9}",
    ]
    lines += [
        f"{at.k:>4} {at.recall:>9.3f} {at.precision:>9.3f} {at.mean_average_precision:>9.3f}" for at in report.metrics
    ]
    return "\n".join(lines)
