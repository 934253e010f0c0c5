"""What runs on its own runs the same two commands as people: `make check` and `make test`."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

REPOSITORY = Path(__file__).parents[1]
WORKFLOW = REPOSITORY / ".github" / "workflows" / "ci.yml"
COMMANDS = ["make check", "make test"]


def load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)


@pytest.mark.parametrize(
    ("schema", "path"),
    [("vendor.github-workflows", WORKFLOW), ("vendor.dependabot", REPOSITORY / ".github" / "dependabot.yml")],
    ids=["workflow", "dependabot"],
)
def test_the_file_follows_its_specification(schema: str, path: Path) -> None:
    tool = str(Path(sys.executable).with_name("check-jsonschema"))
    result = subprocess.run([tool, "--builtin-schema", schema, str(path)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_workflow_runs_the_two_commands() -> None:
    (job,) = load(WORKFLOW)["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == COMMANDS
    assert load(WORKFLOW)["permissions"] == {"contents": "read"}


def test_the_script_for_other_hosts_runs_them_too() -> None:
    lines = (REPOSITORY / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if line.startswith("make ")] == COMMANDS


def test_a_commit_is_checked_by_the_first() -> None:
    (repository,) = load(REPOSITORY / ".pre-commit-config.yaml")["repos"]
    (hook,) = repository["hooks"]
    assert (repository["repo"], hook["entry"], hook["language"]) == ("local", COMMANDS[0], "system")


def test_make_says_what_it_can_do() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    (targets,) = re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    printed = subprocess.run(["make", "--silent"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    described = dict(re.findall(r"^make ([a-z-]+) +(\S.*)$", printed, flags=re.MULTILINE))
    assert set(described) == set(targets.split())
