"""The versions of Python, of this package and of what it needs."""

import platform
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from checks.finding import Finding

_SUBJECT = "versions"
_PACKAGE = "lookalike"


def check_versions() -> list[Finding]:
    """Compare the installed packages with what this one says it needs; extras are not looked at."""
    try:
        own, wanted = version(_PACKAGE), [Requirement(line) for line in requires(_PACKAGE) or ()]
    except PackageNotFoundError:
        return [Finding(_SUBJECT, "problem", "lookalike is not installed", "install it, or run `make install`")]
    wrong = [
        wrong
        for requirement in wanted
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if (wrong := _wrong(requirement))
    ]
    if wrong:
        mend = "install this version of lookalike again (`make install` in a checkout)"
        return [Finding(_SUBJECT, "problem", says, mend) for says in wrong]
    return [Finding(_SUBJECT, "ok", f"lookalike {own}, Python {platform.python_version()}, and what they need")]


def _wrong(requirement: Requirement) -> str | None:
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is not installed"
    if requirement.specifier.contains(installed, prereleases=True):
        return None
    return f"{requirement.name} {installed} is installed, and {requirement.specifier} is needed"
