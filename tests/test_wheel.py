"""The wheel holds every room of the product with all its files, and the command's help needs nothing but the wheel."""

import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
ROOMS: list[str] = PROJECT["tool"]["importlinter"]["root_packages"]
# Rooms of a checkout alone.
LEFT_OUT = {"tools"}
IN_WHEEL = [room for room in ROOMS if room not in LEFT_OUT]

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(REPOSITORY))
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


@pytest.mark.parametrize("room", IN_WHEEL)
def test_it_holds_the_whole_room(wheel: Path, room: str) -> None:
    files = files_of(room)
    assert any(name.endswith(".py") for name in files), f"{room} is empty"
    assert files <= set(zipfile.ZipFile(wheel).namelist())


def test_it_holds_the_command_and_the_page_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {"lookalike.py", "api/page/index.html", "api/page/page.css", "api/page/page.js"} <= set(names)
    assert "sample/catalogue.zip" in names
    top = {name.split("/")[0] for name in names}
    assert top <= {*IN_WHEEL, "lookalike.py", f"lookalike-{PROJECT['project']['version']}.dist-info"}


def test_the_rooms_are_the_same_in_every_list() -> None:
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]) == {*IN_WHEEL, "lookalike.py"}
    assert set(PROJECT["tool"]["ruff"]["lint"]["isort"]["known-first-party"]) == {*ROOMS, "lookalike"}
    assert set(PROJECT["tool"]["mypy"]["files"]) == {*ROOMS, "lookalike.py", "tests"}


def test_its_help_needs_nothing_else(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    pip("--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    command = [str(python.with_name("lookalike"))]
    for words in ([], ["extract"], ["index", "build"], ["serve"], ["demo"]):
        result = subprocess.run(
            [*command, *words, "--help"], cwd=tmp_path, env={}, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr
        assert result.stdout.startswith(f"usage: {' '.join(['lookalike', *words])}")
