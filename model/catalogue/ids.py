"""Checks the ids in a file."""

from collections.abc import Iterable
from pathlib import Path

from contracts.errors import CatalogueError
from contracts.plain_ids import check_id
from model.catalogue.located import located


def check_ids(ids: Iterable[str], lines: Iterable[int], path: Path) -> None:
    """Refuse ids that cannot be addressed over HTTP.

    Args:
        ids: the ids in a file.
        lines: the line of each id.
        path: the file.

    Raises:
        CatalogueError: `check_item_id` refuses one; names the file and the line.
    """
    for item_id, line in zip(ids, lines, strict=True):
        try:
            check_id(item_id)
        except CatalogueError as error:
            raise located(path, line, str(error)) from None
