"""The worker's image: which torch it asks for, and that its rooms are enough for what runs in it."""

import ast
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.images.dockerfile import REPOSITORY, only, runs, stages
from tests.images.rehearsal import Rehearsal

DEPENDENCIES, FINAL = stages("Dockerfile.gpu")
# What an operator runs in it beside the worker: the guide's offline steps.
OFFLINE_VERBS = ("extract", "index", "train")


@pytest.fixture
def source(tmp_path: Path) -> Rehearsal:
    rehearsal = Rehearsal("Dockerfile.gpu", tmp_path)
    rehearsal.copy(DEPENDENCIES)
    return rehearsal


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A `pip` that notes what it is asked, because torch has gigabytes."""
    folder = tmp_path / "programs"
    folder.mkdir()
    pip = folder / "pip"
    pip.write_text('#!/bin/sh\necho "pip $*"\n')
    pip.chmod(0o755)
    (folder / "python").symlink_to(sys.executable)
    return folder


def install(source: Rehearsal, programs: Path, **arguments: str) -> "subprocess.CompletedProcess[str]":
    first = runs(DEPENDENCIES)[0]
    return source.run(first, "/source", path=programs, **arguments)


def test_cuda_takes_torch_by_its_hashes(source: Rehearsal, programs: Path) -> None:
    result = install(source, programs, DEVICE="cuda")
    assert result.returncode == 0, result.stderr
    (asked,) = result.stdout.splitlines()
    locks = "-r requirements/torch-cuda.lock -r requirements/train.lock"
    assert asked.endswith(f"install --no-deps --require-hashes {locks}")


def test_cpu_takes_no_torch(source: Rehearsal, programs: Path) -> None:
    result = install(source, programs, DEVICE="cpu")
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert "torch" not in runs(DEPENDENCIES)[1].arguments


@pytest.mark.parametrize("device", ["rocm", "", "CUDA", "cuda:0"])
def test_another_device_is_refused(source: Rehearsal, programs: Path, device: str) -> None:
    result = install(source, programs, DEVICE=device)
    assert result.returncode == 1
    assert "DEVICE must be cuda or cpu" in result.stderr


@pytest.mark.parametrize(
    ("build", "device", "fits"), [("'12.8'", "cuda", True), ("None", "cuda", False), ("None", "cpu", True)]
)
def test_a_torch_without_cuda_stops_the_build_for_it(
    source: Rehearsal, programs: Path, build: str, device: str, fits: bool
) -> None:
    (source.root / "lookalike" / "bin").mkdir(parents=True)
    modules = source.root / "modules" / "torch"
    modules.mkdir(parents=True)
    (modules / "__init__.py").write_text("from torch import version\n__version__ = '2.14.1'\n")
    (modules / "version.py").write_text(f"cuda = {build}\n")
    python = source.root / "lookalike" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={modules.parent} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    result = source.run(runs(DEPENDENCIES)[-1], "/source", path=programs, DEVICE=device)
    assert (result.returncode == 0) is fits, result.stderr
    assert fits or "torch 2.14.1 is not a build for CUDA" in result.stderr


def test_its_rooms_are_enough_for_the_worker_and_the_offline_steps(tmp_path: Path) -> None:
    rehearsal = Rehearsal("Dockerfile.gpu", tmp_path)
    rehearsal.copy(FINAL)
    wanted = ["launch.worker", "launch.worker_health", *imported_by(OFFLINE_VERBS)]
    assert "model.extraction" in wanted
    assert "index.building" in wanted
    script = (
        "import importlib, sys\n"
        f"sys.path[:0] = [{str(tmp_path / 'app')!r}]\n"
        # Added by hand, and not by `site`, so that an editable installation does not bring the checkout in.
        f"sys.path += {sorted({sysconfig.get_path('purelib'), sysconfig.get_path('platlib')})!r}\n"
        f"for name in {wanted!r}: importlib.import_module(name)\n"
        "rooms = {name: module.__file__ for name, module in sys.modules.items() if name == 'launch.worker'}\n"
        "assert rooms == {'launch.worker': " + repr(str(tmp_path / "app/launch/worker.py")) + "}, rooms\n"
        "assert importlib.util.find_spec('api') is None\n"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_its_health_check_loads_no_network() -> None:
    command = only(FINAL, "HEALTHCHECK").exec_form()
    assert command == ["python", "-m", "launch.worker_health", "/bundles"]
    heavy = "('torch', 'celery', 'sklearn', 'PIL')"
    script = f"import sys, launch.worker_health; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, env=os.environ, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def imported_by(verbs: tuple[str, ...]) -> list[str]:
    """The modules that the files of these verbs import, also those that they import only when they run."""
    trees = [ast.parse((REPOSITORY / "commands" / f"{verb}.py").read_text()) for verb in verbs]
    return [
        node.module
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None
    ]
