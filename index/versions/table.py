"""A comparison as text for the terminal."""

from collections.abc import Iterator, Sequence

from index.versions.budget import Check
from index.versions.comparison import ChangedQuery, Comparison, Side
from index.versions.golden_recall import GoldenRecall
from index.versions.item_changes import ItemGroup

_LABEL = 16
_LOSSES_SHOWN = 10


def as_table(comparison: Comparison, checks: Sequence[Check], *, with_queries: bool) -> str:
    """The differences, and each limit with the value measured for it.

    Args:
        checks: the comparison checked against a budget.
        with_queries: include the queries that changed most.
    """
    old, new, items = comparison.old, comparison.new, comparison.items
    model = f"{new.model} (the same)" if old.model == new.model else f"{old.model} -> {new.model}"
    lines = [
        _row("versions", f"{old.version} -> {new.version}"),
        _row("model", model),
        _row("reduction", f"{_reduction(old)} -> {_reduction(new)}"),
        _row("items", f"{old.items:,} -> {new.items:,}"),
        _row("  added", _group(items.added)),
        _row("  removed", _group(items.removed)),
        _row("  relabelled", _group(items.relabelled)),
        *(_checked(check) for check in checks),
    ]
    if comparison.recall is not None and len(comparison.recall.by_attribute) > 1:
        lines += [
            _row(f"  {one.attribute}", f"{one.old:.3f} -> {one.new:.3f}") for one in comparison.recall.by_attribute
        ]
    if comparison.golden is not None:
        lines += _lost_answers(comparison.golden)
    lines += [f"note: {note}" for note in comparison.notes]
    if with_queries and comparison.most_changed:
        lines += ["", "Answers that changed most (first ten, old and new):"]
        lines += [line for query in comparison.most_changed for line in _query(query)]
    return "\n".join(lines)


def as_lines(checks: Sequence[Check]) -> str:
    """Each limit with the value measured for it, where nothing was compared."""
    return "\n".join(map(_checked, checks))


def refusal(checks: Sequence[Check]) -> str:
    """One line for each failed check: the value, the limit and what to do."""
    return "\n".join(
        f"  {check.name}: {check.measured}, allowed: {check.allowed}; {check.fix}"
        for check in checks
        if not check.passed
    )


def _row(label: str, text: str) -> str:
    return f"{label:<{_LABEL}} {text}"


def _checked(check: Check) -> str:
    return _row(check.name, f"{check.measured}; {check.allowed}: {'ok' if check.passed else 'FAILS'}")


def _reduction(side: Side) -> str:
    whitened = ", whitened" if side.whitened else ""
    return f"{side.scaling}, {side.components} components{whitened}, {side.explained_variance:.1%} of the variance"


def _group(group: ItemGroup) -> str:
    more = ", ..." if group.count > len(group.first) else ""
    return f"{group.count:,}" + (f": {', '.join(group.first)}{more}" if group.first else "")


def _lost_answers(golden: GoldenRecall) -> Iterator[str]:
    for loss in golden.losses[:_LOSSES_SHOWN]:
        missing = " (the item itself is missing)" if loss.missing else ""
        yield _row("  lost", f"{loss.item}{missing}: {', '.join(loss.lost)}")
    if len(golden.losses) > _LOSSES_SHOWN:
        yield _row("  lost", f"by {len(golden.losses) - _LOSSES_SHOWN:,} more queries")


def _query(query: ChangedQuery) -> Iterator[str]:
    yield f"  {query.item}  {query.overlap:.0%} in both"
    yield f"    old  {', '.join(query.old)}"
    yield f"    new  {', '.join(query.new)}"
