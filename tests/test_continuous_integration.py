"""What runs on its own runs the same two commands as people: `make check` and `make test`."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from scripts.bill_of_materials import IMAGES

REPOSITORY = Path(__file__).parents[1]
WORKFLOW = REPOSITORY / ".github" / "workflows" / "ci.yml"
IMAGES_WORKFLOW = WORKFLOW.with_name("images.yml")
COMMANDS = ["make check", "make test"]


def load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.github-workflows", WORKFLOW),
        ("vendor.github-workflows", IMAGES_WORKFLOW),
        ("vendor.dependabot", REPOSITORY / ".github" / "dependabot.yml"),
    ],
    ids=["workflow", "images", "dependabot"],
)
def test_the_file_follows_its_specification(schema: str, path: Path) -> None:
    tool = str(Path(sys.executable).with_name("check-jsonschema"))
    result = subprocess.run([tool, "--builtin-schema", schema, str(path)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_workflow_runs_the_two_commands() -> None:
    (job,) = load(WORKFLOW)["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == COMMANDS
    assert load(WORKFLOW)["permissions"] == {"contents": "read"}


def test_every_image_is_built_with_provenance_and_its_bill_of_materials() -> None:
    workflow = load(IMAGES_WORKFLOW)
    assert workflow["permissions"] == {"contents": "read"}
    job = workflow["jobs"]["image"]
    built = job["strategy"]["matrix"]["include"]
    assert {row["name"] + row["suffix"] for row in built} == set(IMAGES)
    assert all((REPOSITORY / row["file"]).is_file() for row in built)
    steps = {step["uses"].split("@")[0]: step.get("with", {}) for step in job["steps"]}
    build = steps["docker/build-push-action"]
    assert (build["provenance"], build["sbom"], build["push"]) == ("mode=max", True, True)
    attested = [steps[f"actions/{name}"] for name in ("attest-build-provenance", "attest-sbom")]
    assert {step["subject-digest"] for step in attested} == {"${{ steps.build.outputs.digest }}"}
    assert attested[1]["sbom-path"] == "sbom/${{ matrix.name }}${{ matrix.suffix }}.cdx.json"


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
