"""The locked versions that the images install: complete, hashed, and what pyproject.toml asks for."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from scripts.lock_versions import split

REPOSITORY = Path(__file__).parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
FILES = ("base.lock", "worker.lock", "otel.lock", "qdrant.lock", "train.lock", "torch-cuda.lock", "build.lock")
TEXTS = {name: (REPOSITORY / "requirements" / name).read_text() for name in FILES}
API = ("base.lock",)
WORKER = ("base.lock", "worker.lock")
GPU_WORKER = (*WORKER, "train.lock", "torch-cuda.lock")
# What the image has, for the conditions of requirements.
MACHINE = {"python_version": "3.11", "python_full_version": "3.11.9", "sys_platform": "linux", "extra": ""}


def locked(*names: str) -> dict[str, Version]:
    """The versions that some of the files name."""
    pins = [re.match(r"(\S+)==(\S+)", lines) for name in names for lines in split(TEXTS[name]).values()]
    return {canonicalize_name(pin[1]): Version(pin[2]) for pin in pins if pin}


def wanted(*extras: str) -> list[Requirement]:
    """What pyproject.toml asks for."""
    project = PROJECT["project"]
    lines = [*project["dependencies"], *(line for e in extras for line in project["optional-dependencies"][e])]
    # An extra may name another one of the project itself.
    return [asked for asked in map(Requirement, lines) if asked.name != "lookalike"]


def misfits(requirements: list[Requirement], versions: dict[str, Version]) -> list[str]:
    """The requirements that no version fits."""
    return [
        str(asked)
        for asked in requirements
        if canonicalize_name(asked.name) not in versions
        or not asked.specifier.contains(versions[canonicalize_name(asked.name)], prereleases=True)
    ]


@pytest.mark.parametrize("name", FILES)
def test_every_version_is_exact_and_has_its_hashes(name: str) -> None:
    packages = split(TEXTS[name])
    assert packages
    for package, lines in packages.items():
        assert re.match(rf"{re.escape(package)}==[0-9][A-Za-z0-9.]*( ;[^\\]*)? \\\n", lines), package
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", lines), package


@pytest.mark.parametrize("name", FILES)
def test_no_registry_and_no_folder_of_a_machine_is_named(name: str) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|/(tmp|home|work)\b|\.org|\.io\b", TEXTS[name])


def test_the_api_gets_what_the_project_asks_for_and_no_torch() -> None:
    assert misfits(wanted(), locked(*API)) == []
    assert not {"torch", "torchvision", "timm", "scipy", "scikit-learn"} & set(locked(*API))


def test_the_worker_on_a_cpu_gets_what_it_needs_and_no_torch() -> None:
    assert misfits(wanted("worker"), locked(*WORKER)) == []
    assert not {"torch", "torchvision", "timm", "scipy", "scikit-learn"} & set(locked(*WORKER))


def test_an_image_with_tracing_gets_what_that_needs_and_nothing_in_two_versions() -> None:
    assert misfits(wanted("otel"), locked(*API, "otel.lock")) == []
    others, traced = locked(*GPU_WORKER), locked("otel.lock")
    assert not set(traced) & set(locked(*API))
    assert {name: others[name] for name in traced if name in others} == {n: traced[n] for n in traced if n in others}


def test_an_image_with_qdrants_client_gets_what_that_needs_and_nothing_in_two_versions() -> None:
    assert misfits(wanted("qdrant"), locked(*API, "qdrant.lock")) == []
    others, held = locked(*GPU_WORKER, "otel.lock"), locked("qdrant.lock")
    assert not set(held) & set(locked(*API))
    assert {name: others[name] for name in held if name in others} == {n: held[n] for n in held if n in others}


def test_the_worker_on_a_gpu_gets_what_networks_need() -> None:
    assert misfits(wanted("worker", "gpu", "train"), locked(*GPU_WORKER)) == []


def test_the_project_is_packed_by_what_is_locked() -> None:
    assert misfits([Requirement(line) for line in PROJECT["build-system"]["requires"]], locked("build.lock")) == []


def test_no_package_stands_in_two_files_of_an_image() -> None:
    assert sum(len(split(TEXTS[name])) for name in GPU_WORKER) == len(locked(*GPU_WORKER))


def test_torch_and_what_its_cuda_build_needs_stand_alone() -> None:
    names = set(locked("torch-cuda.lock"))
    assert {"torch", "torchvision"} <= names
    assert all(re.fullmatch(r"torch|torchvision|triton|(nvidia|cuda)-.*", name) for name in names)
    assert not [name for name in locked(*WORKER, "train.lock") if re.match(r"torch|triton|nvidia-|cuda-", name)]


@pytest.mark.parametrize(
    "names",
    [API, WORKER, GPU_WORKER, (*API, "otel.lock"), (*API, "qdrant.lock")],
    ids=["api", "worker", "gpu worker", "api with tracing", "api with qdrant"],
)
def test_what_the_packages_need_themselves_is_locked_too(names: tuple[str, ...]) -> None:
    """Looked up where the locked version is installed: `--no-deps` brings nothing that is not in the files."""
    versions, looked_at = locked(*names), 0
    for name, pinned in versions.items():
        try:
            if Version(version(name)) != pinned:
                continue
        except PackageNotFoundError:
            continue
        looked_at += 1
        needs = [Requirement(line) for line in requires(name) or ()]
        needs = [need for need in needs if need.marker is None or need.marker.evaluate(MACHINE)]
        assert misfits(needs, versions) == [], name
    assert looked_at > 0
