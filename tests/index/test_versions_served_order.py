"""The history of what was served, and what it says after crashes and changes by hand."""

import random
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from contracts.errors import BundleError
from index.versions.history import HISTORY, Action, Change, read_history, write_change
from index.versions.served_order import rollback_target, served_order

A, B, C, D = (f"2026110{n}T000000Z-{letter * 6}" for n, letter in enumerate("abcd", 1))
NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)


def change(action: Action, previous: str | None, version: str) -> Change:
    return Change("2026-11-23T10:15:00Z", action, previous, version)


@pytest.mark.parametrize(
    ("changes", "current", "order"),
    [
        ([], None, []),
        ([], A, [A]),
        ([change("promote", None, A)], A, [A]),
        ([change("promote", A, B)], B, [A, B]),
        # Killed between the line and CURRENT: the promotion, the rollback never came.
        ([change("promote", A, B)], A, [A]),
        ([change("promote", A, B), change("promote", A, C)], C, [A, C]),
        ([change("promote", A, B), change("rollback", B, A)], B, [A, B]),
        ([change("promote", A, B), change("promote", B, A), change("rollback", A, B)], A, [A, B, A]),
        ([change("promote", A, B), change("promote", B, C), change("rollback", C, B)], B, [A, B]),
        ([change("promote", A, B), change("promote", B, C), change("rollback", C, A)], A, [A]),
        # By hand: a step forward, and unknown is no step.
        ([change("promote", A, B)], D, [A, B, D]),
        ([change("promote", A, B)], None, [A, B]),
        ([change("promote", A, B), change("promote", D, C)], C, [A, B, D, C]),
        # By age, from before there was a history.
        ([change("promote", B, C), change("rollback", C, B), change("rollback", B, A)], A, [A]),
    ],
)
def test_the_trail_is_what_was_served(changes: list[Change], current: str | None, order: list[str]) -> None:
    assert served_order(changes, current) == order


@pytest.mark.parametrize("seed", range(30))
def test_no_crash_ever_confuses_the_order(seed: int) -> None:
    drawn = random.Random(seed)
    current, order, changes = A, [A], []
    for _ in range(40):
        crashes = drawn.random() < 0.4
        if drawn.random() < 0.5 and len(order) > 1:
            line = change("rollback", current, order[-2])
            after = order[:-1]
        else:
            line = change("promote", current, drawn.choice([v for v in (A, B, C, D) if v != current]))
            after = [*order, line.version]
        changes.append(line)
        if not crashes:
            current, order = line.version, after
        assert served_order(changes, current) == order


def folder_of(tmp_path: Path, current: str | None, *versions: str) -> Path:
    for version in versions:
        (tmp_path / version).mkdir()
    if current is not None:
        (tmp_path / "CURRENT").write_text(f"{current}\n")
    return tmp_path


def promoted(bundles: Path, previous: str | None, version: str) -> None:
    write_change(bundles, "promote", previous=previous, version=version, now=NOW)
    (bundles / "CURRENT").write_text(f"{version}\n")


def test_a_folder_without_a_history_goes_by_age(tmp_path: Path) -> None:
    assert rollback_target(folder_of(tmp_path, C, A, B, C, D)) == B
    (tmp_path / "CURRENT").write_text(f"{A}\n")
    assert rollback_target(tmp_path) is None
    (tmp_path / "CURRENT").write_text("nonsense\n")
    assert rollback_target(tmp_path) is None


def test_the_history_comes_before_age(tmp_path: Path) -> None:
    bundles = folder_of(tmp_path, A, A, B, C, D)
    promoted(bundles, A, C)
    assert rollback_target(bundles) == A
    promoted(bundles, C, B)
    assert rollback_target(bundles) == C


def test_what_was_never_served_is_not_returned_to(tmp_path: Path) -> None:
    bundles = folder_of(tmp_path, None, A, B)
    promoted(bundles, None, B)
    assert rollback_target(bundles) is None


def test_versions_that_are_gone_are_passed_over(tmp_path: Path) -> None:
    bundles = folder_of(tmp_path, A, A, B, C)
    promoted(bundles, A, B)
    promoted(bundles, B, C)
    (bundles / B).rmdir()
    assert rollback_target(bundles) == A
    promoted(bundles, C, B)
    promoted(bundles, B, C)
    # B is gone, and what was before B is C, which is current.
    assert rollback_target(bundles) == A
    (bundles / A).rmdir()
    assert rollback_target(bundles) is None


def test_the_file_says_what_happened_when(tmp_path: Path) -> None:
    promoted(tmp_path, None, A)
    promoted(tmp_path, A, B)
    first, second = (tmp_path / HISTORY).read_text().splitlines()
    assert orjson.loads(first) == {"at": "2026-11-23T10:15:00Z", "action": "promote", "from": None, "to": A}
    assert orjson.loads(second)["from"] == A
    assert [line.version for line in read_history(tmp_path)] == [A, B]


def test_a_last_line_without_its_end_is_no_trouble(tmp_path: Path) -> None:
    promoted(tmp_path, None, A)
    (tmp_path / HISTORY).write_bytes((tmp_path / HISTORY).read_bytes().rstrip())
    promoted(tmp_path, A, B)
    assert [line.version for line in read_history(tmp_path)] == [A, B]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"{}",
        b"",
        b"\xff",
        orjson.dumps({"at": "x", "action": "promote", "from": None, "to": "../x"}),
        orjson.dumps({"at": "x", "action": "promote", "from": 3, "to": A}),
        orjson.dumps({"at": "x", "action": "rollback", "from": None, "to": A}),
        orjson.dumps({"at": "x", "action": "guess", "from": None, "to": A}),
        orjson.dumps({"at": 1, "action": "promote", "from": None, "to": A}),
        orjson.dumps({"at": "x", "action": "promote", "from": None, "to": A, "more": 1}),
    ],
)
def test_a_damaged_line_is_named_and_nothing_is_added(tmp_path: Path, line: bytes) -> None:
    promoted(tmp_path, None, A)
    damaged = (tmp_path / HISTORY).read_bytes() + line + b"\n"
    (tmp_path / HISTORY).write_bytes(damaged)
    with pytest.raises(BundleError, match=r"history\.jsonl, line 2, is damaged.*move the file away"):
        read_history(tmp_path)
    with pytest.raises(BundleError):
        promoted(tmp_path, A, B)
    assert (tmp_path / HISTORY).read_bytes() == damaged
