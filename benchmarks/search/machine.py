"""Description of the machine that a benchmark runs on."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.search.kinds import THREADS

_PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "faiss-cpu", "usearch", "hnswlib")


def described() -> Mapping[str, str]:
    """Processor, cores, Python, and the versions of the libraries that are installed."""
    facts = {"processor": _processor(), "threads": str(THREADS), "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            continue
    return facts


def free_bytes() -> int | None:
    """Memory available without swapping; None if the system does not report it."""
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _processor() -> str:
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
