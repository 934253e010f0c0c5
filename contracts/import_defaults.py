"""Defaults of reading a catalogue, which the help texts of verbs name too."""

from typing import Final

MAX_FAILED: Final = 0.2
"""Share of a catalogue's rows that may fail."""
