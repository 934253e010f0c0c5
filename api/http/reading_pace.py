"""How fast a process reads, over all its connections."""

from typing import Final

# Reading and parsing 256 MB takes a core about 0.2 s, so the rest of each second is left for answers.
_BYTES_PER_S: Final = 256 * 1024 * 1024
_BURST_S: Final = 0.02
# Whoever sends less at a time does not wait for those who send more.
_BULK_BYTES: Final = 16 * 1024


class ReadingPace:
    """Spreads the reads of many fast senders, so that the event loop gets to everyone else between them.

    Ordinary traffic never reaches the pace, and requests without a large body are not counted.
    """

    def __init__(self) -> None:
        self._read_until = 0.0

    def pause_s(self, size: int, now: float) -> float:
        """How long a connection should stop reading after it has read so many bytes, seconds; 0 or less: not at all.

        Args:
            size: what was read, bytes.
            now: on the event loop's clock, seconds.
        """
        if size < _BULK_BYTES:
            return 0.0
        self._read_until = max(self._read_until, now - _BURST_S) + size / _BYTES_PER_S
        return self._read_until - now
