"""The error for invalid settings in a process's environment."""

from collections.abc import Iterable, Mapping
from typing import Any

from contracts.errors import LaunchError


def unusable_settings(problems: Iterable[Mapping[str, Any]]) -> LaunchError:
    """The error that names each variable and what is wrong with it, never its value.

    Args:
        problems: as pydantic lists them: `loc` starts with the setting's name, `msg` says what is wrong.
    """
    named = "; ".join(
        f"{_variable(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}" for problem in problems
    )
    return LaunchError(f"invalid settings in the environment: {named}")


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0]).upper() if location else ""
    # Other programs read this one too, so it has no prefix.
    return name if name == "REDIS_URL" else f"LOOKALIKE_{name}"
