"""Decode one picture and print what that took: `python measured_decoding.py FILE TARGET`.

Prints two lines, one for the whole picture and one for its corner: the estimate and the growth of the peak resident
memory, both in bytes. Each is measured in a process of its own, forked from this one once everything is imported.
"""

import os
import sys
from pathlib import Path

from contracts.box import Box
from pictures.decoding import decode, decode_checked
from pictures.decoding_cost import peak_bytes
from pictures.header import PictureHeader, inspect
from tests.pictures.picture_files import encoded, shirt

CORNER = Box(0.1, 0.1, 0.12, 0.12)


def resident(field: str) -> int:
    """A figure of this process, bytes."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def measure(header: PictureHeader, box: Box | None, target: int) -> None:
    """Decode and print."""
    expected = peak_bytes(header, box=box, target=target)
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    decode_checked(header, box=box, target=target)
    sys.stdout.write(f"{expected} {resident('VmHWM') - before}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure both."""
    data, target = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
    for picture_format in ("JPEG", "PNG", "WEBP"):
        decode(encoded(shirt(600, 800), picture_format), box=None, target=target)
    header = inspect(data)
    for box in (None, CORNER):
        if child := os.fork():
            if os.waitpid(child, 0)[1] != 0:
                sys.exit(f"the process that decodes the box {box} failed")
        else:
            measure(header, box, target)
            os._exit(0)


if __name__ == "__main__":
    main()
