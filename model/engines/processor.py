"""What the processor can do."""

import os
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")


def computes_bfloat16(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether the processor has instructions for bfloat16; False where that cannot be found out.

    Others imitate it, which is slower than float32.

    Args:
        cpuinfo: where Linux describes the processor.
    """
    return _has_any({"avx512_bf16", "amx_bf16"}, cpuinfo)


def computes_int8(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether the processor sums products of int8 in 32 bits; False where that cannot be found out.

    Others sum pairs of them in 16 bits, which overflow, so that a check made elsewhere says nothing.

    Args:
        cpuinfo: where Linux describes the processor.
    """
    return _has_any({"avx512_vnni", "avx_vnni", "amx_int8"}, cpuinfo)


def _has_any(wanted: set[str], cpuinfo: Path) -> bool:
    try:
        flags = next(line for line in cpuinfo.read_text().splitlines() if line.startswith("flags"))
    except (OSError, StopIteration):
        return False
    return not wanted.isdisjoint(flags.split())


def usable_cores() -> int:
    """How many threads a forward pass should have: what OMP_NUM_THREADS says, else the cores this process may use."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
