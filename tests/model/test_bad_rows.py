"""The report of bad rows, and how many there may be."""

import csv
from pathlib import Path

import pytest

from model.catalogue.bad_rows import BAD_ROWS_REPORT, BadRow, BadRows, write_bad_rows
from model.tolerance import EVERYTHING, Tolerance


def test_the_report_holds_each_row_and_goes_away_with_them(tmp_path: Path) -> None:
    bad = BadRows(EVERYTHING)
    bad.add(tmp_path / "items.csv", 3, 'a,"b"\n', "is wrong; correct it")
    bad.add(tmp_path, None, "caf\udce9.jpg", "has a name that is not UTF-8")
    bad.add_empty(tmp_path / "items.csv", 9)
    write_bad_rows(tmp_path / "out", bad.found)
    with (tmp_path / "out" / BAD_ROWS_REPORT).open(newline="", encoding="utf-8") as stream:
        assert list(csv.reader(stream)) == [
            ["file", "row", "value", "reason"],
            [str(tmp_path), "", "caf\\xe9.jpg", "has a name that is not UTF-8"],
            [str(tmp_path / "items.csv"), "3", 'a,"b"\n', "is wrong; correct it"],
            [str(tmp_path / "items.csv"), "9", "", "the row is empty; remove it"],
        ]
    write_bad_rows(tmp_path / "out", [])
    assert list((tmp_path / "out").iterdir()) == []


def test_a_long_value_is_shortened() -> None:
    bad = BadRows(EVERYTHING)
    bad.add(Path("items.csv"), 2, "y" * 10_000_000, "is too long")
    assert bad.found == [BadRow(Path("items.csv"), 2, "y" * 200 + "...", "is too long")]


@pytest.mark.parametrize(
    ("max_failed", "failed", "rows", "exceeded"),
    [
        (0.2, 0, 0, False),
        (0.2, 1, 2, False),
        (0.2, 2, 10, False),
        (0.2, 3, 10, True),
        (0.0, 1, 1000, True),
        (1.0, 9, 10, False),
    ],
)
def test_how_many_rows_may_fail(max_failed: float, failed: int, rows: int, exceeded: bool) -> None:
    assert Tolerance(max_failed).exceeded(failed, rows) is exceeded


def test_strict_means_none() -> None:
    assert Tolerance(strict=True).exceeded(1, 1000)
    assert not Tolerance(strict=True).exceeded(0, 1000)
    with pytest.raises(ValueError, match="0 to 1"):
        Tolerance(1.5)
