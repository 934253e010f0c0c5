"""Decode one picture in this process and print what that took: `python measured_decoding.py FILE TARGET [BOX]`.

Prints the estimate and the growth of the peak resident memory, both in bytes.
"""

import sys
from pathlib import Path

from contracts.box import Box
from pictures.decoding import decode, decode_checked
from pictures.decoding_cost import peak_bytes
from pictures.header import inspect
from tests.pictures.picture_files import encoded, shirt


def resident(field: str) -> int:
    """A figure of this process, bytes."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def main() -> None:
    """Measure."""
    data, target = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
    box = Box.parse(sys.argv[3]) if len(sys.argv) > 3 else None
    for picture_format in ("JPEG", "PNG", "WEBP"):
        decode(encoded(shirt(600, 800), picture_format), box=None, target=target)
    header = inspect(data)
    expected = peak_bytes(header, box=box, target=target)
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    decode_checked(header, box=box, target=target)
    sys.stdout.write(f"{expected} {resident('VmHWM') - before}\n")


if __name__ == "__main__":
    main()
