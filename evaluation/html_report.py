"""The HTML report: one self-contained page."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from evaluation import wording
from evaluation.bootstrap import Estimate
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import Evaluation
from evaluation.findings import SpaceFigures
from evaluation.line_chart import HEIGHT, WIDTH
from evaluation.result_rows import SHOWN_RESULTS, RowsOfPictures
from evaluation.score_wording import NOT_SERVED, percent
from evaluation.set_view import view_set
from evaluation.settings import CLASS_K, DEEPEST
from evaluation.sources import Sources
from evaluation.thumbnails import LONGEST_SIDE_PX, Thumbnails

_TEMPLATE = "report.html"
# The report must stay small, however many sets and definitions of relevant there are.
_ROWS_OF_ONE_SET = 30
_ROWS_OF_SETS = 60


def render_report(
    evaluations: Sequence[Evaluation],
    gallery: EvaluatedSet,
    queries: Sequence[EvaluatedSet],
    sources: Sequence[Sources],
    made: datetime,
) -> str:
    """Render the page; reads the pictures to show from the catalogues.

    Args:
        evaluations: of the sets of queries, at least one, in the same gallery.
        gallery: the items searched.
        queries: the queries of each set.
        sources: where each set comes from.
        made: time of the evaluation, in UTC.
    """
    first = evaluations[0].findings
    shown = wording.shown_space(first)
    of_gallery = Thumbnails(Path(gallery.embeddings.catalogue_root))
    rows = _ROWS_OF_ONE_SET if len(evaluations) == 1 else _ROWS_OF_SETS
    rows //= sum(len(evaluation.judged) for evaluation in evaluations)
    sets = [
        view_set(evaluation, source, shown, RowsOfPictures(gallery, asked, evaluation, shown, of_gallery, rows))
        for evaluation, asked, source in zip(evaluations, queries, sources, strict=True)
    ]
    # Text from a catalogue is untrusted, so autoescape must stay on.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"interval": wording.interval, "listed": wording.listed, "percent": percent}
    return environment.get_template(_TEMPLATE).render(
        first=first,
        sets=sets,
        several=len(sets) > 1,
        made=f"{made:%Y-%m-%d %H:%M} UTC",
        shown=shown,
        wording=wording,
        headline=_headline,
        not_served=NOT_SERVED,
        class_k=CLASS_K,
        rows_shown=SHOWN_RESULTS,
        deepest=DEEPEST,
        chart_width=WIDTH,
        chart_height=HEIGHT,
        side=LONGEST_SIDE_PX,
    )


def _headline(figures: SpaceFigures) -> list[Estimate]:
    """A space's five main metrics, in the order of the page's table."""
    at = {found.k: found for found in figures.at}
    return [
        at[1].recall,
        at[10].recall,
        at[10].precision,
        at[10].mean_average_precision,
        figures.macro_precision_at_10,
    ]
