"""The options of `lookalike index build` that declare the kinds of columns, and its report on them."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from commands.options import columns

if TYPE_CHECKING:
    from index.building import BuildReport
    from index.tabulation import AttributeProblem

_COLUMNS_SHOWN = 20


def add_column_kinds(parser: argparse.ArgumentParser) -> None:
    """Which columns are of which kind, whatever their values look like."""
    kinds = parser.add_argument_group(
        "columns",
        "By default a column is a number column if 99 % of its values are numbers that are written alike, such as "
        "19.99, 1,299.00 or 19,99 EUR (or if all but one of three or more are), and otherwise a text column. Values "
        "that do not fit count as missing.",
    )
    described = {
        "number": "columns of numbers; filters can ask for a range of them",
        "text": "columns of text, even if their values look like numbers",
        "list": "columns of lists such as S|M|L; a filter matches if one of the members does",
    }
    for kind, help_text in described.items():
        kinds.add_argument(
            f"--{kind}", type=columns, action=_Declare, const=kind, dest="kinds", metavar="A,B", help=help_text
        )


def print_columns(report: "BuildReport") -> None:
    """Which columns are not of text, and which values were not understood."""
    for kind, meaning in (("number", "columns of numbers"), ("list", "columns of lists")):
        names = [name for name, its_kind in report.kinds.items() if its_kind == kind]
        if names:
            print(f"{meaning}: {_listed(names)}")
    for note in report.notes[:_COLUMNS_SHOWN]:
        print(note)
    first: dict[str, AttributeProblem] = {}
    counts: dict[str, int] = {}
    for problem in report.problems:
        first.setdefault(problem.column, problem)
        counts[problem.column] = counts.get(problem.column, 0) + 1
    for column, problem in list(first.items())[:_COLUMNS_SHOWN]:
        count = counts[column]
        values = "1 value is" if count == 1 else f"{count:,} values are"
        print(
            f"{column:.60}: {values} not a {report.kinds[column]} and counted as missing, such as "
            f"{problem.value!r:.60} of item {problem.item:.60}"
        )
    if report.problems:
        print(f"all such values: {report.folder / 'attribute_problems.csv'}")


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - _COLUMNS_SHOWN} more" if len(shown) > _COLUMNS_SHOWN else ""
    return f"{', '.join(shown[:_COLUMNS_SHOWN])}{more}"


class _Declare(argparse.Action):
    """Collects the kinds by column from all options."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - argparse calls it so
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002 - likewise
    ) -> None:
        declared = dict(getattr(namespace, self.dest) or {})
        for column in values:
            if declared.setdefault(column, self.const) != self.const:
                raise argparse.ArgumentError(
                    self, f"--{declared[column]} names {column!r:.100} too; leave it in one of them"
                )
        setattr(namespace, self.dest, declared)
