"""What each process says instead of starting, when keys or settings would leave it open by mistake."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from index.bundle import Bundle
from tests.api.small_catalogue import make_bundle
from tests.free_port import free_port

pytestmark = pytest.mark.services

ROOT = Path(__file__).resolve().parents[2]
EVERY = {
    "serve": ("serve", "bundles"),
    "API": ("serve", "bundles", "--only", "api"),
    "worker": ("serve", "bundles", "--only", "worker"),
    "demo": ("demo",),
}
OF_THE_API = [name for name in EVERY if name != "worker"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refused")
    bundle = make_bundle(folder / "catalogue", folder / "bundles")
    assert isinstance(bundle, Bundle)
    return folder


def said(folder: Path, process: str, *options: str, **settings: str) -> str:
    """What a process that refuses to start says: one sentence, before it does anything."""
    options = options if process == "worker" else ("--port", str(free_port()), *options)
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    ended = subprocess.run(
        [sys.executable, "-m", "lookalike", *EVERY[process], *options],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1, ended.stderr
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("lookalike: ")
    assert not (folder / ".lookalike").exists()
    return line


@pytest.mark.parametrize("process", EVERY)
@pytest.mark.parametrize(
    "redis_url", ["redis-sentinel://:secret@redis.example:26379/0", "redis://:se#cret@redis.example"]
)
def test_an_address_of_redis_that_cannot_be_used(folder: Path, process: str, redis_url: str) -> None:
    line = said(folder, process, REDIS_URL=redis_url)
    assert "REDIS_URL: redis" in line
    assert "redis.example" in line
    assert "cret" not in line


@pytest.mark.parametrize("process", EVERY)
def test_a_misspelt_name(folder: Path, process: str) -> None:
    line = said(folder, process, LOOKALIKE_API_KEY="a-key-of-19-letters")
    assert "LOOKALIKE_API_KEY (the nearest that exists is LOOKALIKE_API_KEYS)" in line
    assert "a-key-of-19-letters" not in line


@pytest.mark.parametrize("process", OF_THE_API)
def test_keys_that_are_none(folder: Path, process: str) -> None:
    assert "LOOKALIKE_API_KEYS: it is set, but holds no key" in said(folder, process, LOOKALIKE_API_KEYS=" , ")


def test_the_workers_secret_is_a_sentence_too(folder: Path) -> None:
    assert "No such file" in said(folder, "worker", REDIS_URL_FILE="nowhere")


@pytest.mark.parametrize("process", OF_THE_API)
def test_an_address_that_others_reach_without_keys(folder: Path, process: str) -> None:
    line = said(folder, process, "--host", "0.0.0.0")
    assert "other machines can reach 0.0.0.0" in line
    assert "LOOKALIKE_API_KEYS" in line
    assert "--open" in line


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (("--open",), {}),
        ((), {"LOOKALIKE_OPEN": "true"}),
        ((), {"LOOKALIKE_API_KEYS": "a-key-of-19-letters"}),
    ],
    ids=["--open", "LOOKALIKE_OPEN", "keys"],
)
def test_it_starts_where_that_is_wanted(folder: Path, options: tuple[str, ...], settings: dict[str, str]) -> None:
    command = [sys.executable, "-m", "lookalike", *EVERY["API"], "--host", "0.0.0.0", "--port", "0", *options]
    environment = {"REDIS_URL": "redis://127.0.0.1:1/0", "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    with subprocess.Popen(
        command, cwd=folder, env={**environment, **settings}, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "at http://0.0.0.0:" in line:
                break
        if "LOOKALIKE_API_KEYS" not in settings:
            lines.append(process.stderr.readline())
        process.kill()
    assert ("no API key is set" in lines[-1]) is ("LOOKALIKE_API_KEYS" not in settings)
