"""Makes the archive of the sample catalogue again.

    python -m tools.draw_catalogue --out sample/catalogue.zip

draws 1,200 pictures and embeds them with the shipped network: about a minute on two cores. With the same versions of
Pillow, NumPy and torch, on the same kind of processor, the bytes are always the same.

    python -m tools.draw_catalogue --out sample/catalogue.zip --keep-pictures

only embeds again the pictures that the archive holds. Run it when the shipped network has changed: until then the demo
embeds the pictures itself, which is slower. Commit the archive with the change. Git keeps every version of it, 12 MB at
a time, so change it seldom.
"""

import argparse
import os
import sys
from pathlib import Path

from contracts.errors import LookalikeError
from launch.progress import progress_bar
from sample.archive import ARCHIVE, SampleArchive
from sample.embeddings import EMBEDDINGS_FOLDER
from tools.draw_catalogue.archive import write_archive
from tools.draw_catalogue.catalogue import draw_catalogue
from tools.draw_catalogue.embedding import embed_pictures
from tools.draw_catalogue.ranges import CATEGORIES


def main() -> int:
    """Draw, pack, and say what was written."""
    parser = argparse.ArgumentParser(prog="python -m tools.draw_catalogue", description="Draw the sample catalogue.")
    parser.add_argument("--out", type=Path, default=ARCHIVE, metavar="ZIP", help=f"archive to write ({ARCHIVE.name})")
    parser.add_argument("--pictures", type=int, default=1200, help="how many, at least one a category (1200)")
    parser.add_argument("--seed", type=int, default=0, help="of everything random (0)")
    parser.add_argument("--keep-pictures", action="store_true", help="only embed the archive's pictures again")
    options = parser.parse_args()
    if options.pictures < len(CATEGORIES) or options.seed < 0:
        parser.error(f"--pictures must be at least {len(CATEGORIES)} and --seed at least 0")
    try:
        files = _kept(options.out) if options.keep_pictures else _drawn(options.pictures, options.seed)
        write_archive(options.out, files | embed_pictures(files))
    except (LookalikeError, OSError) as error:
        print(f"draw_catalogue: {error}", file=sys.stderr)
        return 1
    pictures = sum(name.endswith(".webp") for name in files)
    print(f"{options.out}: {pictures:,} pictures, {options.out.stat().st_size / 1e6:.1f} MB")
    return 0


def _drawn(pictures: int, seed: int) -> dict[str, bytes]:
    with progress_bar("Drawing", "picture") as progress:
        return draw_catalogue(pictures=pictures, seed=seed, processes=_usable_cores(), progress=progress)


def _kept(path: Path) -> dict[str, bytes]:
    with SampleArchive(path) as archive:
        return {name: archive.read(name) for name in archive.seals if not name.startswith(EMBEDDINGS_FOLDER)}


def _usable_cores() -> int:
    # A container may hold this process to fewer cores than the machine has; not every system can tell.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
