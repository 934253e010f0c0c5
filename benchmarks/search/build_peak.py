"""Peak memory of a build: `python -m benchmarks.search.build_peak ENGINE VECTORS.npy` measures it alone."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.search.kinds import kind
from contracts.errors import BenchmarkError

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


def measure(name: str, vectors: Path) -> int | None:
    """Build an engine in a separate process and measure its peak memory.

    Args:
        name: of the engine.
        vectors: .npy file of the vectors to build it from.

    Returns:
        Peak bytes of the process, including the vectors, excluding what it needs for any number of vectors; None if the
        system does not report a process's peak.

    Raises:
        BenchmarkError: the build failed.
    """
    if not _RESET.exists():
        return None
    command = [sys.executable, "-m", "benchmarks.search.build_peak", name, str(vectors)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        # The last line of a traceback says what happened; a killed process prints nothing.
        last = ended.stderr.strip().rpartition("\n")[2] or "it was killed, perhaps because memory ran out"
        raise BenchmarkError(
            f"{name} could not be built in a separate process (exit status {ended.returncode}): {last}; "
            "omit the engine with --engines, or this measurement with --no-build-peak"
        )
    return int(ended.stdout)


def _main(name: str, vectors: str) -> None:
    engine = kind(name)
    rows = np.load(vectors, mmap_mode="r")
    engine.warm_up(rows)
    del rows
    _RESET.write_text("5")
    before = _status_bytes("VmRSS")
    loaded = np.load(vectors)
    built = engine.build(loaded)
    print(_status_bytes("VmHWM") - before)
    del built


def _status_bytes(field: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise BenchmarkError(f"{_STATUS} has no {field}; omit this measurement with --no-build-peak")


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2])
