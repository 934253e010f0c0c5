"""What the chart runs: the images' users, volumes and commands, as docker-compose.yml and the guide have them."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import api.settings
import importer.settings
import lookalike
import worker.settings
from api.routes.health import HEALTH_PATHS, MONITORED_PATHS
from contracts.settings_names import API_SETTINGS, IMPORTER_SETTINGS, WORKER_SETTINGS
from scripts.chart_settings import CHART, OF_THE_CHART
from tests.deploy.rendering import Object, container, containers, environment, named, objects, pods
from tests.deploy.values import ACCEPTED
from tests.images.compose import services
from tests.images.dockerfile import environment as image_environment
from tests.images.dockerfile import only, stages

OURS = ("api", "worker", "worker-next", "importer", "offline")
IMAGE = {
    "api": "Dockerfile.api",
    "worker": "Dockerfile.gpu",
    "worker-next": "Dockerfile.gpu",
    "importer": "Dockerfile.gpu",
    "offline": "Dockerfile.gpu",
}
READ = {"api": API_SETTINGS, "worker": WORKER_SETTINGS, "worker-next": WORKER_SETTINGS, "importer": IMPORTER_SETTINGS}
SECRET_FILES = "/run/secrets/lookalike"
CERTIFICATES = "/run/secrets/certificates"


def default(compose_value: str) -> str:
    """The default of `${NAME:-default}`."""
    return compose_value.split(":-", 1)[1].rstrip("}")


def mounts(found: Object) -> dict[str, bool]:
    """Where volumes are mounted that compose has too, and whether they are read-only."""
    return {
        mount["mountPath"]: mount.get("readOnly", False)
        for mount in found["volumeMounts"]
        if mount["mountPath"] not in {"/tmp", SECRET_FILES, CERTIFICATES}
    }


def composed_mounts(name: str) -> dict[str, bool]:
    found = {}
    for volume in services()[name]["volumes"]:
        target = volume.removesuffix(":ro")
        found[target[target.rindex(":") + 1 :]] = target != volume
    return found


@pytest.mark.parametrize("case", ACCEPTED)
def test_every_container_is_hardened(case: str) -> None:
    for part, pod in pods(case):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert not [volume for volume in spec.get("volumes", []) if "hostPath" in volume]
        if part in OURS:
            user, group = only(stages(IMAGE[part])[-1], "USER").arguments.split(":")
            assert (security["runAsUser"], security["runAsGroup"], security["fsGroup"]) == (
                int(user),
                int(group),
                int(group),
            )
        for found in containers(pod):
            assert found["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"cpu", "memory"} <= found["resources"]["requests"].keys()
            assert ("memory" in found["resources"].get("limits", {})) is (part != "offline")


@pytest.mark.parametrize("case", ["gpu-live", "everything", "outside"])
def test_volumes_and_their_rights_are_those_of_compose(case: str) -> None:
    for part, pod in pods(case):
        if part in OURS:
            for found in containers(pod):
                assert mounts(found) == composed_mounts(part.removesuffix("-next")), part


def test_certificates_are_mounted_where_the_values_file_says() -> None:
    found = {
        part: [mount["readOnly"] for mount in step["volumeMounts"] if mount["mountPath"] == CERTIFICATES]
        for part, pod in pods("outside")
        for step in containers(pod)
    }
    assert found == {part: [True] for part in ("api", "worker", "importer", "offline")}
    assert CERTIFICATES in (CHART / "values.yaml").read_text()


def test_without_a_live_catalogue_there_is_no_volume_for_it() -> None:
    assert mounts(container("cpu", "api")).keys() == composed_mounts("api").keys() - {"/live"}


@pytest.mark.parametrize("part", ["api", "worker", "importer", "valkey"])
def test_memory_and_time_to_end_are_those_of_compose(part: str) -> None:
    service = services()[{"valkey": "redis"}.get(part, part)]
    pod = dict(pods("everything"))[part]["spec"]
    (found,) = pod["containers"]
    limit = found["resources"]["limits"]["memory"]
    assert limit.removesuffix("i").lower() == service["mem_limit"]
    before = int(found.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", [0, 0])[1])
    assert f"{pod['terminationGracePeriodSeconds'] - before}s" == service["stop_grace_period"]
    temporary = {volume["name"]: volume for volume in pod.get("volumes", [])}.get("tmp")
    sizes = [mount.split("size=")[1].split("m,")[0] for mount in service.get("tmpfs", [])]
    assert ([] if temporary is None else [temporary["emptyDir"]["sizeLimit"]]) == [f"{size}Mi" for size in sizes]


@pytest.mark.parametrize("case", ACCEPTED)
def test_every_command_exists(case: str) -> None:
    for part, pod in pods(case):
        if part in OURS:
            for found in containers(pod):
                program, *arguments = found["command"]
                assert program == "lookalike"
                assert lookalike._parser().parse_args(arguments)


@pytest.mark.parametrize(("case", "suffix"), [("cpu", "-cpu"), ("gpu-live", "")])
def test_the_commands_are_those_of_compose(case: str, suffix: str) -> None:
    expected = services()[f"worker{suffix}"]["command"]
    assert container(case, "worker")["command"] == expected
    assert container(case, "api")["command"] == only(stages("Dockerfile.api")[-1], "CMD").exec_form()
    assert container(case, "worker")["image"].endswith(suffix or lookalike.__version__)
    gpus = container(case, "worker")["resources"]["limits"].get("nvidia.com/gpu")
    assert gpus == (None if suffix else 1)


def test_the_importer_runs_composes_command() -> None:
    assert container("gpu-live", "importer")["command"] == services()["importer-cpu"]["command"]
    assert container("everything", "importer")["command"] == services()["importer"]["command"]


def test_valkey_runs_composes_command_with_a_password_in_place_of_protected_mode() -> None:
    def options(words: list[str]) -> dict[str, str]:
        assert words[0] == "valkey-server"
        return dict(zip(words[1::2], words[2::2], strict=True))

    ours = options(container("cpu", "valkey")["command"])
    expected = options(services()["redis"]["command"])
    assert expected.pop("--protected-mode") == "no"
    assert ours == {**expected, "--dir": "/data", "--requirepass": "$(VALKEY_PASSWORD)"}
    assert container("cpu", "valkey")["image"] == default(services()["redis"]["image"])


@pytest.mark.parametrize("case", ACCEPTED)
def test_probes_ask_for_routes_that_exist_and_never_restart_what_a_restart_does_not_mend(case: str) -> None:
    api_container = container(case, "api")
    paths = {
        kind: api_container[kind]["httpGet"]["path"] for kind in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz/items"}
    assert set(paths.values()) <= set(HEALTH_PATHS)
    for part, pod in pods(case):
        for found in containers(pod):
            assert ("livenessProbe" in found) is (part in {"api", "valkey"})
            if part.startswith("worker"):
                check = only(stages("Dockerfile.gpu")[-1], "HEALTHCHECK").exec_form()
                assert found["readinessProbe"]["exec"]["command"] == check
    for made in objects(case):
        for endpoint in [*made["spec"].get("endpoints", []), *made["spec"].get("podMetricsEndpoints", [])]:
            assert endpoint["path"] in MONITORED_PATHS


@pytest.mark.parametrize("case", ACCEPTED)
def test_every_variable_is_one_that_the_process_reads(case: str) -> None:
    of_the_chart = {*OF_THE_CHART, "VALKEY_PASSWORD", "POSTGRESQL_PASSWORD", "FORWARDED_ALLOW_IPS", "OTEL_SERVICE_NAME"}
    for part, pod in pods(case):
        for found in containers(pod) if part in READ else ():
            names = [variable["name"] for variable in found["env"]]
            assert len(set(names)) == len(names)
            assert set(names) - of_the_chart <= READ[part]
            assert {name for name in names if name.startswith("LOOKALIKE_")} <= READ[part]


@pytest.mark.parametrize("case", ACCEPTED)
def test_no_secret_stands_in_a_manifest(case: str) -> None:
    assert "Secret" not in {made["kind"] for made in objects(case)}
    for _, pod in pods(case):
        for found in containers(pod):
            for name, value in environment(found).items():
                if name in {"REDIS_URL", "LOOKALIKE_DATABASE_URL"}:
                    assert "_PASSWORD)@" in value
                assert name != "LOOKALIKE_API_KEYS"


@pytest.fixture
def secret_files(tmp_path: Path) -> Path:
    (tmp_path / "api-keys").write_text("0123456789abcdef\n")
    (tmp_path / "redis-url").write_text("rediss://:secret@redis.example:6379/0")
    (tmp_path / "database-url").write_text("postgresql://user:secret@postgresql.example/shop")
    (tmp_path / "search-url").write_text("postgresql://user:secret@postgresql.example/search")
    return tmp_path


def started_with(found: Object, secrets: Path) -> dict[str, str]:
    """The container's environment as Kubernetes makes it, with the files of its Secrets in a folder of this machine."""
    variables: dict[str, str] = {}
    for variable in found["env"]:
        value: str = variable.get("value", "of-a-secret")
        for name, earlier in variables.items():
            value = value.replace(f"$({name})", earlier)
        variables[variable["name"]] = value.replace(SECRET_FILES, str(secrets))
    return variables


@pytest.mark.parametrize("case", ACCEPTED)
def test_each_process_accepts_its_environment(case: str, secret_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readers: Mapping[str, Any] = {"api": api.settings, "worker": worker.settings, "importer": importer.settings}
    outside = ACCEPTED[case].get("valkey", {}).get("enabled") is False
    for part, pod in pods(case):
        if part not in readers:
            continue
        (found,) = pod["spec"]["containers"]
        with monkeypatch.context() as context:
            for name in [name for name in os.environ if name.startswith(("LOOKALIKE_", "REDIS_"))]:
                context.delenv(name)
            for name, value in started_with(found, secret_files).items():
                context.setenv(name, value)
            settings = readers[part].read_settings()
        if part != "importer":
            expected = "rediss://:secret@redis.example:6379/0" if outside else "redis://:of-a-secret@"
            assert settings.redis_url.startswith(expected)
        if part == "api":
            assert bool(settings.api_keys) is (case != "least")
        if part == "importer":
            assert settings.database_url is not None
            assert settings.picture_store == ("s3://bucket/pictures" if case == "everything" else "/live/pictures")


def test_the_search_is_compiled_into_a_volume_that_can_be_written() -> None:
    assert image_environment(stages("Dockerfile.api")[-1])["NUMBA_CACHE_DIR"] == "/machine-code"
    assert mounts(container("cpu", "api"))["/machine-code"] is False


def test_the_grace_of_the_api_is_that_of_the_guide_and_the_time_in_which_proxies_forget_it() -> None:
    pod = named("cpu", "Deployment", "api")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 20 + 5
