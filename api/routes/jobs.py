"""Embeddings of many pictures."""

import re

import orjson
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.http.answers import json_answer
from api.http.body import read_body
from api.http.body_budget import BodyShare
from api.http.callers import caller_of
from api.http.json_body import parse_json
from api.http.multipart import Part, media_type, parse_multipart
from api.http.names import UnknownName
from api.http.problems import ServiceProblem
from api.http.query_string import QueryReader
from api.http.request_context import RequestContext, context_of
from api.http.route import Route, Values
from api.http.uploads import MAX_JOB_PICTURES, read_pictures
from api.items.photo_query import PhotoQuery
from api.items.queries import search_query
from api.items.query_token import token_of
from api.jobs.photo_search import PhotoSearch
from api.jobs.request import JobRequest
from api.openapi.operations import EMBEDDING_REQUEST
from api.openapi.schemas import Job
from api.routes import query_parameters
from api.routes.job_answers import ACCEPTED, accepted, job_members
from api.routes.searching import SEARCH_PARAMETERS, body_for, described_photo, finished, searched
from api.routes.services import Services
from contracts.embedding_reply import Embedded
from contracts.errors import FilterError
from tracing.spans import span

MAX_JOB_ITEMS = 10_000
MAX_RESULTS = 1000

# Ids may hold commas and brackets, though hardly any do.
_MAX_MARKS = 20 * MAX_JOB_ITEMS
_JOB_ID = re.compile(r"[0-9a-f]{32}")


class JobRoutes:
    """Starting a job, and reading its status and results."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._search_reader = QueryReader(SEARCH_PARAMETERS)

    def routes(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (
            Route(
                method="POST",
                path="/embeddings",
                handler=self.start,
                body=EMBEDDING_REQUEST,
                operation_id="start_job",
                tag="jobs",
                summary="Embed many pictures",
                description=(
                    "Takes the ids of at most 10,000 items, or at most 32 uploaded pictures. A picture that cannot be "
                    "embedded gets an entry in `errors` and does not affect the others. Memory for the results is "
                    "reserved when a job is accepted; a job that does not fit is refused with 503 `queue_full`, and a "
                    "caller with too many jobs with 429 `rate_limited`."
                ),
                answer=Job,
                status=202,
                responses={202: ACCEPTED},
                problems=(400, 401, 413, 415, 429, 500, 503),
            ),
            Route(
                method="GET",
                path="/jobs/{job_id}",
                handler=self.job,
                parameters=(
                    query_parameters.limit(highest=MAX_RESULTS, default=100),
                    query_parameters.offset(MAX_JOB_ITEMS, "Number of results to skip, and of errors."),
                ),
                operation_id="job",
                tag="jobs",
                summary="Status and embeddings of a job",
                description=(
                    "`limit` and `offset` page through `results` and, in the same way, through `errors`. Numbers of an "
                    "embedding are rounded to 16 bits, relative to the largest. If a job cannot go on, it has "
                    "`failed`, and the pictures that were not reached have the reason in `errors`. A job is kept for "
                    "an hour after its end; then its status is `expired`. The job of a photo that was sent with "
                    "`Prefer: respond-async` has `similar` too."
                ),
                answer=Job,
                problems=(400, 401, 404, 500, 503),
            ),
        )

    async def start(self, request: Request, _values: Values) -> Response:
        """Accept a job."""
        with self._services.bodies.share() as share:
            return await self._start(request, share)

    async def _start(self, request: Request, share: BodyShare) -> Response:
        index = self._services.index()
        kind = media_type(request.headers.get("content-type"))
        if kind not in {"application/json", "multipart/form-data"}:
            raise ServiceProblem(
                "unsupported_media_type",
                'the body must be application/json, {"item_ids": [...]}, or multipart/form-data with parts '
                f"'image', not {kind or 'of no type'!r:.100}",
            )
        self._services.jobs.check_room()
        body = await read_body(request, self._services.settings, share)
        if kind == "application/json":
            # In a thread: 10 MB of ids take a while to parse.
            item_ids = await run_in_threadpool(_item_ids, body)
            job_request = await self._services.asking.ask_in_thread(
                index.searcher, lambda: JobRequest.of_items(item_ids, index.searcher)
            )
        else:
            with span("upload check"):
                parts = await self._services.checks.run(
                    _parts, request.headers.get("content-type"), body, body_bytes=len(body)
                )
            uploads = [(part.filename or None, part.data) for part in read_pictures(parts)]
            job_request = JobRequest.of_uploads(uploads)
        caller = caller_of(request.scope, by_key=bool(self._services.settings.api_keys))
        job = await self._services.jobs.submit(job_request, index, caller)
        return accepted(job, root_path=self._services.settings.root_path)

    async def job(self, request: Request, values: Values) -> Response:
        """A job with a page of its results."""
        job_id: str = values["job_id"]
        job = None
        if _JOB_ID.fullmatch(job_id):
            job = await self._services.jobs.read(job_id, limit=values["limit"], offset=values["offset"])
        if job is None:
            raise ServiceProblem(
                "unknown_job", f"no job has the id {job_id!r:.80}; POST /embeddings returns the ids of new ones"
            )
        members = job_members(job)
        if job.search is not None and job.search.reply is not None:
            await self._add_similar(members, job.search, job.search.reply, context_of(request.scope))
        # In a thread: 1,000 embeddings are 6 MB of JSON.
        return await run_in_threadpool(json_answer, members, headers={"Cache-Control": "no-store"})

    async def _add_similar(
        self, members: dict[str, object], search: PhotoSearch, reply: Embedded, context: RequestContext
    ) -> None:
        """Answer a search by photo from the index that is served now, or say in `errors` why that is impossible."""
        try:
            members["similar"] = await self._similar(search, reply, context)
        except (ServiceProblem, FilterError, UnknownName) as error:
            code = error.code if isinstance(error, ServiceProblem) else "invalid_parameter"
            reason = {"index": 0, "item_id": None, "code": code, "detail": f"{error}; send the photo again"}
            members["errors"] = [reason]

    async def _similar(self, search: PhotoSearch, reply: Embedded, context: RequestContext) -> orjson.Fragment:
        index = self._services.index()
        if reply.model_version != index.model_version:
            raise ServiceProblem(
                "model_mismatch",
                f"the photo was embedded by model {reply.model_version}, and the index is of {index.model_version} now",
            )
        query = search_query(self._search_reader.read(search.query_string))
        await self._services.asking.check(index.searcher, query)
        photo = PhotoQuery.of(reply, search.box)
        embedding = photo.embedding.full()
        page, search_ms = await searched(self._services, index, query, lambda: index.searcher.find(query, embedding))
        timing_ms = {"decode": round(reply.decode_ms, 2), "embed": round(reply.embed_ms, 2), "search": search_ms}
        token = token_of(photo, model_version=index.model_version)
        described = described_photo(photo, token=token, objects=reply.objects)
        answer = finished(index, page, query, searched_for=described)
        return orjson.Fragment(body_for(context, answer, timing_ms))


def _parts(content_type: str | None, body: bytearray) -> list[Part]:
    return parse_multipart(content_type, body, max_pictures=MAX_JOB_PICTURES)


def _item_ids(body: bytearray) -> list[str]:
    request = parse_json(body, max_marks=_MAX_MARKS)
    if not isinstance(request, dict):
        raise ServiceProblem("invalid_parameter", 'the body must be a JSON object, {"item_ids": [...]}')
    unknown = [name for name in request if name != "item_ids"]
    if unknown:
        raise UnknownName(unknown[0], "JSON body")
    item_ids = request.get("item_ids")
    if not isinstance(item_ids, list) or not all(isinstance(item_id, str) for item_id in item_ids):
        raise ServiceProblem("invalid_parameter", "'item_ids' must be a list of ids, each a string")
    if not 1 <= len(item_ids) <= MAX_JOB_ITEMS:
        raise ServiceProblem(
            "invalid_parameter", f"'item_ids' must have 1 to {MAX_JOB_ITEMS:,} ids; got {len(item_ids):,}"
        )
    return item_ids
