"""Write a bill of materials (CycloneDX 1.6) and a list of licences for each image; `make sbom` runs this.

Everything comes from `requirements/`, so nothing is downloaded and no image has to be built.
"""

import argparse
import csv
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from scripts.bill_of_materials import (
    IMAGES,
    QDRANT_LOCK,
    TRACING_LOCK,
    as_json,
    bill_of_materials,
    locked_packages,
    version_of,
)
from scripts.licence_list import LicenceError, read_licences
from scripts.lock_versions import REPOSITORY


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files; returns 0, or 1 where a licence is unknown or not allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=REPOSITORY / ".cache" / "sbom", help="folder (.cache/sbom)")
    parser.add_argument("--tracing", action="store_true", help="of images that are built with TRACING=true")
    parser.add_argument("--qdrant", action="store_true", help="of images that are built with QDRANT=true")
    options = parser.parse_args(arguments)
    try:
        written = write(options.out, _now(), tracing=options.tracing, qdrant=options.qdrant)
    except (LicenceError, OSError) as error:
        sys.stderr.write(f"lookalike: {error}\n")
        return 1
    sys.stdout.write("".join(f"{file}\n" for file in written))
    return 0


def write(out: Path, now: datetime, *, tracing: bool = False, qdrant: bool = False) -> list[Path]:
    """Write both files of each image into a folder.

    Raises:
        LicenceError: a package has no licence in the list, or one that is not allowed.
    """
    licences = read_licences()
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for image, locks in IMAGES.items():
        asked = ((TRACING_LOCK, tracing), (QDRANT_LOCK, qdrant))
        packages = locked_packages((*locks, *(lock for lock, wanted in asked if wanted)))
        bill = out / f"{image}.cdx.json"
        bill.write_text(as_json(bill_of_materials(image, packages, licences, now)), encoding="utf-8")
        listed = out / f"{image}-licences.csv"
        with listed.open("w", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines, lineterminator="\n")
            table.writerow(["package", "version", "licence", "basis"])
            for name, text in sorted(packages.items()):
                table.writerow([name, version_of(text), licences[name].expression, licences[name].basis])
        written += [bill, listed]
    return written


def _now() -> datetime:
    """The time to write; SOURCE_DATE_EPOCH fixes it, for builds that can be repeated byte for byte."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(fixed), UTC) if fixed.isdecimal() else datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
