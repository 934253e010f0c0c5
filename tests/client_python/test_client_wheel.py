"""The wheel of lookalike-client, installed into an empty environment, searches a real service."""

import email
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import lookalike_client
from tests.browser.live_shop import KEY, LiveShop
from tests.built_once import built_once

PROJECT = Path(__file__).parents[2] / "clients" / "python"
DIST_INFO = f"lookalike_client-{lookalike_client.__version__}.dist-info"
PROGRAM = """
import sys
from pathlib import Path
from lookalike_client import Client
with Client(sys.argv[1], key=sys.argv[2]) as client:
    print(client.similar_to_photo(Path(sys.argv[3]), limit=1).items[0].id)
"""

pytestmark = pytest.mark.services


def uv(*arguments: str | Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "uv", "--quiet", *arguments], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = built_once(
        tmp_path_factory,
        "client-wheel",
        lambda folder: uv("build", "--wheel", "--out-dir", folder, PROJECT),
    )
    (built,) = folder.glob("lookalike_client-*.whl")
    return built


def test_it_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if not name.startswith(f"{DIST_INFO}/")}
    sources = PROJECT / "src"
    files = {
        path.relative_to(sources).as_posix()
        for path in sources.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == files
    assert "lookalike_client/py.typed" in names


def test_its_metadata(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = email.message_from_bytes(archive.read(f"{DIST_INFO}/METADATA"))
    assert (metadata["Name"], metadata["Version"]) == ("lookalike-client", lookalike_client.__version__)
    assert metadata["License-Expression"] == "Apache-2.0"
    assert archive.read(f"{DIST_INFO}/licenses/LICENSE") == (PROJECT.parents[1] / "LICENSE").read_bytes()
    needed = metadata.get_all("Requires-Dist") or []
    assert sorted(name.split("<")[0].split(">")[0] for name in needed) == ["httpx2", "pillow"]
    assert [name for name in needed if "extra" not in name] == ["httpx2<3,>=2.16"]


def test_it_searches_from_an_empty_environment(wheel: Path, shop: LiveShop, photo: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    uv("pip", "install", "--python", python, wheel)
    done = subprocess.run(
        [python, "-W", "error", "-c", PROGRAM, shop.address, KEY, photo],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "new arrivals/0\n", "")
