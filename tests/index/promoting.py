"""Promotes and rolls back at one fixed time, and tells the state of a folder of bundles."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.versions.budget import Budget
from index.versions.history import HISTORY
from index.versions.hold import LOCK
from index.versions.promotion import Promotion, promote
from index.versions.rolling_back import Rollback, roll_back

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def promoted(bundles: Path, version: str, **options: Any) -> Promotion:
    options = {"worker_problem": None, "relevant": ["kind"], "budget": Budget(min_overlap=0.2), "now": NOW} | options
    return promote(bundles, version, **options)


def rolled_back(bundles: Path) -> Rollback:
    return roll_back(bundles, worker_problem=None, now=NOW)


def state(bundles: Path) -> dict[str, object]:
    """Everything that a refusal must not change."""
    texts = [bundles / "CURRENT", bundles / HISTORY]
    return {
        "files": sorted(path.name for path in bundles.iterdir() if path.name != LOCK),
        **{path.name: path.read_bytes() for path in texts if path.exists()},
    }
