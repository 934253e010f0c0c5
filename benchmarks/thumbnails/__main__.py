"""`python -m benchmarks.thumbnails FOLDER`: thumbnails of twelve pictures of 12 megapixels and 2 MB.

The pictures are made of twelve of a folder's. Prints time, size and likeness of ours, of Pillow's and of libvips's (if
`pyvips` is installed), one picture at a time in this process; then what a browser sees of an API process.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.thumbnails.makers import FORMATS, likeness, makers
from benchmarks.thumbnails.originals import originals
from benchmarks.thumbnails.served import Served, served
from contracts.errors import LookalikeError
from pictures.thumbnail import AVIF, ThumbnailFormat

_WIDTHS = (320, 640)
_SERVED = "served"
_PARTS = (*(known.name for known in FORMATS), _SERVED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.thumbnails", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of pictures")
    parser.add_argument("--rounds", type=int, default=2, metavar="N", help="of each way in turns (2)")
    parser.add_argument("--parts", nargs="+", choices=_PARTS, default=_PARTS, help="what to measure (all)")
    options = parser.parse_args(arguments)
    try:
        pictures = list(originals(options.folder, np.random.default_rng(0)))
    except LookalikeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _print(f"{len(pictures)} pictures, {sum(map(len, pictures)):,} bytes")
    for made_as in (known for known in FORMATS if known.name in options.parts):
        for width in _WIDTHS:
            _compare(pictures, width, made_as, options.rounds)
    if _SERVED in options.parts:
        _serve(pictures)
    return 0


def _compare(pictures: Sequence[bytes], width: int, made_as: ThumbnailFormat, rounds: int) -> None:
    times: dict[str, list[float]] = {name: [] for name in makers()}
    sizes, alike = dict.fromkeys(times, 0), dict.fromkeys(times, 0.0)
    for turn in range(rounds):
        for name, make in makers().items():
            for data in pictures:
                begun = time.perf_counter()
                made = make(data, width, made_as)
                times[name].append((time.perf_counter() - begun) * 1000.0)
                if turn == 0:
                    sizes[name] += len(made)
                    alike[name] += likeness(data, made) / len(pictures)
    for name, taken in times.items():
        _print(
            f"{made_as.name} {width:5} {name:8} {statistics.median(taken):7.1f} ms each, {sizes[name]:9,} bytes in "
            f"all, {alike[name]:.1f} dB"
        )


def _serve(pictures: Sequence[bytes]) -> None:
    asked = [(None, AVIF), *((width, made_as) for width in _WIDTHS for made_as in FORMATS)]
    for width, made_as in asked:
        with tempfile.TemporaryDirectory() as folder:
            found = served(pictures, width, made_as, Path(folder))
            _report("as they are" if width is None else f"{made_as.name} {width}", found)


def _report(name: str, found: Served) -> None:
    _print(
        f"served {name:11} {found.page_bytes:11,} bytes; cold: {found.cold_p50_ms:.1f} ms each, page "
        f"{found.page_cold_ms:.0f} ms; warm: p50 {found.warm_p50_ms:.2f}, p99 {found.warm_p99_ms:.2f} ms, page "
        f"{found.page_warm_ms:.1f} ms; known (304): {found.known_p50_ms:.2f} ms"
    )


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
