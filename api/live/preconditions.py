"""The conditions of a write (RFC 9110, section 13): only if the item has a version, or only if there is none."""

import re
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers

from api.http.problems import ServiceProblem
from catalogue.items import ANYTHING, Expected
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import PreconditionError

_TAG: Final = re.compile(r'(W/)?"([^"]*)"', re.ASCII)
_VERSION: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_MOST_TAGS: Final = 20
_ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Preconditions:
    """What a request demands of the item that it changes.

    Attributes:
        versions: one of which the item must have; None: any. Empty: none can match.
        present: the item must exist.
        absent: it must not.
    """

    versions: frozenset[int] | None = None
    present: bool = False
    absent: bool = False

    @classmethod
    def of(cls, headers: Headers) -> "Preconditions":
        """Read If-Match and If-None-Match.

        Raises:
            ServiceProblem: `invalid_parameter`.
        """
        unless = _joined(headers, "if-none-match")
        if unless is not None and unless != _ANY:
            raise ServiceProblem(
                "invalid_parameter",
                "If-None-Match must be * here (only if there is no such item); a version goes in If-Match",
            )
        wanted = _joined(headers, "if-match")
        if wanted is None:
            return cls(absent=unless is not None)
        if unless is not None:
            raise ServiceProblem("invalid_parameter", "If-Match and If-None-Match cannot both hold; send one of them")
        if wanted == _ANY:
            return cls(present=True)
        return cls(versions=_versions(wanted), present=True)

    def check(self, catalogue: LiveCatalogue, item_id: str) -> None:
        """Compare the item as it is now; it may change until the write, which compares again.

        Raises:
            PreconditionError: it is not in one of the states that the request demands.
            DatabaseUnavailableError, DatabaseError: the database cannot be asked.
        """
        item = catalogue.item(item_id)
        exists = item is not None and not item.deleted
        if self.absent and exists:
            raise PreconditionError(
                f"there is an item {item_id!r:.120} already, and If-None-Match says that there is none"
            )
        if self.present and not exists:
            raise PreconditionError(f"there is no item {item_id!r:.120}, and If-Match says that there is")
        if self.versions is not None and item is not None and item.version not in self.versions:
            raise PreconditionError(
                f'item {item_id!r:.120} has version {item.version}, which If-Match does not name ("{item.version}" '
                "would); the ETag of a GET names an answer, not the version of an item"
            )

    def expected(self, catalogue: LiveCatalogue, item_id: str) -> Expected:
        """What the database must compare when it writes; asks it first where it cannot compare that by itself.

        Raises:
            PreconditionError: the item is not in one of the states that the request demands.
            DatabaseUnavailableError, DatabaseError: the database cannot be asked.
        """
        if self.absent:
            return Expected(None, absent=True)
        if not self.present:
            return ANYTHING
        if self.versions is not None and len(self.versions) == 1:
            (version,) = self.versions
            return Expected(version, absent=False)
        self.check(catalogue, item_id)
        item = catalogue.item(item_id)
        # It may change until the write, which then fails as it should.
        return ANYTHING if item is None else Expected(item.version, absent=False)


def entity_tag(version: int) -> str:
    """The ETag of an item's version."""
    return f'"{version}"'


def _joined(headers: Headers, name: str) -> str | None:
    values = headers.getlist(name)
    return ", ".join(value.strip() for value in values) if values else None


def _versions(text: str) -> frozenset[int]:
    tags = [tag.strip() for tag in text.split(",")]
    if len(tags) > _MOST_TAGS:
        raise ServiceProblem("invalid_parameter", f"If-Match names {len(tags)} versions; name at most {_MOST_TAGS}")
    versions = set()
    for tag in tags:
        found = _TAG.fullmatch(tag)
        if found is None:
            raise ServiceProblem(
                "invalid_parameter",
                f'If-Match must be the ETag of an answer, with its quotes, such as "3", or *; got {text!r:.80}',
            )
        # If-Match compares strongly, and no item has a weak tag.
        if not found[1] and _VERSION.fullmatch(found[2]):
            versions.add(int(found[2]))
    return frozenset(versions)
