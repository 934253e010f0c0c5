"""`history.jsonl`: which version was made current, when, and which was current before.

A line is written before CURRENT is changed. So after a crash between the two, the last line may record
a change that did not happen. `index.versions.served_order` detects that, because each line says what it replaced.
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
Action = Literal["promote", "rollback", "compact"]
_MEMBERS = {"at", "action", "from", "to"}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of CURRENT.

    Attributes:
        at: UTC time, ISO 8601.
        action: `promote`, `rollback` or `compact`.
        previous: the version that was current; None if there was none.
        version: the version that became current.
    """

    at: str
    action: Action
    previous: str | None
    version: str


def read_history(bundles: Path) -> list[Change]:
    """All changes, oldest first; empty if the folder has no history.

    Raises:
        BundleError: the file cannot be read or is malformed.
    """
    path = bundles / HISTORY
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror}); grant read access and run this again") from error
    return parse_history(data, str(path))


def parse_history(data: bytes, shown: str) -> list[Change]:
    """The changes in the content of a history, oldest first.

    Args:
        data: of the file or object.
        shown: what errors call it.

    Raises:
        BundleError: it is malformed.
    """
    return [_change(shown, number, line) for number, line in enumerate(data.splitlines(), 1)]


def with_change(before: bytes, action: Action, *, previous: str | None, version: str, now: datetime) -> bytes:
    """The content of a history with one more change.

    Args:
        now: with a time zone.
    """
    at = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    line = orjson.dumps({"at": at, "action": action, "from": previous, "to": version})
    return (before if before.endswith(b"\n") or not before else before + b"\n") + line + b"\n"


def write_change(bundles: Path, action: Action, *, previous: str | None, version: str, now: datetime) -> None:
    """Add a line, atomically and durably; the caller must hold the folder's lock.

    Args:
        now: with a time zone.

    Raises:
        BundleError: the existing history is damaged.
        OSError: it cannot be written; the file is unchanged.
    """
    read_history(bundles)
    path = bundles / HISTORY
    before = path.read_bytes() if path.exists() else b""
    # The whole file is replaced, because a line that was appended only in part would spoil all that follow.
    replace_file(path, with_change(before, action, previous=previous, version=version, now=now))


def _change(path: Path | str, number: int, line: bytes) -> Change:
    try:
        members = orjson.loads(line)
        if not isinstance(members, dict) or set(members) != _MEMBERS:
            raise ValueError(f"its members must be {', '.join(sorted(_MEMBERS))}")
        at, action, previous, version = members["at"], members["action"], members["from"], members["to"]
        if type(at) is not str or action not in get_args(Action):
            raise ValueError("at must be a time and action promote, rollback or compact")
        if not _is_version(version) or not (_is_version(previous) or (previous is None and action == "promote")):
            raise ValueError("from and to must be versions")
    except ValueError as error:
        raise BundleError(
            f"{path}, line {number}, is damaged ({error}); correct or remove the line, or move the file away: "
            "rollback then goes by the age of the bundles"
        ) from error
    return Change(at, action, previous, version)


def _is_version(name: object) -> bool:
    return type(name) is str and is_version(name)
