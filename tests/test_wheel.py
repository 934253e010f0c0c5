"""The wheel holds every room of the product with all its files, and the command's help needs nothing but the wheel."""

import email
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import lookalike
from tests.built_once import built_once

REPOSITORY = Path(__file__).parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
ROOMS: list[str] = PROJECT["tool"]["importlinter"]["root_packages"]
# Rooms of a checkout only.
LEFT_OUT = {"benchmarks", "examples", "tools"}
IN_WHEEL = [room for room in ROOMS if room not in LEFT_OUT]
DIST_INFO = f"lookalike-{lookalike.__version__}.dist-info"

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = built_once(
        tmp_path_factory, "wheel", lambda folder: pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(REPOSITORY))
    )
    (built,) = folder.glob("lookalike-*.whl")
    return built


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def files_of(room: str) -> set[str]:
    """A room's files as they lie in the checkout, without the caches that tools leave there."""
    found = (path.relative_to(REPOSITORY) for path in (REPOSITORY / room).rglob("*") if path.is_file())
    return {
        path.as_posix()
        for path in found
        if not any(part == "__pycache__" or part.startswith(".") for part in path.parts)
    }


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console command in an environment that holds the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip("--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    return python.with_name("lookalike")


def run(command: Path, *words: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(command), *words], cwd=cwd, env={}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("room", IN_WHEEL)
def test_it_holds_the_whole_room(wheel: Path, room: str) -> None:
    files = files_of(room)
    assert any(name.endswith(".py") for name in files), f"{room} is empty"
    assert f"{room}/py.typed" in files
    assert files <= set(zipfile.ZipFile(wheel).namelist())


def test_it_holds_the_command_and_the_page_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {"lookalike.py", "api/page/index.html", "api/page/base.css", "api/page/page.js"} <= set(names)
    assert "sample/catalogue.zip" in names
    top = {name.split("/")[0] for name in names}
    assert top <= {*IN_WHEEL, "lookalike.py", DIST_INFO}


def test_its_metadata_has_the_version_the_licence_and_where_to_install_it(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = email.message_from_bytes(archive.read(f"{DIST_INFO}/METADATA"))
    assert metadata["Version"] == lookalike.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    for name in ("LICENSE", "NOTICE"):
        assert archive.read(f"{DIST_INFO}/licenses/{name}") == (REPOSITORY / name).read_bytes()
    assert "into an environment of its own" in metadata.get_payload()


def test_the_rooms_are_the_same_in_every_list() -> None:
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]) == {*IN_WHEEL, "lookalike.py"}
    assert set(PROJECT["tool"]["ruff"]["lint"]["isort"]["known-first-party"]) == {*ROOMS, "lookalike"}
    assert set(PROJECT["tool"]["mypy"]["files"]) == {
        *ROOMS,
        "clients/python/src",
        "lookalike.py",
        "scripts",
        "tests",
    }
    assert set(PROJECT["tool"]["coverage"]["run"]["source"]) == set(IN_WHEEL)


def test_its_help_needs_nothing_else(command: Path, tmp_path: Path) -> None:
    for words in ([], ["extract"], ["index", "build"], ["serve"], ["demo"], ["benchmark", "http"]):
        result = run(command, *words, "--help", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert result.stdout.startswith(f"usage: {' '.join(['lookalike', *words])}")


def test_it_says_its_version(command: Path, tmp_path: Path) -> None:
    assert run(command, "--version", cwd=tmp_path).stdout == f"lookalike {lookalike.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [["extract", "items.csv"], ["copies", "e", "--out", "o"], ["search"], ["http", "bundles", "--photos", "photos"]],
    ids=lambda words: words[0],
)
def test_a_benchmark_says_that_it_needs_a_checkout(command: Path, words: list[str], tmp_path: Path) -> None:
    result = run(command, "benchmark", *words, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    (said,) = result.stderr.splitlines()
    assert said.startswith("lookalike: benchmarks are not part of an installed Lookalike; clone its repository")
