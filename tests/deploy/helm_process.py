"""`python -m tests.deploy.helm_process`: lints and renders the chart with each of several values.

In a process of its own, because Helm's library is written in Go and starts threads, which a process of pytest that
forks later must not have. Reads a JSON array of values from stdin, and writes one of what became of each.
"""

import json
import sys
from typing import Any

import helm_python

from scripts.chart_settings import CHART
from scripts.render_kubernetes import render


def rendered(values: dict[str, Any]) -> dict[str, Any]:
    """The manifests by their template and what lint says, or why the chart refuses the values."""
    try:
        return {"manifests": render(values), "lint": helm_python.lint(CHART, values, strict=True)["messages"]}
    except helm_python.HelmError as error:
        return {"refused": str(error)}


if __name__ == "__main__":
    json.dump([rendered(values) for values in json.load(sys.stdin)], sys.stdout)
