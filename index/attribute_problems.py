"""The report of values that count as missing, for the person who repairs them."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from index.tabulation import AttributeProblem
from storage.durable_files import flush_file

ATTRIBUTE_PROBLEMS = "attribute_problems.csv"


def write_attribute_problems(folder: Path, problems: Sequence[AttributeProblem]) -> None:
    """Write the report into a bundle that is not in use yet; nothing if there is no problem.

    Searches do not read it, so the manifest has no seal for it, and older bundles lack it.
    """
    if not problems:
        return
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("item", "column", "value"))
    writer.writerows((problem.item, problem.column, problem.value) for problem in problems)
    path = folder / ATTRIBUTE_PROBLEMS
    path.write_bytes(text.getvalue().encode())
    flush_file(path)
