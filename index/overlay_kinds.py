"""The kinds of columns that a base lacks, by their values in all levels of an overlay."""

from collections import Counter
from collections.abc import Sequence

from index.columns.column import ColumnKind
from index.columns.number import too_few_numbers
from index.columns.registry import kind_named, recognised_kind
from index.columns.text import Text
from index.overlay_level import Level


def kind_over(levels: Sequence[Level], name: str) -> ColumnKind | None:
    """The kind of a column, recognised over all its values as `index.columns.registry` does.

    Each change asks for it, so a column of texts, such as titles, is told by the counts of what can be no number.

    Returns:
        None: no item has a value.
    """
    found = [texts for texts in (level.texts(name) for level in levels) if texts is not None]
    items = sum(int(texts.tallies.sum()) for texts in found)
    if not items:
        return None
    if too_few_numbers(sum(int(texts.tallies[texts.may_be_numbers].sum()) for texts in found), items):
        return kind_named(Text.name)
    counts: Counter[str] = Counter()
    for texts in found:
        counts.update(
            {value: count for value, count in zip(texts.values, texts.tallies.tolist(), strict=True) if count}
        )
    values = sorted(counts)
    return recognised_kind(values, [counts[value] for value in values])
