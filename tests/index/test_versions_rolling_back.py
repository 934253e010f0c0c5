"""What a rollback returns to, and how the list shows it."""

from pathlib import Path

import pytest

from contracts.errors import BundleError
from index.current_version import current_version, set_current
from index.listing import bundle_list, list_bundles
from index.versions.budget import Budget
from index.versions.history import HISTORY, read_history
from tests.index.promoting import promoted, rolled_back


def test_rolling_back_goes_further_back_each_time(versions: tuple[Path, str, str, str]) -> None:
    bundles, first, second, third = versions
    promoted(bundles, second)
    promoted(bundles, third, budget=Budget(0.0, 1.0, 1.0))
    rollback = rolled_back(bundles)
    assert (rollback.previous, rollback.version, rollback.next_target, rollback.items) == (third, second, first, 62)
    assert current_version(bundles) == second
    assert rolled_back(bundles).next_target is None
    assert current_version(bundles) == first
    with pytest.raises(BundleError, match=rf"served before {first} is left.*lookalike index promote"):
        rolled_back(bundles)
    assert current_version(bundles) == first
    promoted(bundles, third, budget=Budget(0.0, 1.0, 1.0))
    assert rolled_back(bundles).version == first
    actions = [line.action for line in read_history(bundles)]
    assert actions == ["promote", "promote", "rollback", "rollback", "promote", "rollback"]


def test_a_folder_from_before_there_was_a_history(versions: tuple[Path, str, str, str]) -> None:
    bundles, first, second, third = versions
    set_current(bundles, third)
    assert [summary.is_rollback_target for summary in list_bundles(bundles)] == [False, True, False]
    assert rolled_back(bundles).version == second
    assert rolled_back(bundles).version == first
    with pytest.raises(BundleError, match="is left"):
        rolled_back(bundles)


def test_rolling_back_without_a_current_version_says_what_to_do(versions: tuple[Path, str, str, str]) -> None:
    bundles, _, _, _ = versions
    (bundles / "CURRENT").write_text("nonsense\n")
    with pytest.raises(BundleError, match="lookalike index promote"):
        rolled_back(bundles)


def test_the_list_says_what_is_current_and_what_rollback_returns_to(versions: tuple[Path, str, str, str]) -> None:
    bundles, first, second, third = versions
    promoted(bundles, third, budget=Budget(0.0, 1.0, 1.0))
    listed = bundle_list(bundles)
    assert listed.problem is None
    assert [summary.version for summary in listed.bundles] == [first, second, third]
    assert [summary.is_current for summary in listed.bundles] == [False, False, True]
    assert [summary.is_rollback_target for summary in listed.bundles] == [True, False, False]
    assert listed.bundles[1].size_bytes == sum(path.stat().st_size for path in (bundles / second).iterdir())
    (bundles / HISTORY).write_text("{\n")
    listed = bundle_list(bundles)
    assert "line 1, is damaged" in str(listed.problem)
    assert not any(summary.is_rollback_target for summary in listed.bundles)
