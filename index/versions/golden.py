"""`golden.json`: queries with answers that a person has chosen."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from contracts.errors import BundleError
from storage.small_files import read_small

GOLDEN = "golden.json"
_MOST_BYTES = 16 * 1024 * 1024
_FIX = 'it must be a list such as [{"item": "15970", "expected": ["15971", "1163"]}]; correct it or move it away'


@dataclass(frozen=True, slots=True)
class GoldenQuery:
    """An item, and the items expected among its first look-alikes.

    Attributes:
        item: id of the query.
        expected: ids, at least one, all different, without the query's own.
    """

    item: str
    expected: tuple[str, ...]


def read_golden(bundles: Path) -> list[GoldenQuery]:
    """Read the golden queries of a folder of bundles; none if there is no such file.

    Raises:
        BundleError: the file cannot be read or is malformed; the message says where.
    """
    path = bundles / GOLDEN
    try:
        listed = orjson.loads(read_small(path, most_bytes=_MOST_BYTES))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror}); grant read access or move it away") from error
    except ValueError as error:
        raise BundleError(f"{path} is not JSON ({error}); {_FIX}") from error
    if not isinstance(listed, list) or not listed:
        raise BundleError(f"{path} is not a list of queries, or is empty; {_FIX}")
    queries = []
    seen: set[str] = set()
    for number, entry in enumerate(listed, 1):
        problem = _problem(entry)
        if problem is None and entry["item"] in seen:
            problem = f"repeats the item {entry['item']!r:.100}"
        if problem is not None:
            raise BundleError(f"{path}: query {number} {problem}; {_FIX}")
        seen.add(entry["item"])
        queries.append(GoldenQuery(entry["item"], tuple(entry["expected"])))
    return queries


def _problem(entry: object) -> str | None:
    if not isinstance(entry, dict) or set(entry) != {"item", "expected"}:
        return "must have exactly the members item and expected"
    item, expected = entry["item"], entry["expected"]
    if type(item) is not str or not item:
        return "has an item that is not an id (a text)"
    if not isinstance(expected, list) or not expected or not all(type(found) is str and found for found in expected):
        return f"({item!r:.100}) needs a list of ids (texts) as expected"
    if len(set(expected)) != len(expected):
        return f"({item!r:.100}) expects an id twice"
    if item in expected:
        return f"({item!r:.100}) expects itself, but an item is never among its own look-alikes"
    return None
