"""The API's image, built in a folder by its own Dockerfile's commands: an environment with nothing else in it."""

import contextlib
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import lookalike
from tests.api.small_catalogue import make_bundle
from tests.built_once import built_once
from tests.free_port import free_port
from tests.images.dockerfile import REPOSITORY, only, runs, stages
from tests.images.rehearsal import Rehearsal

pytestmark = pytest.mark.services


def build(folder: Path) -> None:
    rehearsal = Rehearsal("Dockerfile.api", folder)
    dependencies, final = stages("Dockerfile.api")
    rehearsal.copy(dependencies)
    for step in runs(dependencies):
        installed = rehearsal.run(step, "/source", TRACING="false", QDRANT="false")
        assert installed.returncode == 0, installed.stdout + installed.stderr
    rehearsal.copy(final)
    (compiling,) = [i for i in final if i.keyword == "RUN" and "compileall" in i.arguments]
    compiled = rehearsal.run(compiling, "/app")
    assert compiled.returncode == 0, compiled.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    return Rehearsal("Dockerfile.api", built_once(tmp_path_factory, "api-image", build))


@pytest.fixture(scope="module")
def bundles(image: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    make_bundle(folder / "catalogue", folder / "bundles")
    return folder / "bundles"


def test_its_dependencies_import_the_api_and_bring_no_torch(image: Rehearsal) -> None:
    absent = [
        "torch",
        "torchvision",
        "timm",
        "sklearn",
        "scipy",
        "pip",
        "setuptools",
        "hatchling",
        "pytest",
        "worker",
        "model",
        "launch",
    ]
    script = (
        "import importlib.util, api.serving, lookalike\n"
        f"print(api.serving.__file__, [name for name in {absent} if importlib.util.find_spec(name)])"
    )
    result = in_image(image, "python", "-c", script)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == f"{image.root}/app/api/serving.py []"


def test_it_has_the_locked_versions_and_the_licence(image: Rehearsal) -> None:
    script = (
        "from importlib.metadata import distributions, files\n"
        "for found in distributions(): print(found.name + '==' + found.version)\n"
        "print([file.name for file in files('lookalike') if 'licenses' in file.parts])"
    )
    *installed, licences = in_image(image, "python", "-c", script).stdout.splitlines()
    locked = re.findall(r"^(\S+==\S+)", (REPOSITORY / "requirements" / "base.lock").read_text(), flags=re.MULTILINE)
    project = f"lookalike=={lookalike.__version__}"
    assert {re.sub(r"[_.-]+(?=.*==)", "-", line.lower()) for line in installed} == {*locked, project}
    assert licences == "['LICENSE', 'NOTICE']"


def test_the_command_answers_for_its_help(image: Rehearsal) -> None:
    for words in (["--help"], ["serve", "--help"]):
        result = in_image(image, "lookalike", *words)
        assert result.returncode == 0, result.stderr
        assert "usage: lookalike" in result.stdout


def test_it_checks_what_is_in_it(image: Rehearsal, bundles: Path) -> None:
    result = in_image(image, "lookalike", "check", str(bundles))
    assert result.stderr == ""
    found = [line.split() for line in result.stdout.splitlines()]
    assert ["ok", "API", "settings", "valid"] in found
    assert not [words for words in found if words[1:3] == ["worker", "settings"]]
    assert next(words[:2] for words in found if "catalogue" in words) == ["ok", "catalogue"]


def test_a_verb_that_is_not_in_the_image_is_not_needed_to_serve(image: Rehearsal, bundles: Path) -> None:
    port = free_port()
    check = [
        word.replace(":8000", f":{port}") for word in only(stages("Dockerfile.api")[-1], "HEALTHCHECK").exec_form()
    ]
    unready = [word.replace("/readyz/items", "/readyz") for word in check]
    page = [*check[:2], f"import urllib.request as r; print(r.urlopen('http://127.0.0.1:{port}/').read().decode())"]
    with serving(image, bundles, port) as api:
        # Before it listens, the check fails; then it passes, over the real index.
        deadline = time.monotonic() + 120
        while in_image(image, *check).returncode:
            assert api.poll() is None
            assert time.monotonic() < deadline
            # Asking takes a second of the processor, on which the search is being compiled.
            time.sleep(0.5)
        # A 503 must count as a failure, or the check would say nothing.
        assert "503" in in_image(image, *unready).stderr
        assert "<html" in in_image(image, *page).stdout


@contextlib.contextmanager
def serving(image: Rehearsal, bundles: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    program, *words = only(stages("Dockerfile.api")[-1], "CMD").exec_form()
    ours = {"8000": str(port), "0.0.0.0": "127.0.0.1", "/bundles": str(bundles)}
    command = [str(image.root / "lookalike" / "bin" / program), *(ours.get(word, word) for word in words)]
    # No Redis answers there: the API must start and answer for items all the same.
    settings = {"REDIS_URL": "redis://127.0.0.1:1/0", "LOOKALIKE_CATALOGUE_ROOT": str(bundles.with_name("catalogue"))}
    process = subprocess.Popen(command, cwd=image.root, env={**image.environment(), **settings})
    try:
        yield process
    finally:
        process.terminate()
        status = process.wait(20)
    assert status == 0


def in_image(image: Rehearsal, program: str, *words: str) -> "subprocess.CompletedProcess[str]":
    binary = Path(image.root / "lookalike" / "bin" / program)
    return subprocess.run(
        [str(binary), *words], cwd=image.root, env=image.environment(), capture_output=True, text=True, check=False
    )
