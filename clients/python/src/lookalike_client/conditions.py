r"""Conditions on attributes, written as the service reads them: `field:a,b`, with `\` before `,` `:` `\` in a text."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

Value = str | int | float
"""A value of an attribute; numbers are written as they are printed."""


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers from `lowest` to `highest`, both included; None: no limit on that side."""

    lowest: float | None = None
    highest: float | None = None

    def __post_init__(self) -> None:
        if self.lowest is None and self.highest is None:
            raise ValueError("a Range needs a lowest or a highest number")


Values = Value | Range | Collection[Value]
Conditions = Mapping[str, Values] | Sequence[tuple[str, Values]]
"""Field -> one value, several of which one must be there, or a `Range`. Pairs, where a field has two conditions."""


def written(conditions: Conditions) -> list[str]:
    """Each condition as a query parameter.

    Raises:
        ValueError: a condition has no value.
    """
    pairs = conditions.items() if isinstance(conditions, Mapping) else conditions
    return [f"{escaped(field)}:{_values(field, values)}" for field, values in pairs]


def listed(names: str | Iterable[str]) -> str:
    """Names of attributes as a query parameter."""
    return ",".join(map(escaped, [names] if isinstance(names, str) else names))


def escaped(text: str) -> str:
    """A field or value, so that its commas and colons belong to it."""
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")


def _values(field: str, values: Values) -> str:
    if isinstance(values, Range):
        lowest, highest = ("" if end is None else str(end) for end in (values.lowest, values.highest))
        return f"{lowest}..{highest}"
    several = [values] if isinstance(values, str | int | float) else list(values)
    if not several:
        raise ValueError(f"the condition on {field!r} has no value; leave it out, or name one")
    return ",".join(escaped(str(value)) for value in several)
