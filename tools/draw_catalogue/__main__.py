"""Makes the archive of the sample catalogue again.

    python -m tools.draw_catalogue --out sample/catalogue.zip

Draws 1,200 pictures, about a minute on two cores. With the same versions of Pillow and NumPy, on the same kind of
processor, the bytes are always the same. After a change of the drawings, commit the archive with it: git keeps each
version, 10 MB at a time, so change them seldom.
"""

import argparse
import os
import sys
from pathlib import Path

from contracts.errors import CatalogueError
from launch.progress import progress_bar
from sample.archive import ARCHIVE
from tools.draw_catalogue.archive import write_archive
from tools.draw_catalogue.catalogue import draw_catalogue
from tools.draw_catalogue.ranges import CATEGORIES


def main() -> int:
    """Draw, pack, and say what was written."""
    parser = argparse.ArgumentParser(prog="python -m tools.draw_catalogue", description="Draw the sample catalogue.")
    parser.add_argument("--out", type=Path, default=ARCHIVE, metavar="ZIP", help=f"archive to write ({ARCHIVE.name})")
    parser.add_argument("--pictures", type=int, default=1200, help="how many, at least one a category (1200)")
    parser.add_argument("--seed", type=int, default=0, help="of everything random (0)")
    options = parser.parse_args()
    if options.pictures < len(CATEGORIES) or options.seed < 0:
        parser.error(f"--pictures must be at least {len(CATEGORIES)} and --seed at least 0")
    try:
        with progress_bar("Drawing", "picture") as progress:
            files = draw_catalogue(
                pictures=options.pictures, seed=options.seed, processes=_usable_cores(), progress=progress
            )
        write_archive(options.out, files)
    except (CatalogueError, OSError) as error:
        print(f"draw_catalogue: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: {options.pictures:,} pictures, {options.out.stat().st_size / 1e6:.1f} MB")
    return 0


def _usable_cores() -> int:
    # A container may hold this process to fewer cores than the machine has; not every system can tell.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
