"""Notices that the database was replaced by an older copy of itself."""

import logging

from contracts.errors import DatabaseError

_log = logging.getLogger("lookalike.api")


class RestoredDatabase:
    """What was seen of an older copy.

    The numbers of changes alone do not show it once the copy was written to: it then has other changes of the numbers
    that the index has. So whoever has seen the number go back remembers it, until an index without those changes is
    served.
    """

    def __init__(self) -> None:
        self._back_to: int | None = None

    @property
    def seen(self) -> bool:
        """Whether the served index may have changes that the database never had."""
        return self._back_to is not None

    def look(self, shown: int | None, sequence: int) -> None:
        """Compare what was served with what the database says later.

        Args:
            shown: sequence number of the served index before the database was asked; None: it shows no changes.
            sequence: what the database said.
        """
        if shown is not None and sequence < shown:
            self._back_to = sequence if self._back_to is None else min(self._back_to, sequence)

    def check(self, version: str, base: int) -> None:
        """Refuse a bundle that has changes which the database lost.

        Args:
            version: of the bundle.
            base: sequence number that it stands for.

        Raises:
            DatabaseError: it has some.
        """
        if self._back_to is not None and base > self._back_to:
            raise DatabaseError(
                f"the database was restored from an older backup, which ends at change {self._back_to:,}, and index "
                f"{version} has change {base:,}; go back to one that is not newer with `lookalike index rollback`, or "
                "build one"
            )

    def mended(self) -> None:
        """An index is served that has only changes of this database."""
        if self._back_to is not None:
            _log.warning("the database was restored from an older backup; items are served as it has them")
        self._back_to = None
