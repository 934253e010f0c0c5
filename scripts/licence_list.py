"""The licence of every package that the images install, from `requirements/licences.csv`.

The file is kept by people, because many packages do not say their licence in a form that programs read. Tests compare
it with what the installed packages say, and refuse a licence that is not among those below.
"""

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

from license_expression import ExpressionError, Licensing, get_spdx_licensing

FILE: Final = Path(__file__).parents[1] / "requirements" / "licences.csv"

# Each allows commercial use and passing the package on in an image. What they ask for in return is in the package.
ALLOWED: Final = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC0-1.0",
        "CNRI-Python",
        "ISC",
        # Its source is public, and a package of its own in the image, so it can be replaced.
        "LGPL-3.0-only",
        "LicenseRef-NVIDIA-Proprietary",
        "MIT",
        "MIT-CMU",
        "MPL-2.0",
        "PSF-2.0",
        "Zlib",
    }
)


@dataclass(frozen=True, slots=True)
class Licence:
    """What is known of a package's licence.

    Attributes:
        expression: SPDX expression.
        basis: `metadata` (the package's own expression), another place in the package, or `reviewed` by people.
    """

    expression: str
    basis: str


class LicenceError(Exception):
    """A package has no line in the list, or a licence that is not allowed; the message says what to do."""


def read_licences(file: Path = FILE) -> dict[str, Licence]:
    """The list, by the packages' names.

    Raises:
        LicenceError: a line is incomplete, repeated, or its licence is not allowed.
    """
    licences: dict[str, Licence] = {}
    with file.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            package, expression, basis = (row.get(name) or "" for name in ("package", "licence", "basis"))
            if not (package and expression and basis) or package in licences:
                raise LicenceError(f"{file.name}: {package or 'a package'} must have one line: package,licence,basis")
            refused = refused_licences(expression)
            if refused:
                raise LicenceError(
                    f"{file.name}: {package} has {' and '.join(refused)}, which is not among the licences that "
                    "scripts/licence_list.py allows; take another package, or read the licence and add it there"
                )
            licences[package] = Licence(expression, basis)
    return licences


def refused_licences(expression: str) -> list[str]:
    """The parts of an SPDX expression that are not allowed; of alternatives, one must be."""
    try:
        parsed = _spdx().parse(expression)
    except ExpressionError:
        return [expression]
    return [] if parsed is None else sorted(_refused(parsed))


def licence_of(package: str, licences: Mapping[str, Licence]) -> Licence:
    """The licence of a package.

    Raises:
        LicenceError: the list does not have it; the message has what the installed package says.
    """
    if package in licences:
        return licences[package]
    said = said_by_package(package)
    line = f"{package},{said},metadata" if said else f"{package},LICENCE,reviewed"
    raise LicenceError(f"{FILE.name} has no line for {package}; read its licence, and add `{line}`")


def said_by_package(package: str) -> str | None:
    """The licence expression of an installed package; None: it has none, or is not installed."""
    try:
        said = metadata(package).get_all("License-Expression")
    except PackageNotFoundError:
        return None
    return str(said[0]) if said else None


@functools.cache
def _spdx() -> Licensing:
    """All known licences; listing them takes long."""
    return get_spdx_licensing()


def _refused(parsed: object) -> set[str]:
    parts = getattr(parsed, "args", ())
    if not parts or str(parsed) in ALLOWED:
        return set() if str(parsed) in ALLOWED else {str(parsed)}
    refused = [_refused(part) for part in parts]
    if getattr(parsed, "operator", "").strip() == "OR" and not all(refused):
        return set()
    return set().union(*refused)
