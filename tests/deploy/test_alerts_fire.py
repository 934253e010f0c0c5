"""The alerts fire on small made series, and only then: promtool evaluates the rules as Prometheus does."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.made_series import FIRING, HEALTHY, QUIET, Case
from tests.deploy.monitoring import FOLDER, RULES, rules


@pytest.fixture(scope="module")
def promtool() -> str:
    beside_python = Path(sys.executable).with_name("promtool")
    found = str(beside_python) if beside_python.is_file() else shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed; run scripts/install_promtool.sh .venv/bin")
    return found


def run(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False)


def as_test(case: Case) -> dict[str, Any]:
    """A test group of promtool."""
    return {
        "name": case.name,
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in (HEALTHY | case.series).items()],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": "15m",
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in case.firing],
            }
        ],
    }


def failures(promtool: str, folder: Path, cases: list[Case], rule_file: Path = RULES) -> str:
    """What promtool says about the cases that turn out otherwise; JSON is YAML too."""
    file = folder / "made.yml"
    made = {
        "rule_files": [str(rule_file)],
        "evaluation_interval": "30s",
        "tests": [as_test(case) for case in cases],
    }
    file.write_text(json.dumps(made))
    result = run(promtool, "test", "rules", file)
    return "" if result.returncode == 0 else result.stdout + result.stderr


def test_prometheus_accepts_the_files(promtool: str) -> None:
    for command in (("check", "rules", RULES), ("check", "config", "--syntax-only", FOLDER / "prometheus.yml")):
        result = run(promtool, *command)
        assert result.returncode == 0, result.stdout + result.stderr


def test_each_alert_fires_alone(promtool: str, tmp_path: Path) -> None:
    assert not failures(promtool, tmp_path, FIRING)


def test_none_fires_without_a_reason(promtool: str, tmp_path: Path) -> None:
    assert not failures(promtool, tmp_path, QUIET)


def test_each_alert_has_a_case() -> None:
    assert {name for case in FIRING for name in case.firing} == {rule.name for rule in rules()}


def test_a_rule_that_never_fires_is_found(promtool: str, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.rules.yml"
    spoilt.write_text(RULES.read_text().replace("lookalike_index_stale == 1", "lookalike_index_stale == 2"))
    (stale,) = [case for case in FIRING if case.firing == ("LookalikeIndexStale",)]
    assert "LookalikeIndexStale" in failures(promtool, tmp_path, [stale], spoilt)
