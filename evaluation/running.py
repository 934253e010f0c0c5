"""`lookalike evaluate`: two folders of embeddings in, metrics and a report out."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile

from contracts.errors import EmbeddingsError
from contracts.progress import Progress, unseen
from evaluation.evaluating import evaluate
from evaluation.evaluating_pairs import evaluate_pair
from evaluation.findings import Findings
from evaluation.html_report import render_report
from evaluation.settings import Settings
from evaluation.sources import Sources
from storage.durable_files import replace_file

METRICS_FILE = "metrics.json"
REPORT_FILE = "report.html"
_FORMAT = 2


def run_evaluation(
    sources: Sources,
    settings: Settings,
    out: Path,
    *,
    now: datetime,
    progress: Progress = unseen,
) -> Findings:
    """Evaluate, and write `metrics.json` and `report.html`; each replaces an older one atomically.

    Args:
        sources: gallery and queries.
        settings: what to measure.
        out: folder for the two files, created if missing.
        now: written into both files.
        progress: called with (searches done, searches in all).

    Raises:
        EmbeddingsError: see `Sources.read` and `evaluation.evaluating.evaluate`; or the folder cannot be written to.
        BundleError: the gallery cannot be reduced.
    """
    # Checked first, because minutes of searching would be lost if the folder cannot be written to.
    _try_to_write(out)
    others = sources.others() if sources.against else None
    gallery, queries = sources.read()
    if others is None:
        evaluation = evaluate(gallery, queries, settings, progress)
    else:
        evaluation, (gallery, queries) = evaluate_pair((gallery, queries), others.read(), settings, progress)
    metrics = json.dumps(
        {"format": _FORMAT, "made": now.isoformat(), "sources": asdict(sources), **asdict(evaluation.findings)},
        indent=1,
        ensure_ascii=False,
        allow_nan=False,
        default=_plain,
    )
    report = render_report(evaluation, gallery, queries, sources, now)
    try:
        replace_file(out / METRICS_FILE, f"{metrics}\n".encode())
        replace_file(out / REPORT_FILE, report.encode())
    except OSError as error:
        raise _unwritable(out, error) from error
    return evaluation.findings


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
