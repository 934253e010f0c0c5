"""Limits on how much a promotion may change."""

import math
from dataclasses import dataclass

from index.versions.comparison import Comparison
from index.versions.defaults import (
    MAX_ITEMS_LOST,
    MAX_RECALL_LOSS,
    MIN_OVERLAP_NEW_MODEL,
    MIN_OVERLAP_SAME_MODEL,
    MIN_RECALL,
)

# Shares are quotients of counts. A share exactly at the limit must not fail because of rounding.
ROUNDING = 1e-9
_CHANGES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits that a promotion must keep.

    Attributes:
        min_overlap: least mean overlap@10, 0 to 1; None: 0.5 for the same network, 0.05 for another.
        max_recall_loss: how much fine recall may fall, 0 to 1.
        max_items_lost: share of the current items that may be missing, 0 to 1.
        allowed_kinds: columns whose kind may change.
        min_recall: least share of the exact answers that an approximate version of a search engine finds, 0 to 1.
    """

    min_overlap: float | None = None
    max_recall_loss: float = MAX_RECALL_LOSS
    max_items_lost: float = MAX_ITEMS_LOST
    allowed_kinds: frozenset[str] = frozenset()
    min_recall: float = MIN_RECALL


@dataclass(frozen=True, slots=True)
class Check:
    """One limit and the value measured for it.

    Attributes:
        name: what was measured.
        measured, allowed: texts for people.
        passed: whether the value is within the budget.
        fix: what to do if it is not.
    """

    name: str
    measured: str
    allowed: str
    passed: bool
    fix: str


def judge(comparison: Comparison, budget: Budget) -> tuple[Check, ...]:
    """Check a comparison against a budget; a limit whose value could not be measured is skipped."""
    checks = [_items_lost(comparison, budget), _kinds(comparison, budget)]
    if comparison.overlap is not None:
        checks.append(_overlap(comparison, comparison.overlap, budget))
    if comparison.recall is not None:
        recall = comparison.recall
        loss = recall.old - recall.new
        checks.append(
            Check(
                "fine recall",
                f"{recall.old:.3f} -> {recall.new:.3f} ({-loss:+.3f} ± {recall.standard_error:.3f}, "
                f"{recall.queries:,} {'held-out ' if comparison.held_out else ''}queries)",
                f"a fall of at most {budget.max_recall_loss:g}",
                loss <= budget.max_recall_loss + ROUNDING,
                "pass a larger --sample for a more precise value, name the attributes that matter with --relevant, or "
                f"allow it with --max-recall-loss {_up(loss)}",
            )
        )
    if comparison.golden is not None:
        golden = comparison.golden
        checks.append(
            Check(
                "golden queries",
                f"{golden.old:,} -> {golden.new:,} of {golden.expected:,} expected ids found "
                f"({golden.queries:,} queries, {_held_out(golden.held_out)})",
                "no fewer than now",
                golden.new >= golden.old,
                "check the lost ids below; if the new answers are as good, update golden.json",
            )
        )
    return tuple(checks)


def _held_out(queries: int | None) -> str:
    return "held out from training: unknown" if queries is None else f"{queries:,} of them held out from training"


def _items_lost(comparison: Comparison, budget: Budget) -> Check:
    removed, lost = comparison.items.removed, comparison.items.lost
    return Check(
        "items lost",
        f"{removed.count:,} of {comparison.old.items:,} ({lost:.1%})",
        f"at most {budget.max_items_lost:.4g} of them",
        lost <= budget.max_items_lost + ROUNDING,
        "check unreadable.csv of the embeddings and the catalogue, then extract and build again; if the items were "
        f"removed on purpose, allow it with --max-items-lost {_up(lost)}",
    )


def _kinds(comparison: Comparison, budget: Budget) -> Check:
    changes = comparison.kinds
    refused = [change for change in changes if change.column not in budget.allowed_kinds]
    shown = [f"{change.column:.60} {change.old} -> {change.new or 'gone'}" for change in changes[:_CHANGES_SHOWN]]
    more = f" and {len(changes) - _CHANGES_SHOWN} more" if len(changes) > _CHANGES_SHOWN else ""
    options = [f"--{change.old} {change.column:.60}" for change in refused[:_CHANGES_SHOWN] if change.new is not None]
    fix = f"build again with {' '.join(options)}" if options else "extract and build again with these columns"
    return Check(
        "column kinds",
        f"{', '.join(shown)}{more}" if shown else "none changed",
        "no change"
        if not budget.allowed_kinds
        else f"no change except to {', '.join(sorted(budget.allowed_kinds)):.200}",
        not refused,
        "filters on such a column mean something else, or are refused, so check attribute_problems.csv and the "
        f"catalogue, and {fix}; if the change is intended, allow it with "
        + " ".join(f"--allow-kind {change.column:.60}" for change in refused[:_CHANGES_SHOWN]),
    )


def _overlap(comparison: Comparison, overlap: float, budget: Budget) -> Check:
    same = comparison.old.model == comparison.new.model
    least = budget.min_overlap
    if least is None:
        least = MIN_OVERLAP_SAME_MODEL if same else MIN_OVERLAP_NEW_MODEL
    default = "" if budget.min_overlap is not None else " (same network)" if same else " (another network)"
    return Check(
        "overlap@10",
        f"{overlap:.3f} ({comparison.sampled:,} queries)",
        f"at least {least:g}{default}",
        overlap >= least - ROUNDING,
        "check the answers that changed most with `lookalike index diff`; if the change is intended, allow it with "
        f"--min-overlap {math.floor(overlap * 1000) / 1000:g}",
    )


def _up(share: float) -> str:
    return f"{math.ceil(share * 1000) / 1000:g}"
