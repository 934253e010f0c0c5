"""What the report shows of one set of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation import wording
from evaluation.confusion_view import ConfusionView, view_confusion
from evaluation.evaluating import Evaluation
from evaluation.examples import Kind
from evaluation.findings import ClassFigures, Findings, Measurement, SpaceFacts, SpaceFigures
from evaluation.line_chart import LineChart, draw_chart
from evaluation.result_rows import ResultRow, RowsOfPictures
from evaluation.score_chart import ScoreChart, draw_scores
from evaluation.score_histogram import Cut, ScoreHistogram, cuts
from evaluation.score_wording import automatic, best_separation
from evaluation.sources import Sources
from evaluation.spaces import SpaceName

_CHARTED_CLASSES = 25


@dataclass(frozen=True, slots=True)
class ScoresView:
    """The scores of right and of wrong results: a chart, a table and sentences."""

    histogram: ScoreHistogram
    chart: ScoreChart
    cuts: Sequence[Cut]
    said: Sequence[str]


@dataclass(frozen=True, slots=True)
class Section:
    """The report's section about one definition of relevant.

    Attributes:
        meaning: the definition in words.
        measurements: with all items and, if measured, without siblings.
        figures: of the first measurement in the space shown.
        charts: of the first measurement.
        classes: the most frequent classes in the space shown, best first.
        further_classes: number of classes not shown.
        confusion: None if an earlier section shows it, or there is none.
        scores: None if nothing was searched as served.
        rows: of pictures.
    """

    meaning: str
    measurements: Sequence[Measurement]
    figures: SpaceFigures
    charts: Sequence[LineChart]
    classes: Sequence[ClassFigures]
    further_classes: int
    confusion: ConfusionView | None
    scores: ScoresView | None
    rows: Mapping[Kind, Sequence[ResultRow]]


@dataclass(frozen=True, slots=True)
class SetView:
    """A set of queries.

    Attributes:
        findings: on it.
        class_map: whether a class map says what is right.
        words: sentences on its queries.
        spaces: how each was made and searched.
        sections: for each definition of relevant.
    """

    findings: Findings
    class_map: bool
    words: Sequence[str]
    spaces: Sequence[tuple[SpaceFacts, str]]
    sections: Sequence[Section]


def view_set(evaluation: Evaluation, sources: Sources, shown: SpaceName, pictures: RowsOfPictures) -> SetView:
    """Choose what to show.

    Args:
        evaluation: of the set.
        sources: where it comes from.
        shown: the space whose results are shown.
        pictures: makes the rows of pictures.
    """
    findings = evaluation.findings
    confusions = {found.given_by: view_confusion(found) for found in findings.confusions}
    sections = []
    for position, relevant in enumerate(findings.settings.relevant):
        # Each confusion is shown once, with the first definition that it belongs to.
        confusion = confusions.pop(relevant[0], None)
        sections.append(_section(evaluation, position, shown, pictures, confusion))
    return SetView(
        findings,
        findings.settings.class_map is not None,
        wording.what_was_measured(findings, sources),
        [(facts, wording.space(facts, findings)) for facts in findings.spaces],
        sections,
    )


def _section(
    evaluation: Evaluation, position: int, shown: SpaceName, pictures: RowsOfPictures, confusion: ConfusionView | None
) -> Section:
    findings = evaluation.findings
    relevant = tuple(findings.settings.relevant[position])
    measurements = [found for found in findings.measurements if found.relevant == relevant]
    plain = measurements[0]
    figures = next(figures for figures in plain.spaces if figures.space == shown)
    frequent = sorted(figures.classes, key=lambda one: -one.queries)[:_CHARTED_CLASSES]
    return Section(
        meaning=wording.meaning(plain, class_map=findings.settings.class_map is not None),
        measurements=measurements,
        figures=figures,
        charts=[
            draw_chart(
                "recall@k",
                [(one.space, one.recall_curve, [(at.k, at.recall) for at in one.at]) for one in plain.spaces],
            ),
            draw_chart(
                "precision@k",
                [(one.space, one.precision_curve, [(at.k, at.precision) for at in one.at]) for one in plain.spaces],
            ),
        ],
        classes=sorted(frequent, key=lambda one: -one.precision_at_10),
        further_classes=len(figures.classes) - len(frequent),
        confusion=confusion,
        scores=_scores(findings.scores[position]) if findings.scores else None,
        rows=pictures.of(position),
    )


def _scores(found: ScoreHistogram) -> ScoresView:
    said = [best_separation(found), automatic(found)]
    return ScoresView(found, draw_scores(found), cuts(found), [sentence for sentence in said if sentence is not None])
