"""The chart: Helm's linter and Kubernetes' schemas accept it, it fits together, and it is strict about its values."""

import re
import subprocess
import sys
from typing import Any

import kubernetes_validate
import pytest

from scripts.install_client_tools import REPOSITORY
from tests.deploy.rendering import (
    Object,
    container,
    containers,
    environment,
    named,
    needs_helm,
    objects,
    outcomes,
    pods,
)
from tests.deploy.values import ACCEPTED, REFUSED

# Of the Prometheus operator; their schemas are not Kubernetes'.
CUSTOM = {"ServiceMonitor", "PodMonitor"}


def selected(labels: dict[str, str], pod: Object) -> bool:
    return bool(labels.items() <= pod["metadata"]["labels"].items())


@pytest.mark.parametrize("case", ACCEPTED)
def test_helm_lint_finds_nothing(case: str) -> None:
    found = [message["error"] for message in outcomes()[case]["lint"]]
    assert found == ["icon is recommended"]


# The newest that there is a schema for, and for all that the chart can make the oldest that it says it is for.
@pytest.mark.parametrize(
    ("case", "version"), [*((case, "1.37") for case in ACCEPTED), ("everything", "1.27"), ("outside", "1.27")]
)
def test_every_object_follows_the_schema_of_kubernetes(case: str, version: str) -> None:
    checked = [made for made in objects(case) if made["kind"] not in CUSTOM]
    assert {"Deployment", "Service", "PersistentVolumeClaim"} <= {made["kind"] for made in checked}
    for made in checked:
        kubernetes_validate.validate(made, version, strict=True)


@pytest.mark.parametrize("case", ACCEPTED)
def test_no_two_objects_have_one_name(case: str) -> None:
    names = [(made["kind"], made["metadata"]["name"]) for made in objects(case)]
    assert len(set(names)) == len(names)
    assert {made["metadata"]["namespace"] for made in objects(case)} == {"lookalike"}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_selects_pods_selects_those_of_one_part(case: str) -> None:
    selectors: list[dict[str, str]] = []
    for made in objects(case):
        spec = made["spec"]
        if made["kind"] == "Service":
            selectors.append(spec["selector"])
        elif made["kind"] in {"Deployment", "StatefulSet", "PodDisruptionBudget", "PodMonitor"}:
            selectors.append(spec["selector"]["matchLabels"])
        elif made["kind"] == "NetworkPolicy":
            selectors.append(spec["podSelector"]["matchLabels"])
    for labels in selectors:
        assert len([part for part, pod in pods(case) if selected(labels, pod)]) == 1, labels


@pytest.mark.parametrize("case", ACCEPTED)
def test_every_volume_exists_and_is_mounted(case: str) -> None:
    claims = {made["metadata"]["name"] for made in objects(case) if made["kind"] == "PersistentVolumeClaim"}
    claims |= {
        store.get("existingClaim", "") for store in ACCEPTED[case].get("storage", {}).values() if store != "shared"
    }
    templates = {
        made["metadata"]["labels"]["app.kubernetes.io/component"]: {
            claim["metadata"]["name"] for claim in made["spec"].get("volumeClaimTemplates", [])
        }
        for made in objects(case)
    }
    for part, pod in pods(case):
        volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
        for found in containers(pod):
            assert {mount["name"] for mount in found["volumeMounts"]} == {*volumes, *templates[part]}, part
        used = {
            volume["persistentVolumeClaim"]["claimName"]
            for volume in volumes.values()
            if "persistentVolumeClaim" in volume
        }
        assert used <= claims


@pytest.mark.parametrize("case", ACCEPTED)
def test_every_port_that_is_named_exists(case: str) -> None:
    for part, pod in pods(case):
        for found in containers(pod):
            ports = {port["name"] for port in found.get("ports", [])}
            for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
                probe = found.get(kind, {})
                asked = (probe.get("httpGet") or probe.get("tcpSocket") or {}).get("port")
                assert asked is None or asked in ports
            for made in objects(case):
                if made["kind"] == "Service" and selected(made["spec"]["selector"], pod):
                    assert {port["targetPort"] for port in made["spec"]["ports"]} <= ports, part


@pytest.mark.parametrize("case", ["everything", "least"])
def test_prometheus_reads_what_exists(case: str) -> None:
    monitor = named(case, "ServiceMonitor", "api")
    service = named(case, "Service", "api")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    # Without API keys /metrics is open, and without a worker nobody is asked.
    assert ("authorization" in endpoint) is (case == "everything")
    pod_monitors = [made for made in objects(case) if made["kind"] == "PodMonitor"]
    assert len(pod_monitors) == (2 if case == "everything" else 0)


def test_the_ingress_leads_to_the_service() -> None:
    spec = named("everything", "Ingress", "api")["spec"]
    service = named("everything", "Service", "api")
    assert [rule["host"] for rule in spec["rules"]] == ["search.shop.example", "shop.example"]
    for rule in spec["rules"]:
        (path,) = rule["http"]["paths"]
        assert path["backend"]["service"] == {"name": service["metadata"]["name"], "port": {"name": "http"}}


@pytest.mark.parametrize("component", ["api", "importer"])
def test_a_search_engine_is_named_to_all_who_use_it(component: str) -> None:
    named_file = environment(container("everything", component))["LOOKALIKE_SEARCH_URL_FILE"]
    assert named_file == "/run/secrets/lookalike/search-url"
    assert "LOOKALIKE_SEARCH_URL_FILE" not in environment(container("least", "api"))


def test_the_autoscaler_alone_decides_how_many() -> None:
    scaled = named("cpu", "Deployment", "api")
    target = named("cpu", "HorizontalPodAutoscaler", "api")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == (scaled["kind"], scaled["metadata"]["name"])
    assert "replicas" not in scaled["spec"]
    assert "cpu" in scaled["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
    assert named("least", "Deployment", "api")["spec"]["replicas"] == 1


def test_the_next_network_has_a_worker_beside_the_current_one() -> None:
    current, following = (named("everything", "Deployment", part) for part in ("worker", "worker-next"))
    command = following["spec"]["template"]["spec"]["containers"][0]["command"]
    assert command[-2:] == ["--version", "20261127T020012Z-c07a7b"]
    assert command[:-2] == current["spec"]["template"]["spec"]["containers"][0]["command"]
    assert (current["spec"]["replicas"], following["spec"]["replicas"]) == (3, 1)


def test_other_commands_are_another_job() -> None:
    names = {case: named(case, "Job", "offline")["metadata"]["name"] for case in ("everything", "outside")}
    assert all(re.fullmatch(r".*-offline-[0-9a-f]{8}", name) for name in names.values())
    assert len(set(names.values())) == 2
    pod = dict(pods("everything"))["offline"]["spec"]
    assert [step["command"][1] for step in (*pod["initContainers"], *pod["containers"])] == ["extract", "index"]


@pytest.mark.parametrize("case", REFUSED)
def test_values_that_would_not_work_are_refused_with_a_reason(case: str) -> None:
    outcome: dict[str, Any] = outcomes()[case]
    assert re.search(REFUSED[case][1], outcome.get("refused", "it was accepted"), flags=re.DOTALL)


def test_what_is_written_from_other_files_is_what_lies_there() -> None:
    needs_helm()
    command = [sys.executable, "-m", "scripts.render_kubernetes", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert done.returncode == 0, f"not up to date; run `make manifests`:\n{done.stdout}{done.stderr}"
