"""Write `requirements/*.lock`: the exact versions, with hashes, that the images install. `make lock` runs this.

Versions that are already locked stay if `pyproject.toml` still allows them; `--upgrade` takes the newest instead.
The files are for Linux on x86-64 and the Python version of the Dockerfiles.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "requirements"
PYTHON_VERSION = "3.11"
# The oldest glibc that the images and current distributions have.
PLATFORM = "x86_64-manylinux_2_28"

# The CUDA build of torch and its own dependencies.
_TORCH_FAMILY = re.compile(r"torch|torchvision|triton|nvidia-.+|cuda-.+")

_HEADERS = {
    "base.lock": "What the API needs; both images install it.",
    "worker.lock": "What the worker, extraction and building an index need besides.",
    "otel.lock": "What tracing needs besides the API, in an image that is built with it.",
    "qdrant.lock": "What Qdrant as a search engine needs besides the API, in an image that is built with it.",
    "train.lock": "What training and a worker on a GPU need besides, but for torch.",
    "torch-cuda.lock": "torch and torchvision in their CUDA build, and the libraries that only this build needs.",
    "build.lock": "What packs the project itself while an image is built; nothing of it stays in the image.",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the seven files; returns 0, or the status of `uv` if it fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")
    options = parser.parse_args(arguments)
    build_requirements = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["build-system"]["requires"]
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "build-system.requires").write_text("\n".join(build_requirements))
            kept = _locked(["build.lock"], options.upgrade)
            build = _resolve(["build-system.requires"], folder / "build.lock", kept, cwd=folder)
            shipped = ["base.lock", "worker.lock", "otel.lock", "qdrant.lock", "train.lock", "torch-cuda.lock"]
            kept = _locked(shipped, options.upgrade)
            extras = ("train", "clip", "otel", "qdrant")
            all_extras = ["pyproject.toml", *(word for extra in extras for word in ("--extra", extra))]
            everything = _resolve(all_extras, folder / "everything.lock", kept)
            # The base and the worker alone, at versions that also suit the rest, so that the images share them.
            shared = "".join(everything.values())
            base = _resolve(["pyproject.toml"], folder / "base.lock", shared)
            both = _resolve(["pyproject.toml", "--extra", "worker"], folder / "worker.lock", shared)
            traced = _resolve(["pyproject.toml", "--extra", "otel"], folder / "otel.lock", shared)
            held = _resolve(["pyproject.toml", "--extra", "qdrant"], folder / "qdrant.lock", shared)
            trained = _resolve(["pyproject.toml", "--extra", "train", "--extra", "clip"], folder / "train.lock", shared)
    except subprocess.CalledProcessError as error:
        return error.returncode
    torch = {package: text for package, text in everything.items() if _TORCH_FAMILY.fullmatch(package)}
    worker = {package: text for package, text in both.items() if package not in base}
    train = {package: text for package, text in trained.items() if package not in both and package not in torch}
    otel = {package: text for package, text in traced.items() if package not in base}
    qdrant = {package: text for package, text in held.items() if package not in base}
    FOLDER.mkdir(exist_ok=True)
    for name, packages in (
        ("base.lock", base),
        ("worker.lock", worker),
        ("otel.lock", otel),
        ("qdrant.lock", qdrant),
        ("train.lock", train),
        ("torch-cuda.lock", torch),
        ("build.lock", build),
    ):
        header = f"# {_HEADERS[name]}\n# Written by `make lock`; do not edit.\n"
        (FOLDER / name).write_text(header + "".join(packages.values()))
    return 0


def split(lock: str) -> dict[str, str]:
    """The lines of each package of a lock file, by the package's name; comments before the first are left out."""
    starts = list(re.finditer(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", lock, flags=re.MULTILINE))
    ends = [*(start.start() for start in starts[1:]), len(lock)]
    return {start[1]: lock[start.start() : end] for start, end in zip(starts, ends, strict=True)}


def _locked(names: Iterable[str], upgrade: bool) -> str:
    """The current content of these files: `uv` keeps the versions that it finds in its output file."""
    if upgrade:
        return ""
    return "".join((FOLDER / name).read_text() for name in names if (FOLDER / name).exists())


def _resolve(wanted: Sequence[str], written: Path, preferred: str, cwd: Path = REPOSITORY) -> dict[str, str]:
    """Resolve requirements with `uv`.

    Args:
        wanted: files of requirements, relative to `cwd`, and the extras to take.
        written: file that `uv` writes.
        preferred: lines of a lock file whose versions are kept if they fit.
        cwd: folder to run in; comments in the lock file name the files as given here.

    Raises:
        subprocess.CalledProcessError: they conflict, or the registry does not answer; `uv` has printed why.
    """
    written.write_text(preferred)
    options = ("--generate-hashes", "--no-header", "--python-version", PYTHON_VERSION, "--python-platform", PLATFORM)
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", *options, "--output-file", str(written)]
    subprocess.run([*command, *wanted], cwd=cwd, check=True, stdout=subprocess.DEVNULL)
    return split(written.read_text())


if __name__ == "__main__":
    sys.exit(main())
