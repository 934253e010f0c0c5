"""Liveness, readiness and metrics of the process."""

import math
from typing import Final

from fastapi import Request
from starlette.responses import Response

from api.embedding.redis_memory import job_limit_bytes
from api.http.answers import json_answer
from api.http.api_keys import shows_details
from api.http.route import Route, Values
from api.metrics import METRICS_MEDIA_TYPE
from api.openapi.schemas import IndexReadiness, Liveness, Readiness
from api.routes.services import Services
from index.search_code import SEARCHES

# Answered even when all ordinary connections are taken.
HEALTH_PATHS: Final = ("/livez", "/readyz", "/readyz/items")
# Asked for every few seconds: their traces would bury all others.
MONITORED_PATHS: Final = frozenset({*HEALTH_PATHS, "/metrics"})

_CATALOGUE: Final = "catalogue"
_NO_INDEX = "no index is open"
_UNTOLD = "not available; send an API key to be told why"
_HEADERS = {"Cache-Control": "no-store"}
_UNREADY_HEADERS = {**_HEADERS, "Retry-After": "2"}


class HealthRoutes:
    """Health checks for load balancers, and metrics for Prometheus."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (
            Route(
                method="GET",
                path="/livez",
                handler=self.live,
                operation_id="livez",
                tag="health",
                summary="Does the process answer?",
                answer=Liveness,
                problems=(400, 500),
            ),
            Route(
                method="GET",
                path="/readyz",
                handler=self.ready,
                operation_id="readyz",
                tag="health",
                summary="Can searches by photo be answered?",
                description=(
                    "Ready if an index is open, Redis has room for photos, and a worker recently embedded a picture "
                    "sent through Redis. Where a search engine holds the items, it must answer too. `catalogue` says "
                    "whether the changes of the live catalogue are followed; searches are answered all the same, so "
                    "it does not decide."
                ),
                answer=Readiness,
                responses={503: {"model": Readiness, "description": "Not ready."}},
                problems=(400, 500),
            ),
            Route(
                method="GET",
                path="/readyz/items",
                handler=self.items_ready,
                operation_id="readyz_items",
                tag="health",
                summary="Can requests about items be answered?",
                description=(
                    "Ready if an index is open, even if Redis and the workers are not available. Where a search engine "
                    "holds the items, it must answer too."
                ),
                answer=IndexReadiness,
                responses={503: {"model": IndexReadiness, "description": "Not ready."}},
                problems=(400, 500),
            ),
            Route(
                method="GET",
                path="/metrics",
                handler=self.metrics,
                # Prometheus can be configured to send its own parameters.
                parameters=None,
                operation_id="metrics",
                tag="health",
                summary="Metrics for Prometheus",
                answer=None,
                responses={
                    200: {
                        "description": "Prometheus text format.",
                        "content": {"text/plain": {"schema": {"type": "string"}}},
                    }
                },
                problems=(401, 500),
            ),
        )

    async def live(self, _request: Request, _values: Values) -> Response:
        """The process answers; nothing else is checked."""
        return json_answer({"status": "ok"}, headers=_HEADERS)

    async def ready(self, request: Request, _values: Values) -> Response:
        """Check the index, Redis and the workers."""
        return self._shown(request, self._checks())

    def _shown(self, request: Request, checks: dict[str, str]) -> Response:
        if not shows_details(request.scope):
            # The sentences name the addresses of Redis and the search engine, and the models of the workers.
            checks = {name: check if check in {"ok", _NO_INDEX} else _UNTOLD for name, check in checks.items()}
        return _readiness(checks)

    def _index_problem(self) -> str | None:
        """What is wrong although an index is served."""
        watch = self._services.watch
        return self._services.engine.problem or (None if watch is None else watch.problem)

    def _items_check(self) -> str:
        return self._services.engine.problem or (_NO_INDEX if self._services.served.opened is None else "ok")

    async def items_ready(self, request: Request, _values: Values) -> Response:
        """Check the index."""
        return self._shown(request, {"index": self._items_check()})

    async def metrics(self, _request: Request, _values: Values) -> Response:
        """Metrics of this process."""
        self._describe_redis()
        self._services.metrics.describe_readiness(items=self._items_check() == "ok", photos=_is_ready(self._checks()))
        index = self._services.served.opened
        body = self._services.metrics.render(
            pending_jobs=self._services.embedders.pending_jobs(),
            embedding_jobs=self._services.jobs.active,
            compiled=not SEARCHES.slow,
            remembered_bytes=0 if index is None else index.answers.used_bytes,
        )
        return Response(body, headers={"Content-Type": METRICS_MEDIA_TYPE, **_HEADERS})

    def _describe_redis(self) -> None:
        index, settings = self._services.served.opened, self._services.settings
        if index is None:
            return
        memory = index.embedder.health().memory
        limit = job_limit_bytes(
            memory.max_bytes, share=settings.job_memory_share, without_maximum=settings.job_memory_bytes
        )
        photo_limit = memory.photo_limit_bytes or math.inf
        self._services.metrics.describe_redis("photos", used_bytes=memory.photo_bytes, limit_bytes=photo_limit)
        self._services.metrics.describe_redis("jobs", used_bytes=memory.job_bytes, limit_bytes=limit)

    def _checks(self) -> dict[str, str]:
        index = self._services.served.opened
        if index is None:
            checks = dict.fromkeys(("index", "redis", "worker"), _NO_INDEX)
            return checks | {"index": self._items_check()} | self._catalogue_check()
        health = index.embedder.health()
        checks = {
            "index": self._index_problem() or "ok",
            "redis": "ok" if health.redis else health.redis_detail,
            "worker": "ok" if health.worker else health.worker_detail,
        }
        return checks | self._catalogue_check()

    def _catalogue_check(self) -> dict[str, str]:
        live = self._services.live
        return {} if live is None else {_CATALOGUE: live.following.problem or "ok"}


def _is_ready(checks: dict[str, str]) -> bool:
    # Searches need no database, so a process whose database is away must go on getting them.
    return all(check == "ok" for name, check in checks.items() if name != _CATALOGUE)


def _readiness(checks: dict[str, str]) -> Response:
    ready = _is_ready(checks)
    return json_answer(
        {"status": "ready" if ready else "unready", "checks": checks},
        status=200 if ready else 503,
        headers=_HEADERS if ready else _UNREADY_HEADERS,
    )
