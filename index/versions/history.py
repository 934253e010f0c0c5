"""`history.jsonl`: what was made current, when, and what was current before.

A line is written before CURRENT is changed, so after a crash between the two the last line may tell of
a change that never came; `index.versions.trail` finds that out, for each line says what it replaced.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

import orjson

from contracts.errors import BundleError
from index.current_version import is_version
from storage.durable_files import replace_file

HISTORY = "history.jsonl"
Action = Literal["promote", "rollback"]
_MEMBERS = {"at", "action", "from", "to"}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of CURRENT.

    Attributes:
        at: UTC time, ISO 8601.
        action: `promote` or `rollback`.
        previous: the version that was current, None when there was none.
        version: the version that became current.
    """

    at: str
    action: Action
    previous: str | None
    version: str


def read_history(bundles: Path) -> list[Change]:
    """All changes, oldest first; none for a folder that knows no history.

    Raises:
        BundleError: the file cannot be read or holds something else.
    """
    path = bundles / HISTORY
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror}); permit it and run this again") from error
    return [_change(path, number, line) for number, line in enumerate(lines, 1)]


def write_change(bundles: Path, action: Action, *, previous: str | None, version: str, now: datetime) -> None:
    """Add a line, in one step that survives a crash; hold the folder meanwhile.

    Args:
        now: with a time zone.

    Raises:
        BundleError: the history so far is damaged.
        OSError: it cannot be written; it is as it was.
    """
    read_history(bundles)
    path = bundles / HISTORY
    before = path.read_bytes() if path.exists() else b""
    at = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    line = orjson.dumps({"at": at, "action": action, "from": previous, "to": version})
    # The whole file anew rather than a line appended: a torn line would be in the way of all that follow.
    replace_file(path, (before if before.endswith(b"\n") or not before else before + b"\n") + line + b"\n")


def _change(path: Path, number: int, line: bytes) -> Change:
    try:
        members = orjson.loads(line)
        if not isinstance(members, dict) or set(members) != _MEMBERS:
            raise ValueError(f"its members must be {', '.join(sorted(_MEMBERS))}")
        at, action, previous, version = members["at"], members["action"], members["from"], members["to"]
        if type(at) is not str or action not in get_args(Action):
            raise ValueError("at must be a time and action promote or rollback")
        if not _is_version(version) or not (_is_version(previous) or (previous is None and action == "promote")):
            raise ValueError("from and to must be versions")
    except ValueError as error:
        raise BundleError(
            f"{path}, line {number}, is damaged ({error}); mend or remove the line, or move the file away: "
            "rollback then goes by the age of the bundles"
        ) from error
    return Change(at, action, previous, version)


def _is_version(name: object) -> bool:
    return type(name) is str and is_version(name)
