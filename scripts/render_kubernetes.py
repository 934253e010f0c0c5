"""Write what `deploy/` holds twice; `make manifests` runs this, and `--check` only looks whether it is up to date.

From `contracts/settings_names.py`: which settings the chart lets through, and to which process. From the chart:
the plain manifests, one file for each file of values in `deploy/helm/values/`.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import helm_python

from scripts.chart_settings import CHART, HELM, PROCESSES
from scripts.install_client_tools import REPOSITORY

MANIFESTS: Final = REPOSITORY / "deploy" / "kubernetes"
NAMES: Final = CHART / "files" / "settings.yaml"
SCHEMA: Final = CHART / "values.schema.json"


def render(values: Mapping[str, Any]) -> dict[str, str]:
    """The manifests of each template, by its path, as `helm template lookalike` prints them.

    Raises:
        helm_python.HelmError: the values are refused; the message says which.
    """
    with helm_python.Chart.load(CHART) as chart:
        rendered = chart.render(dict(values), name="lookalike", namespace="lookalike")
    return {path: text for path, text in sorted(rendered.items()) if path.endswith(".yaml") and text.strip()}


def generated() -> Iterator[tuple[Path, str]]:
    """Each file that is made from others, and its content."""
    lists = "".join(
        f"{process}:\n" + "".join(f"  - {name}\n" for name in names) for process, names in PROCESSES.items()
    )
    yield NAMES, f"# The settings that each process reads. Written by `make manifests`.\n{lists}"
    schema = json.loads(SCHEMA.read_text())
    names = sorted(set().union(*PROCESSES.values()))
    schema["properties"]["settings"]["properties"] = {name: {"type": "string"} for name in names}
    yield SCHEMA, json.dumps(schema, indent=2) + "\n"
    for file in sorted((HELM / "values").glob("*.yaml")):
        yield MANIFESTS / file.name, manifest(file)


def manifest(values: Path) -> str:
    """One file of plain manifests, without the empty lines of the templates."""
    text = (
        f"# Written by `make manifests` from deploy/helm/values/{values.name}; docs/kubernetes.md says how to use it.\n"
    )
    for template in render(helm_python.values_from_yaml(values.read_text())).values():
        lines = [line for line in template.splitlines() if line.strip()]
        text += "\n".join(["---", *(lines[1:] if lines[0] == "---" else lines)]) + "\n"
    return text


def main(arguments: Sequence[str]) -> int:
    """Write the files, or name those that are not up to date; returns an exit status."""
    stale = 0
    for file, content in generated():
        if file.is_file() and file.read_text() == content:
            continue
        sys.stdout.write(f"{file.relative_to(REPOSITORY)}\n")
        if "--check" in arguments:
            stale = 1
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_text(content)
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
