"""Imports of whole feeds into the live catalogue."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from api.http.answers import json_answer
from api.http.body import read_body
from api.http.callers import caller_of
from api.http.parameters import Parameter, choice, number
from api.http.request_context import context_of
from api.http.route import Route, Values
from api.live.import_request import FORMATS, JSON, MODES, ImportRequest, read_url
from api.live.import_views import error_members, errors_csv, import_members
from api.live.live import Live
from api.live.permission import check_may_write
from api.openapi.imports import IDEMPOTENCY_KEY, IMPORT_BODY, STARTED
from api.openapi.schemas import Import, Imports
from api.routes import query_parameters
from api.routes.services import Services
from catalogue.import_records import ImportRecord, RowProblem

_MOST_ERRORS: Final = 1000
_MOST_LISTED: Final = 100
_MOST_OFFSET: Final = 10**9
_NO_STORE: Final = {"Cache-Control": "no-store"}

_MODE: Final = Parameter(
    "mode",
    "`upsert`: put every row of the feed; `replace`: also remove the items that it does not name; `delete`: remove "
    "those that it names.",
    choice(*MODES),
    {"type": "string", "enum": list(MODES), "default": "upsert"},
    "upsert",
)
_MAX_REMOVED: Final = Parameter(
    "max_removed",
    "Share of the items that `replace` may remove; if it were more, nothing is removed, and the import says so.",
    number(0.0, 1.0),
    {"type": "number", "minimum": 0, "maximum": 1, "default": 0.05},
    0.05,
)
_FORMAT: Final = Parameter(
    "format",
    "Format of the feed, if its Content-Type and content do not tell.",
    choice(*FORMATS),
    {"type": "string", "enum": list(FORMATS)},
)


class ImportRoutes:
    """Starting imports, and following them.

    Args:
        services: of the application.
        live: its live catalogue.
    """

    def __init__(self, services: Services, live: Live) -> None:
        self._services = services
        self._live = live

    def routes(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (
            Route(
                method="POST",
                path="/imports",
                handler=self.start,
                parameters=(_MODE, _MAX_REMOVED, _FORMAT),
                headers=(IDEMPOTENCY_KEY,),
                body=IMPORT_BODY,
                operation_id="start_import",
                tag="live catalogue",
                summary="Import a feed",
                description=(
                    "Takes a whole feed as the body, or its address. It is stored before this is answered, and "
                    "imported in the background, row by row; a bad row costs no other. Items become visible as they "
                    "are imported."
                ),
                answer=Import,
                status=202,
                responses={202: STARTED},
                problems=(400, 401, 403, 413, 415, 422, 429, 500, 503),
            ),
            Route(
                method="GET",
                path="/imports",
                handler=self.latest,
                parameters=(query_parameters.limit(_MOST_LISTED),),
                operation_id="imports",
                tag="live catalogue",
                summary="The newest imports, and the state of the live catalogue",
                description=(
                    "Beside the imports: which index is served, how many changes wait for the next one, and which "
                    "versions of the index there are."
                ),
                answer=Imports,
                problems=(400, 401, 403, 500, 503),
            ),
            Route(
                method="GET",
                path="/imports/{import_id}",
                handler=self.show,
                parameters=(
                    query_parameters.limit(_MOST_ERRORS, default=100),
                    query_parameters.offset(_MOST_OFFSET, "Number of errors to skip."),
                ),
                operation_id="import",
                tag="live catalogue",
                summary="How far an import is, and its errors",
                description=(
                    "`limit` and `offset` page through `errors`. `visible`: this process serves everything that the "
                    "import has changed so far."
                ),
                answer=Import,
                problems=(400, 401, 403, 404, 500, 503),
            ),
            Route(
                method="GET",
                path="/imports/{import_id}/errors.csv",
                handler=self.errors,
                operation_id="import_errors",
                tag="live catalogue",
                summary="All errors of an import, for a spreadsheet",
                answer=None,
                responses={
                    200: {"description": "A CSV file.", "content": {"text/csv": {"schema": {"type": "string"}}}}
                },
                problems=(400, 401, 403, 404, 500, 503),
            ),
        )

    async def start(self, request: Request, values: Values) -> Response:
        """Store a feed and queue its import."""
        settings = self._services.settings
        check_may_write(request.scope, settings)
        asked = ImportRequest.of(request.headers, dict(values))
        self._live.following.check_database()
        caller = caller_of(request.scope, by_key=bool(settings.api_keys))
        if asked.kind == JSON:
            with self._services.bodies.share() as share:
                url = read_url(await read_body(request, settings, share))
            self._services.addresses.check(url)
            record = await self._live.imports.add(asked, caller=caller, source=url, body=url.encode())
            return self._started(record)
        feed = await self._live.spool.take(request)
        kept = False
        try:
            record = await self._live.imports.add(asked, caller=caller, source=feed.source, body=feed.sha256)
            # With a key that was used before, this is the import of then, and its feed is another file.
            kept = record.source == feed.source
        finally:
            if not kept:
                feed.discard()
        return self._started(record)

    async def latest(self, request: Request, values: Values) -> Response:
        """The newest imports, without their errors, and the state of the live catalogue."""
        records = await self._live.imports.latest(values["limit"], caller=self._caller(request))
        members = {
            "request_id": context_of(request.scope).request_id,
            **await self._live.overview.members(),
            "imports": [self._members(record, (), 0) for record in records],
        }
        return json_answer(members, headers=_NO_STORE)

    async def show(self, request: Request, values: Values) -> Response:
        """An import with a page of its errors."""
        record = await self._live.imports.find(values["import_id"], caller=self._caller(request))
        errors, total = await self._live.imports.errors(record.id, limit=values["limit"], offset=values["offset"])
        return json_answer(self._members(record, errors, total), headers=_NO_STORE)

    async def errors(self, request: Request, values: Values) -> Response:
        """All errors of an import."""
        record = await self._live.imports.find(values["import_id"], caller=self._caller(request))
        # The first ones are read before the answer begins, so that a database that is away can still be said.
        first, _ = await self._live.imports.errors(record.id, limit=_MOST_ERRORS, offset=0)
        headers = {**_NO_STORE, "Content-Disposition": f'attachment; filename="errors-{record.id}.csv"'}
        return StreamingResponse(self._rows(record.id, first), media_type="text/csv", headers=headers)

    async def _rows(self, import_id: str, first: Sequence[RowProblem]) -> AsyncIterator[bytes]:
        rows: list[RowProblem] = list(first)
        yield errors_csv(rows, with_header=True)
        offset = len(rows)
        while len(rows) == _MOST_ERRORS:
            rows = list((await self._live.imports.errors(import_id, limit=_MOST_ERRORS, offset=offset))[0])
            offset += len(rows)
            yield errors_csv(rows, with_header=False)

    def _caller(self, request: Request) -> str | None:
        settings = self._services.settings
        # Who may not import may not read either what others have imported.
        check_may_write(request.scope, settings)
        return caller_of(request.scope, by_key=True) if settings.api_keys else None

    def _started(self, record: ImportRecord) -> Response:
        location = f"{self._services.settings.root_path}/imports/{record.id}"
        return json_answer(self._members(record, (), 0), status=202, headers={"Location": location, **_NO_STORE})

    def _members(self, record: ImportRecord, errors: Sequence[RowProblem], total: int) -> dict[str, object]:
        opened = self._services.served.opened
        members = import_members(record, served=None if opened is None else opened.sequence)
        members["errors"] = [error_members(problem) for problem in errors]
        members["errors_total"] = total
        return members
