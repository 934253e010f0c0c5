"""Numbers of items for each value, added up over the parts of a catalogue."""

from collections import Counter
from collections.abc import Callable, Collection

# Above this number of values, it takes longer to look each up than to list all that there are.
_LOOKED_UP = 1_000


def with_largest(
    counts: Counter[str],
    most: int | None,
    also: Collection[str],
    of_largest: Callable[[int | None, Collection[str]], dict[str, int]],
) -> dict[str, int]:
    """The most frequent values of all parts, and others that are asked for.

    A value that no smaller part has is among them only if it is among the most frequent of the largest part, where at
    most as many stand before it as the smaller parts have. So the largest part need not list all of its values.

    Args:
        counts: of the values of all smaller parts.
        most, also: see `index.part.Candidates.count_values`.
        of_largest: the same of the largest part, given both.
    """
    if most is None or len(counts) > _LOOKED_UP:
        found = of_largest(None, ())
    else:
        found = of_largest(most + len(counts), {*counts, *also})
    for value, count in counts.items():
        found[value] = found.get(value, 0) + count
    ranked = sorted(found.items(), key=lambda counted: (-counted[1], counted[0]))
    asked = {value: found[value] for value in also if value in found}
    return {**dict(ranked[:most]), **asked}
