"""Make one thumbnail in this process and print what that took: `python measured_thumbnail.py FILE WIDTH FORMAT`.

Prints the estimate and the growth of the peak resident memory, both in bytes.
"""

import sys
from pathlib import Path

from pictures.header import inspect
from pictures.thumbnail import THUMBNAIL_FORMATS, thumbnail, thumbnail_memory
from tests.pictures.measured_decoding import resident
from tests.pictures.picture_files import encoded, shirt


def main() -> None:
    """Measure."""
    data, width = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
    made_as = next(known for known in THUMBNAIL_FORMATS if known.name == sys.argv[3])
    for picture_format in ("JPEG", "PNG", "WEBP"):
        small = encoded(shirt(600, 800), picture_format)
        thumbnail(small, inspect(small), width=160, made_as=made_as)
    header = inspect(data)
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    thumbnail(data, header, width=width, made_as=made_as)
    sys.stdout.write(f"{thumbnail_memory(header, width)} {resident('VmHWM') - before}\n")


if __name__ == "__main__":
    main()
