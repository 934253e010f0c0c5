"""What the chart makes of the values in `values.py`, rendered once a process."""

import functools
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from scripts.install_client_tools import REPOSITORY
from tests.deploy.values import ACCEPTED, REFUSED

Object = dict[str, Any]


def needs_helm() -> None:
    """Skip the test on machines that there is no Helm for in the package registry."""
    if importlib.util.find_spec("helm_python") is None:
        pytest.skip("helm-python-sdk has no wheel for this machine")


@functools.cache
def outcomes() -> dict[str, dict[str, Any]]:
    """By the name of the values: manifests and lint, or the refusal."""
    needs_helm()
    values = ACCEPTED | {name: refused for name, (refused, _) in REFUSED.items()}
    done = subprocess.run(
        [sys.executable, "-m", "tests.deploy.helm_process"],
        input=json.dumps(list(values.values())),
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(values, json.loads(done.stdout), strict=True))


@functools.cache
def objects(case: str) -> list[Object]:
    """All objects that the chart makes of accepted values."""
    outcome = outcomes()[case]
    assert "refused" not in outcome, outcome
    loader = YAML(typ="safe", pure=True)
    return [made for text in outcome["manifests"].values() for made in loader.load_all(text) if made]


def named(case: str, kind: str, component: str) -> Object:
    """The one object of a kind and a part of the service."""
    (found,) = [
        made
        for made in objects(case)
        if made["kind"] == kind and made["metadata"]["labels"]["app.kubernetes.io/component"] == component
    ]
    return found


def pods(case: str) -> Iterator[tuple[str, Object]]:
    """Each template of a pod, and which part of the service it is of."""
    for made in objects(case):
        if "template" in made["spec"]:
            yield made["metadata"]["labels"]["app.kubernetes.io/component"], made["spec"]["template"]


def containers(pod: Object) -> list[Object]:
    """All of a pod's containers in the order in which they start."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def container(case: str, component: str) -> Object:
    """The first container of a part of the service."""
    return containers(dict(pods(case))[component])[0]


def environment(found: Object) -> dict[str, str]:
    """A container's variables whose values stand in the manifest."""
    return {variable["name"]: variable["value"] for variable in found.get("env", []) if "value" in variable}
