"""The lower bounds that keep known holes and hangs out; docs/production.md says which."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

REPOSITORY = Path(__file__).parents[1]

# The last release that must never be installed again, and the bound that was chosen.
FLOORS = {
    "celery": ("5.6.3", ">=5.7,<5.8"),
    "kombu": ("5.6.2", ">=5.7"),
    "pillow": ("12.3.0", ">=13.0"),
    "python-multipart": ("0.0.29", ">=0.0.30"),
    "redis": ("6.4.0", ">=7,<9"),
    "starlette": ("1.9.0", ">=1.10"),
    "torch": ("2.9.1", ">=2.10"),
}


def requirements() -> list[Requirement]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    # An extra may name another one of the project itself.
    return [asked for asked in map(Requirement, lines) if asked.name != "lookalike"]


def allowed(name: str) -> list[SpecifierSet]:
    found = [requirement.specifier for requirement in requirements() if canonicalize_name(requirement.name) == name]
    assert found, f"pyproject.toml no longer names {name} itself, so nothing keeps its lower bound"
    return found


def lowest(bound: SpecifierSet) -> Version:
    return max(Version(part.version) for part in bound if part.operator == ">=")


@pytest.mark.parametrize("name", FLOORS)
def test_a_bound_is_not_lowered(name: str) -> None:
    vulnerable, chosen = FLOORS[name]
    for specifiers in allowed(name):
        assert not specifiers.contains(vulnerable, prereleases=True)
        assert lowest(specifiers) >= lowest(SpecifierSet(chosen))


@pytest.mark.parametrize("name", ["celery", "redis"])
def test_a_version_that_is_untried_is_kept_out(name: str) -> None:
    (limit,) = [part.version for part in SpecifierSet(FLOORS[name][1]) if part.operator == "<"]
    for specifiers in allowed(name):
        assert not specifiers.contains(limit)


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_what_is_installed_fits(requirement: Requirement) -> None:
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        pytest.fail(f"{requirement} is not installed; run `make test`, which installs what the tests need")
    assert requirement.specifier.contains(installed, prereleases=True)


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_every_requirement_has_a_lower_and_an_upper_bound(requirement: Requirement) -> None:
    operators = {part.operator for part in requirement.specifier}
    assert ">=" in operators
    assert "<" in operators


def test_the_guide_gives_the_reason_for_each() -> None:
    guide = (REPOSITORY / "docs" / "production.md").read_text()
    explained = dict(re.findall(r"^\| ([a-z-]+) \| `([^`]+)` \|", guide, flags=re.MULTILINE))
    assert explained == {name: bound for name, (_, bound) in FLOORS.items()}
