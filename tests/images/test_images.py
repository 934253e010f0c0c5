import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

import lookalike
from api.settings import ApiSettings
from contracts.settings_names import API_SETTINGS, IMPORTER_SETTINGS, WORKER_SETTINGS
from importer.settings import ImporterSettings
from tests.images.compose import COMPOSE_FILE, GUIDE, OURS, compose, guide_commands, services
from tests.images.dockerfile import (
    DOCKERFILES,
    REPOSITORY,
    Instruction,
    base_image,
    copied,
    environment,
    only,
    runs,
    stages,
)
from worker.settings import WorkerSettings

SETTINGS: dict[str, type[BaseSettings]] = {
    "api": ApiSettings,
    "worker": WorkerSettings,
    "worker-cpu": WorkerSettings,
    "importer": ImporterSettings,
    "importer-cpu": ImporterSettings,
}


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def variable(field: str) -> str:
    return "REDIS_URL" if field == "redis_url" else f"LOOKALIKE_{field.upper()}"


@pytest.mark.parametrize("name", DOCKERFILES)
def test_hadolint_finds_nothing(name: str) -> None:
    result = subprocess.run([tool("hadolint"), str(REPOSITORY / name)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert not result.stdout


def test_the_compose_file_follows_its_specification() -> None:
    result = subprocess.run(
        [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(COMPOSE_FILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", DOCKERFILES)
def test_what_is_copied_exists_and_is_let_through(name: str) -> None:
    ignore = (REPOSITORY / ".dockerignore").read_text().splitlines()
    sources = [source for stage in stages(name) for source in copied(stage)]
    assert {"pyproject.toml", "README.md", "LICENSE", "requirements", "lookalike.py", "contracts"} <= set(sources)
    for source in sources:
        assert (REPOSITORY / source).exists(), source
        assert f"!{source}" in ignore


def test_nothing_else_of_the_checkout_reaches_an_image() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    assert allowed == {source for name in DOCKERFILES for stage in stages(name) for source in copied(stage)}


@pytest.mark.parametrize("name", DOCKERFILES)
def test_base_images_are_slim_and_named_by_a_full_tag_that_compose_may_replace(name: str) -> None:
    image = base_image(name)
    assert re.fullmatch(r"python:3\.1[12]-slim-[a-z]+", image), image
    builds = [service["build"] for service in services().values() if "build" in service]
    given = [build["args"]["PYTHON_IMAGE"] for build in builds if build["dockerfile"] == name]
    assert given
    assert set(given) == {f"${{PYTHON_IMAGE:-{image}}}"}


@pytest.mark.parametrize("name", DOCKERFILES)
def test_the_final_stage_installs_nothing_and_is_not_root(name: str) -> None:
    final = stages(name)[-1]
    keywords = [instruction.keyword for instruction in final]
    assert not [i for i in final if i.keyword == "RUN" and re.search(r"\b(pip|apt-get)\b", i.arguments)]
    assert only(final, "USER").arguments == "10001:10001"
    # All that the process runs was written by root, so it cannot change itself.
    assert max(i for i, word in enumerate(keywords) if word in {"RUN", "COPY"}) < keywords.index("USER")
    assert environment(final)["PYTHONUNBUFFERED"] == "1"


def test_the_api_image_has_no_room_that_needs_torch() -> None:
    assert set(copied(stages("Dockerfile.api")[-1])) == {
        "contracts",
        "storage",
        "pictures",
        "tracing",
        "fetching",
        "index",
        "catalogue",
        "engines",
        "api",
        "checks",
        "commands",
        "lookalike.py",
    }


@pytest.mark.parametrize(
    ("name", "locks"),
    [
        ("Dockerfile.api", ["base", "otel", "qdrant", "build"]),
        # torch comes first, by the device that the image is built for.
        ("Dockerfile.gpu", ["torch-cuda", "train", "base", "worker", "otel", "qdrant", "build"]),
    ],
)
def test_it_installs_what_is_locked_by_its_hashes_and_nothing_else(name: str, locks: list[str]) -> None:
    commands = [command for run in runs(stages(name)[0]) for command in pip_installs(run)]
    # Without `--no-deps` pip would also take what no lock file names.
    assert all("--no-deps" in words for words in commands)
    by_hash = [words for words in commands if "--require-hashes" in words]
    files = [word for words in by_hash for word in words if word.startswith("requirements/")]
    assert files == [f"requirements/{lock}.lock" for lock in locks]
    others = [words for words in commands if words not in by_hash]
    project = others.pop()
    assert project[-1] == "."
    assert "--no-build-isolation" in project
    assert others == []
    assert runs(stages(name)[0])[-1].arguments.count("pip --python /opt/lookalike/bin/python check") == 1


@pytest.mark.parametrize("name", DOCKERFILES)
def test_the_image_runs_a_command_that_exists(name: str) -> None:
    check_command(only(stages(name)[-1], "CMD").exec_form())


@pytest.mark.parametrize("name", OURS)
def test_the_service_runs_a_command_that_exists(name: str) -> None:
    assert ("command" in services()[name]) is (name != "api")
    command = services()[name].get("command", ["lookalike", "--help"])
    if command != ["lookalike", "--help"]:
        check_command(command)


@pytest.mark.parametrize("arguments", guide_commands(), ids=" ".join)
def test_the_guide_names_commands_that_exist(arguments: list[str]) -> None:
    if arguments != ["serve", "--checkpoint"]:
        check_command(["lookalike", *arguments])


def test_the_guide_says_how_to_prepare_an_index() -> None:
    verbs = [" ".join(arguments[:2]) for arguments in guide_commands()]
    assert "extract /catalogue" in verbs
    assert "index build" in verbs


@pytest.mark.parametrize("name", SETTINGS)
def test_the_service_can_be_given_every_setting_and_no_other(name: str) -> None:
    given = services()[name]["environment"]
    known = {variable(field) for field in SETTINGS[name].model_fields}
    # OpenTelemetry reads its own, in API and worker; the library of object stores too, where one may be named.
    of_tracing = {key for key in given if key.startswith("OTEL_")}
    of_stores = {key for key in given if key.startswith("AWS_")}
    assert name.startswith("importer") or of_tracing == {
        key for key in services()["api"]["environment"] if key.startswith("OTEL_")
    }
    assert bool(of_stores) is not name.startswith("worker")
    assert set(given) - of_tracing - of_stores == known
    # Empty text is no number: what has no default here must be absent, not empty.
    with_defaults = {"REDIS_URL", "LOOKALIKE_CATALOGUE_ROOT", "LOOKALIKE_PROXY_ADDRESSES"}
    assert {key for key, value in given.items() if value is not None} <= with_defaults


@pytest.mark.parametrize(
    ("heading", "settings"),
    [("| API |", ApiSettings), ("| worker |", WorkerSettings), ("| importer |", ImporterSettings)],
)
def test_the_guide_lists_every_setting_with_its_default(heading: str, settings: type[BaseSettings]) -> None:
    table = GUIDE.read_text().split(f"\n{heading}")[1].split("\n\n")[0]
    rows = {
        cells[1].strip().strip("`"): cells[2].strip().strip("`")
        for cells in (line.split("|") for line in table.splitlines()[2:])
    }
    assert set(rows) == {variable(field) for field in settings.model_fields}
    for field, description in settings.model_fields.items():
        default: Any = description.default
        assert not isinstance(default, SecretStr)
        if default in (None, (), ""):
            assert rows[variable(field)] in {"none", "the bundle's"}
        else:
            values = default if isinstance(default, tuple) else (default,)
            assert rows[variable(field)] == ",".join(map(str, values)), field


def test_the_lookalike_variables_of_the_guide_exist() -> None:
    assert (
        set(re.findall(r"LOOKALIKE_[A-Z_]+", GUIDE.read_text())) <= API_SETTINGS | IMPORTER_SETTINGS | WORKER_SETTINGS
    )


def test_the_variables_of_the_compose_file_are_explained() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_FILE.read_text()))
    assert used == {name for name in used if f"`{name}`" in GUIDE.read_text()}


def test_every_volume_and_network_is_declared_and_used() -> None:
    whole = compose()
    mounted = {
        mount.split(":")[0]
        for service in services().values()
        for mount in service.get("volumes", [])
        if not mount.startswith("${")
    }
    assert mounted == set(whole["volumes"])
    joined = {network for service in services().values() for network in service["networks"]}
    assert joined == set(whole["networks"])
    assert whole["networks"]["queue"]["internal"] is True


@pytest.mark.parametrize("name", OURS)
def test_the_service_mounts_what_its_command_reads(name: str) -> None:
    mounts = {mount.rsplit(":", 2 if mount.endswith(":ro") else 1)[1]: mount for mount in services()[name]["volumes"]}
    expected = {
        "api": {"/bundles", "/catalogue", "/live", "/machine-code", "/thumbnails"},
        "importer": {"/bundles", "/catalogue", "/checkpoints", "/embeddings", "/live"},
        "worker": {"/bundles", "/checkpoints", "/embeddings"},
        "offline": {"/bundles", "/checkpoints", "/catalogue", "/embeddings", "/live"},
    }[name.removesuffix("-cpu")]
    assert set(mounts) == expected
    read_only = {target for target, mount in mounts.items() if mount.endswith(":ro")}
    written = {"api": {"/live", "/machine-code", "/thumbnails"}, "worker": set(), "importer": {"/bundles", "/live"}}
    assert read_only == (
        {"/catalogue"} if name.startswith("offline") else expected - written[name.removesuffix("-cpu")]
    )


@pytest.mark.parametrize("name", OURS)
def test_the_service_builds_from_a_file_that_exists(name: str) -> None:
    build = services()[name]["build"]
    assert (REPOSITORY / build["context"] / build["dockerfile"]).is_file()
    declared = {i.arguments.split("=")[0] for stage in stages(build["dockerfile"]) for i in stage if i.keyword == "ARG"}
    assert set(build["args"]) <= declared | {"PYTHON_IMAGE"}
    gpu = not name.endswith("-cpu") and name != "api"
    assert ("deploy" in services()[name]) is gpu
    assert build["args"].get("DEVICE") == {"api": None}.get(name, "cuda" if gpu else "cpu")


def test_workers_run_by_profile_and_the_rest_without() -> None:
    profiles = {name: service.get("profiles") for name, service in services().items()}
    assert profiles == {
        "redis": None,
        "api": None,
        "worker": ["gpu"],
        "worker-cpu": ["cpu"],
        "importer": ["live"],
        "importer-cpu": ["live-cpu"],
        "offline": ["offline"],
        "offline-cpu": ["offline-cpu"],
    }


@pytest.mark.parametrize("name", ["redis", *OURS])
def test_the_service_is_hardened(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service["restart"] == ("no" if name.startswith("offline") else "unless-stopped")


@pytest.mark.parametrize("name", ["redis", *OURS])
def test_a_runaway_service_is_stopped_before_the_machine_suffers(name: str) -> None:
    service = services()[name]
    assert 0 < service["pids_limit"] <= 2048
    # Training and extraction take what the machine has.
    assert ("mem_limit" in service) is not name.startswith("offline")


@pytest.mark.parametrize("name", ["worker", "worker-cpu"])
def test_the_decoding_budget_is_a_part_of_the_workers_memory(name: str) -> None:
    limit = services()[name]["mem_limit"]
    assert limit.endswith("g")
    assert WorkerSettings.model_fields["decode_budget_bytes"].default * 4 <= int(limit[:-1]) * 1024**3


@pytest.mark.parametrize("name", ["api", "worker", "worker-cpu"])
def test_the_service_waits_for_redis_and_checks_its_health_in_python(name: str) -> None:
    service = services()[name]
    assert service["depends_on"] == {"redis": {"condition": "service_healthy"}}
    in_image = only(stages(service["build"]["dockerfile"])[-1], "HEALTHCHECK")
    assert service["healthcheck"]["test"] == ["CMD", *in_image.exec_form()]
    for option, key in (("interval", "interval"), ("timeout", "timeout"), ("start-period", "start_period")):
        assert f"--{option}={service['healthcheck'][key]}" in in_image.arguments


def test_only_the_api_is_published() -> None:
    assert [name for name, service in services().items() if "ports" in service] == ["api"]
    assert services()["api"]["ports"] == ["${API_ADDRESS:-127.0.0.1}:${API_PORT:-8000}:8000"]
    assert only(stages("Dockerfile.api")[-1], "EXPOSE").arguments == "8000"


def pip_installs(run: Instruction) -> list[list[str]]:
    """The words of each `pip ... install` of a RUN."""
    commands = re.findall(r"\bpip (?:--python \S+ )?(install .*?)(?=&&|;;|$)", run.arguments)
    return [shlex.split(command) for command in commands]


def check_command(words: list[str]) -> None:
    assert words[0] == "lookalike"
    assert lookalike._parser().parse_args(words[1:])
