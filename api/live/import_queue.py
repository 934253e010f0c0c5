"""The imports of the live catalogue, as requests see them."""

import re
from collections.abc import Sequence
from typing import Final

from api.http.problems import ServiceProblem
from api.live.database_threads import DatabaseThreads
from api.live.import_request import ImportRequest
from api.live.refusals import as_problems
from catalogue.import_records import ImportRecord, RowProblem
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import PreconditionError

_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
# How `api.http.callers` writes who asks. Imports of the command line have another caller, and every key may see them.
_OF_A_REQUEST: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)


class ImportQueue:
    """Queues imports, and tells how far they are.

    Args:
        catalogue: the database.
    """

    def __init__(self, catalogue: LiveCatalogue) -> None:
        self._imports = catalogue.imports
        self._threads = DatabaseThreads()

    async def add(self, request: ImportRequest, *, caller: str, source: str, body: bytes) -> ImportRecord:
        """Queue an import, or find the one that was queued with the same key.

        Args:
            request: what is asked for.
            caller: who asks.
            source: where its feed is.
            body: SHA-256 of the feed, or its URL.

        Raises:
            ServiceProblem: `invalid_parameter`: the key was used for something else; `catalogue_unavailable`.
        """

        def create() -> ImportRecord:
            return self._imports.create(
                key=request.key,
                body_sha256=request.digest(body),
                caller=caller,
                mode=request.mode,
                max_removed=request.max_removed,
                source=source,
                format=request.format,
                mapping=None,
            )

        with as_problems():
            try:
                return await self._threads.run(create)
            except PreconditionError as error:
                raise ServiceProblem("invalid_parameter", f"Idempotency-Key: {error}") from error

    async def find(self, import_id: str, *, caller: str | None) -> ImportRecord:
        """An import.

        Args:
            import_id: as it was asked for.
            caller: who asks; None: whoever asks may see all.

        Raises:
            ServiceProblem: `not_found`: there is none of this id, or it is another caller's; `catalogue_unavailable`.
        """
        record = None
        if _ID.fullmatch(import_id):
            with as_problems():
                record = await self._threads.run(lambda: self._imports.get(import_id))
        if record is None or not _may_see(record, caller):
            raise ServiceProblem(
                "not_found", f"no import has the id {import_id!r:.80}; POST /imports returns the ids of new ones"
            )
        return record

    async def latest(self, limit: int, *, caller: str | None) -> list[ImportRecord]:
        """The newest imports that the caller may see, the newest first.

        Raises:
            ServiceProblem: `catalogue_unavailable`.
        """
        with as_problems():
            records = await self._threads.run(lambda: self._imports.latest(limit))
        return [record for record in records if _may_see(record, caller)]

    async def errors(self, import_id: str, *, limit: int, offset: int) -> tuple[Sequence[RowProblem], int]:
        """Some of an import's errors, and how many it has.

        Raises:
            ServiceProblem: `catalogue_unavailable`.
        """
        with as_problems():
            return await self._threads.run(lambda: self._imports.errors(import_id, limit=limit, offset=offset))


def _may_see(record: ImportRecord, caller: str | None) -> bool:
    return caller is None or record.caller == caller or not _OF_A_REQUEST.fullmatch(record.caller)
