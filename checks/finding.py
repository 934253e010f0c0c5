"""What a check found."""

from dataclasses import dataclass
from typing import Literal

from contracts.errors import LookalikeError


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table.

    Attributes:
        subject: what was looked at.
        state: `note` if nothing is wrong, but something could not be checked or could be better.
        says: what was found, as a sentence without its full stop.
        mend: what to do now; empty if nothing is wrong.
    """

    subject: str
    state: Literal["ok", "note", "problem"]
    says: str
    mend: str = ""


def problem_of(subject: str, error: LookalikeError) -> Finding:
    """The finding of an error, whose message says what is wrong, then what to do."""
    says, _, mend = str(error).partition("; ")
    return Finding(subject, "problem", says, mend or "correct it, and run this again")
