"""The HTML report: one self-contained page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from evaluation import wording
from evaluation.bootstrap import Estimate
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import Evaluation
from evaluation.examples import Kind
from evaluation.findings import ClassFigures, Measurement, SpaceFigures
from evaluation.line_chart import HEIGHT, WIDTH, LineChart, draw_chart
from evaluation.result_rows import SHOWN_RESULTS, ResultRow, RowsOfPictures
from evaluation.settings import DEEPEST
from evaluation.sources import Sources
from evaluation.spaces import SpaceName
from evaluation.thumbnails import LONGEST_SIDE_PX

_TEMPLATE = "report.html"
_CHARTED_CLASSES = 25
_SHOWN_FIRST: tuple[SpaceName, ...] = ("served", "reduced", "full")


@dataclass(frozen=True, slots=True)
class Section:
    """The report's section about one definition of relevant.

    Attributes:
        meaning: the definition in words.
        measurements: with all items and, if measured, without siblings.
        charts: of the first measurement.
        classes: the most frequent classes in the space shown, best first.
        further_classes: number of classes not shown.
        rows: of pictures.
    """

    meaning: str
    measurements: Sequence[Measurement]
    charts: Sequence[LineChart]
    classes: Sequence[ClassFigures]
    further_classes: int
    rows: Mapping[Kind, Sequence[ResultRow]]


def render_report(
    evaluation: Evaluation, gallery: EvaluatedSet, queries: EvaluatedSet, sources: Sources, made: datetime
) -> str:
    """Render the page; reads the pictures to show from the catalogues.

    Args:
        evaluation: of the two sets.
        gallery, queries: the sets.
        sources: where they come from.
        made: time of the evaluation, in UTC.
    """
    findings = evaluation.findings
    measured = [facts.space for facts in findings.spaces]
    shown = next(space for space in _SHOWN_FIRST if space in measured)
    pictures = RowsOfPictures(gallery, queries, evaluation, shown)
    # Text from a catalogue is untrusted, so autoescape must stay on.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"interval": wording.interval, "listed": wording.listed}
    return environment.get_template(_TEMPLATE).render(
        findings=findings,
        made=f"{made:%Y-%m-%d %H:%M} UTC",
        shown=shown,
        words=wording.what_was_measured(findings, sources),
        spaces=[(facts, wording.space(facts, findings)) for facts in findings.spaces],
        sections=[_section(evaluation, position, shown, pictures) for position in range(len(evaluation.judged))],
        wording=wording,
        class_map=findings.settings.class_map is not None,
        headline=_headline,
        rows_shown=SHOWN_RESULTS,
        deepest=DEEPEST,
        chart_width=WIDTH,
        chart_height=HEIGHT,
        side=LONGEST_SIDE_PX,
    )


def _section(evaluation: Evaluation, position: int, shown: SpaceName, pictures: RowsOfPictures) -> Section:
    findings = evaluation.findings
    relevant = tuple(findings.settings.relevant[position])
    measurements = [found for found in findings.measurements if found.relevant == relevant]
    plain = measurements[0]
    classes = next(figures.classes for figures in plain.spaces if figures.space == shown)
    frequent = sorted(classes, key=lambda figures: -figures.queries)[:_CHARTED_CLASSES]
    return Section(
        meaning=wording.meaning(plain, class_map=findings.settings.class_map is not None),
        measurements=measurements,
        charts=[
            draw_chart(
                "recall@k",
                [
                    (figures.space, figures.recall_curve, [(at.k, at.recall) for at in figures.at])
                    for figures in plain.spaces
                ],
            ),
            draw_chart(
                "precision@k",
                [
                    (figures.space, figures.precision_curve, [(at.k, at.precision) for at in figures.at])
                    for figures in plain.spaces
                ],
            ),
        ],
        classes=sorted(frequent, key=lambda figures: -figures.precision_at_10),
        further_classes=len(classes) - len(frequent),
        rows=pictures.of(position),
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
