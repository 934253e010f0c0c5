"""Garments on their way from worker to client: rounded, bounded, and as JSON types."""

from collections.abc import Sequence
from typing import Any, Final

from contracts.box import Box
from contracts.errors import PictureRejected
from contracts.garments import MOST_GARMENTS, Garment

# What HTTP answers show, so a box that a client sends back is the box that was found.
DECIMALS: Final = 4
LONGEST_TYPE: Final = 64


def rounded_box(box: Box) -> Box | None:
    """The box with four decimals, or None if nothing is left of it."""
    x1, y1, x2, y2 = (round(corner, DECIMALS) for corner in (box.x1, box.y1, box.x2, box.y2))
    return Box(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def rounded_garments(garments: Sequence[Garment]) -> tuple[Garment, ...]:
    """The first eight garments, with four decimals.

    Raises:
        ValueError: a type is empty or too long, or a score is not between 0 and 1.
    """
    kept = []
    for garment in garments[:MOST_GARMENTS]:
        if not 1 <= len(garment.type) <= LONGEST_TYPE:
            raise ValueError(
                f"the type of a garment must have 1 to {LONGEST_TYPE} characters, got {garment.type!r:.80}"
            )
        if not 0.0 <= garment.score <= 1.0:
            raise ValueError(f"the score of a garment must be between 0 and 1, got {garment.score!r:.60}")
        box = rounded_box(garment.box)
        if box is not None:
            kept.append(Garment(garment.type, box, round(float(garment.score), DECIMALS)))
    return tuple(kept)


def box_members(box: Box) -> list[float]:
    """A box as JSON: x1, y1, x2, y2."""
    return [box.x1, box.y1, box.x2, box.y2]


def garment_members(garments: Sequence[Garment]) -> list[dict[str, object]]:
    """Garments as JSON types."""
    return [{"type": garment.type, "box": box_members(garment.box), "score": garment.score} for garment in garments]


def parse_box(value: object) -> Box:
    """Parse what `box_members` gives.

    Raises:
        ValueError: it is no box.
    """
    if not isinstance(value, list) or len(value) != 4 or not all(type(one) in {int, float} for one in value):
        raise ValueError(f"a box must be a list of four numbers, got {value!r:.60}")
    try:
        box = rounded_box(Box(*map(float, value)))
    except (PictureRejected, OverflowError):
        box = None
    if box is None:
        raise ValueError(f"a box must lie inside the picture, got {value!r:.60}")
    return box


def parse_garments(value: object) -> tuple[Garment, ...]:
    """Parse what `garment_members` gives.

    Raises:
        ValueError: it is no list of at most eight garments.
    """
    if not isinstance(value, list) or len(value) > MOST_GARMENTS:
        raise ValueError(f"garments must be a list of at most {MOST_GARMENTS}, got {value!r:.60}")
    return rounded_garments([_garment(one) for one in value])


def _garment(value: Any) -> Garment:
    if not isinstance(value, dict) or not {"type", "box", "score"} <= value.keys():
        raise ValueError("a garment must be an object with type, box and score")
    kind, score = value["type"], value["score"]
    if not isinstance(kind, str):
        raise ValueError(f"the type of a garment must be text, got {kind!r:.60}")  # noqa: TRY004
    try:
        kind.encode()
    except UnicodeEncodeError:
        # JSON can escape half a character, which no response could contain.
        raise ValueError(f"the type of a garment must be Unicode, got {kind!r:.60}") from None
    if type(score) not in {int, float}:
        raise ValueError(f"the score of a garment must be a number, got {score!r:.60}")
    return Garment(kind, parse_box(value["box"]), score)
