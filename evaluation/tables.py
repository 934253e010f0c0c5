"""The sets of queries of an evaluation as text for the terminal."""

from collections.abc import Sequence

from evaluation.against_table import against_table
from evaluation.confusion import Confusion, most_mistaken
from evaluation.findings import Findings, Measurement, SpaceFigures
from evaluation.score_histogram import ScoreHistogram, cuts
from evaluation.score_wording import NOT_SERVED, automatic, best_separation, percent
from evaluation.settings import CLASS_K
from evaluation.table import as_table
from evaluation.wording import interval, meaning, shown_space

_MISTAKEN = 5
_NAME = 12


def as_tables(findings: Sequence[Findings]) -> str:
    """The figures of each set; before them, if there are several, all sets side by side."""
    parts = [] if len(findings) == 1 else [_side_by_side(findings)]
    for found in findings:
        heading = [] if len(findings) == 1 else [f"== {found.name} =="]
        parts.append("\n".join([*heading, as_table(found), *_first_results(found)]))
        if found.against is not None:
            parts.append(against_table(found))
    return "\n\n".join(parts)


def _side_by_side(findings: Sequence[Findings]) -> str:
    name = max(_NAME, *(len(found.name) for found in findings))
    space = shown_space(findings[0])
    lines = [
        f"{len(findings)} sets of queries in {findings[0].gallery:,} items by {findings[0].model.version}; {space}",
        f"{'':{name}} queries classes    R@1 P@{CLASS_K}, mean over classes   mAP@{CLASS_K}",
    ]
    for found in findings:
        class_map = found.settings.class_map is not None
        for measurement in found.measurements:
            if measurement.exclude_same or measurement.exclude_pictures:
                continue
            figures = _shown_figures(measurement, found)
            at = {one.k: one for one in figures.at}
            macro = figures.macro_precision_at_10
            lines.append(
                f"{found.name:{name}} {measurement.queries:>7,} {len(figures.classes):>7,} {at[1].recall.value:>6.3f} "
                f"{f'{macro.value:.3f} ({interval(macro)})':>24} {at[CLASS_K].mean_average_precision.value:>8.3f}  "
                f"{meaning(measurement, class_map=class_map)}"
            )
    return "\n".join(lines)


def _shown_figures(measurement: Measurement, findings: Findings) -> SpaceFigures:
    """The figures of the space that says best what customers get."""
    space = shown_space(findings)
    return next(figures for figures in measurement.spaces if figures.space == space)


def _first_results(findings: Findings) -> list[str]:
    lines: list[str] = []
    for confusion in findings.confusions:
        lines += ["", *_mistaken(confusion)]
    if not findings.scores:
        return [*lines, "", NOT_SERVED]
    for relevant, scores in zip(findings.settings.relevant, findings.scores, strict=True):
        lines += ["", *_cuts(relevant, scores)]
    return lines


def _mistaken(confusion: Confusion) -> list[str]:
    pairs = most_mistaken(confusion, _MISTAKEN)
    if not pairs:
        return [f"Asked for, was given: every one of the first {CLASS_K} has a {confusion.given_by} that fits."]
    return [
        f"Asked for ({confusion.asked_by}), was given ({confusion.given_by}) among the first {CLASS_K}, the most "
        "frequent mistakes first:",
        *(
            f"  {pair.asked.name} -> {pair.given.value or 'no value'}: {pair.share:.0%} of its {pair.asked.results:,} "
            f"results; {pair.asked.right / pair.asked.results:.0%} were right"
            for pair in pairs
        ),
    ]


def _cuts(relevant: Sequence[str], scores: ScoreHistogram) -> list[str]:
    lines = [
        f"min_score, by the scores of the first {scores.depth} as served; right: {', '.join(relevant)}",
        "min_score  right kept  wrong kept  right of kept  queries left empty",
    ]
    lines += [
        f"{cut.min_score / 100:>9.2f} {percent(cut.right_kept):>11} {percent(cut.wrong_kept):>11} "
        f"{percent(cut.precision):>14} {percent(cut.empty):>19}"
        for cut in cuts(scores)
    ]
    return [*lines, *(said for said in (best_separation(scores), automatic(scores)) if said)]
