"""`lookalike evaluate`: folders of embeddings in, metrics and a report out."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile

from contracts.errors import EmbeddingsError
from contracts.progress import Progress, unseen
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating_pairs import evaluate_set_pairs
from evaluation.evaluating_sets import evaluate_sets, naming
from evaluation.findings import Findings
from evaluation.html_report import render_report
from evaluation.query_sets import QuerySet, without_comparison
from evaluation.set_settings import prepare_set
from evaluation.settings import Settings
from evaluation.sources import Sources
from storage.durable_files import replace_file

METRICS_FILE = "metrics.json"
REPORT_FILE = "report.html"
_FORMAT = 2
_FORMAT_OF_SETS = 3


def run_evaluation(
    sets: Sequence[QuerySet],
    settings: Settings,
    out: Path,
    *,
    now: datetime,
    progress: Progress = unseen,
) -> list[Findings]:
    """Evaluate, and write `metrics.json` and `report.html`; each replaces an older one atomically.

    Args:
        sets: of queries, at least one, with different names and the same gallery.
        settings: what to measure.
        out: folder for the two files, created if missing.
        now: written into both files.
        progress: called with (searches done, searches in all), and among several sets with the name of the one.

    Returns:
        The findings on each set.

    Raises:
        EmbeddingsError: see `Sources.read` and `evaluation.evaluating_sets.evaluate_sets`; or the folder cannot be
            written to.
        BundleError: the gallery cannot be reduced.
    """
    # Checked first, because minutes of searching would be lost if the folder cannot be written to.
    _try_to_write(out)
    against = bool(sets[0].sources.against)
    others = without_comparison(sets) if against else ()
    gallery, queries = _read(sets)
    prepared = [
        prepare_set(one, gallery.items, items, settings, alone=len(sets) == 1)
        for one, items in zip(sets, queries, strict=True)
    ]
    if against:
        evaluations, gallery, queries = evaluate_set_pairs(gallery, prepared, *_read(others), settings, progress)
    else:
        evaluations = evaluate_sets(gallery, prepared, settings, progress)
    sources = [one.sources for one in sets]
    metrics = _as_json([evaluation.findings for evaluation in evaluations], sources, now)
    report = render_report(evaluations, gallery, queries, sources, now)
    try:
        replace_file(out / METRICS_FILE, f"{metrics}\n".encode())
        replace_file(out / REPORT_FILE, report.encode())
    except OSError as error:
        raise _unwritable(out, error) from error
    return [evaluation.findings for evaluation in evaluations]


def _read(sets: Sequence[QuerySet]) -> tuple[EvaluatedSet, list[EvaluatedSet]]:
    """The gallery, and the queries of each set."""
    whole = EvaluatedSet.read(sets[0].sources.gallery)
    queries = []
    for one in sets:
        with naming(one.sources.name, alone=len(sets) == 1):
            queries.append(one.sources.read_queries(whole))
    return sets[0].sources.searched(whole), queries


def _as_json(findings: Sequence[Findings], sources: Sequence[Sources], now: datetime) -> str:
    """One set's figures at the top of the document, as ever, or those of several sets under their names."""
    bodies = [{"sources": asdict(source), **asdict(found)} for source, found in zip(sources, findings, strict=True)]
    made = {"made": now.isoformat()}
    document: dict[str, object] = (
        {"format": _FORMAT, **made, **bodies[0]}
        if len(bodies) == 1
        else {
            "format": _FORMAT_OF_SETS,
            **made,
            "sets": {source.name: body for source, body in zip(sources, bodies, strict=True)},
        }
    )
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False, default=_plain)


def _try_to_write(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise _unwritable(out, error) from error


def _unwritable(out: Path, error: OSError) -> EmbeddingsError:
    return EmbeddingsError(
        f"the evaluation cannot be written to {out} ({error.strerror}); free disk space, grant write access, or name "
        "another folder with --out"
    )


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
