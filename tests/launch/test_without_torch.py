"""Extraction, the index, evaluation and the whole service, where torch and scikit-learn cannot be imported."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sample.archive import ARCHIVE, SampleArchive
from tests.free_port import free_port

ROOT = Path(__file__).resolve().parents[2]
REFUSED = ("torch", "torchvision", "timm", "sklearn", "scipy", "matplotlib", "onnxruntime")
# Python imports this by itself when it starts, in every process that inherits PYTHONPATH.
HOOK = f"""
import sys

class Refusal:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {REFUSED!r}:
            raise ModuleNotFoundError(f"{{name}} is refused by the test", name=name)

sys.meta_path.insert(0, Refusal())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of thirty pictures of the sample catalogue, and a folder that forbids what must not be needed."""
    folder = tmp_path_factory.mktemp("without-torch")
    (folder / "hook").mkdir()
    (folder / "hook" / "sitecustomize.py").write_text(HOOK)
    with SampleArchive(ARCHIVE) as archive:
        for number, name in enumerate([name for name in archive.seals if name.endswith(".webp")][::40]):
            target = folder / "catalogue" / ("Tee", "Coat")[number % 2] / f"{number:02}.webp"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))
    return folder


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    return {**kept, "PYTHONPATH": f"{folder / 'hook'}{os.pathsep}{ROOT}"}


def lookalike(folder: Path, environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "lookalike", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def bundles(folder: Path, environment: dict[str, str]) -> Path:
    extracted = lookalike(
        folder, environment, "extract", "catalogue", "--out", "embeddings", "--checkpoint", "shipped:resnet18"
    )
    assert extracted.returncode == 0, extracted.stderr
    assert "30 pictures embedded" in extracted.stdout
    assert "engine openvino" in extracted.stderr
    built = lookalike(folder, environment, "index", "build", "embeddings", "--out", "bundles")
    assert built.returncode == 0, built.stderr
    return folder / "bundles"


@pytest.mark.services
def test_an_index_is_evaluated(folder: Path, environment: dict[str, str], bundles: Path) -> None:
    folders = ("--gallery", "embeddings", "--queries", "embeddings")
    evaluated = lookalike(folder, environment, "evaluate", *folders, "--relevant", "category", "--out", "report")
    assert evaluated.returncode == 0, evaluated.stderr


@pytest.fixture(scope="module")
def address(folder: Path, environment: dict[str, str], bundles: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "lookalike", "serve", str(bundles), "--port", str(port)]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline(), (folder / "serve.log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@pytest.mark.services
def test_the_worker_embeds_real_pictures(folder: Path, address: str) -> None:
    picture = next((folder / "catalogue" / "Tee").iterdir())
    body = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.webp"\r\n\r\n'
    body += picture.read_bytes() + b"\r\n--x--\r\n"
    request = urllib.request.Request(
        f"{address}/similar?limit=3", body, {"Content-Type": "multipart/form-data; boundary=x"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        answer = json.load(response)
    assert answer["items"][0]["id"] == f"Tee/{picture.name}"
    assert answer["items"][0]["score"] > 0.999
    assert answer["query"]["category"]["confidence"] > 0
    deadline = time.monotonic() + 10
    while "engine openvino" not in (folder / "serve.log").read_text():
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("train", "catalogue", "--out", "network"), "lookalike train needs torch, torchvision, timm"),
        (("export", "shipped", "--out", "network"), "lookalike export needs torch, torchvision, timm"),
    ],
)
def test_a_command_that_needs_torch_says_what_to_install(
    folder: Path, environment: dict[str, str], words: tuple[str, ...], what: str
) -> None:
    result = lookalike(folder, environment, *words)
    assert result.returncode == 1
    assert what in result.stderr
    assert "pip install 'lookalike[train]'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("words", [("--engine", "torch"), ("--network", "resnet18"), ("--device", "cuda")])
def test_an_engine_that_is_not_installed_says_what_to_install(
    folder: Path, environment: dict[str, str], words: tuple[str, ...]
) -> None:
    result = lookalike(folder, environment, "extract", "catalogue", "--out", "others", *words)
    assert result.returncode == 1
    assert "PyTorch is needed" in result.stderr
    assert "pip install 'lookalike[gpu]'" in result.stderr
