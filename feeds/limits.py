"""What is read of a feed at most; everything below is refused with a sentence, not cut off silently."""

from typing import Final

MAX_ROWS: Final = 5_000_000
"""About 100 bytes of memory are needed for each, to recognise an id that comes twice."""
MAX_UNPACKED_BYTES: Final = 8 * 2**30
"""Of a feed that is packed by gzip; what was stored unpacked may have any size."""
MAX_ROW_CHARACTERS: Final = 2**20
MAX_COLUMNS: Final = 2_000
MAX_DEPTH: Final = 32
"""Of elements in XML."""
MAX_TAG_BYTES: Final = 2**18
"""Of a tag, comment or instruction in XML."""
MAX_PICTURE_CHARACTERS: Final = 2_048
"""Of a picture's URL or path."""
