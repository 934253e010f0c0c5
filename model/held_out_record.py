"""What a checkpoint says about the items that its training held out."""

from collections.abc import Mapping
from typing import Any, get_args

from contracts.hold_out import HeldOutBy

RECORD = "held_out_by"
# The first of two holds for a network that was trained twice.
_WEAKEST_FIRST: tuple[HeldOutBy, ...] = ("unknown", "nothing", "partitions", "titles", "pictures", "untrained")


def held_out_by(training: Mapping[str, Any]) -> HeldOutBy:
    """How a training held items out.

    Args:
        training: what its checkpoint says about it; empty for a network that was never trained here.
    """
    if not training:
        return "untrained"
    if training.get(RECORD) in get_args(HeldOutBy):
        record: HeldOutBy = training[RECORD]
        return record
    # Trainings before there was a record.
    return "nothing" if training.get("hold_out") is False else "titles"


def weaker(one: HeldOutBy, other: HeldOutBy) -> HeldOutBy:
    """What holds for a network that was trained in both ways, one after the other."""
    return min(one, other, key=_WEAKEST_FIRST.index)
