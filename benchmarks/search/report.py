"""All results of a run as JSON."""

import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.search.findings import Findings
from storage.durable_files import replace_file

FIGURES_JSON = "search.json"


def write_json(findings: Findings, folder: Path) -> None:
    """Write `search.json` atomically.

    Raises:
        OSError: the file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / FIGURES_JSON, (json.dumps(asdict(findings), indent=1) + "\n").encode())
