"""Whether the process lives, whether it can answer, and its figures."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.answers import json_answer
from api.http.parameters import ParameterSet
from api.metrics import METRICS_MEDIA_TYPE
from api.openapi.operations import operation, problems
from api.openapi.schemas import IndexReadiness, Liveness, Readiness
from api.services import Services

NONE = ParameterSet()
_NO_INDEX = "no index is open"
_HEADERS = {"Cache-Control": "no-store"}
_UNREADY_HEADERS = {**_HEADERS, "Retry-After": "2"}


class HealthRoutes:
    """Health for load balancers, figures for Prometheus."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def add_to(self, router: APIRouter) -> None:
        """Serve them."""
        router.add_api_route(
            "/livez",
            self.live,
            methods=["GET"],
            response_model=Liveness,
            tags=["health"],
            operation_id="livez",
            summary="Does the process answer?",
            responses=problems(400, 500),
            openapi_extra=operation(NONE),
        )
        router.add_api_route(
            "/readyz",
            self.ready,
            methods=["GET"],
            response_model=Readiness,
            tags=["health"],
            operation_id="readyz",
            summary="Can photos be answered?",
            description=("Ready when the index is open and a probe lately went through Redis and a worker and back."),
            responses={503: {"model": Readiness, "description": "Not ready."}, **problems(400, 500)},
            openapi_extra=operation(NONE),
        )
        router.add_api_route(
            "/readyz/items",
            self.items_ready,
            methods=["GET"],
            response_model=IndexReadiness,
            tags=["health"],
            operation_id="readyz_items",
            summary="Can items be answered?",
            description="The index alone; Redis and the workers may be away.",
            responses={503: {"model": IndexReadiness, "description": "Not ready."}, **problems(400, 500)},
            openapi_extra=operation(NONE),
        )
        router.add_api_route(
            "/metrics",
            self.metrics,
            methods=["GET"],
            response_class=Response,
            tags=["health"],
            operation_id="metrics",
            summary="Figures for Prometheus",
            responses={
                200: {
                    "description": "Prometheus text format.",
                    "content": {"text/plain": {"schema": {"type": "string"}}},
                },
                **problems(401, 500),
            },
            openapi_extra=operation(NONE),
        )

    async def live(self, request: Request) -> Response:
        """The process answers; nothing else is asked."""
        NONE.read(request.scope["query_string"])
        return json_answer({"status": "ok"}, headers=_HEADERS)

    async def ready(self, request: Request) -> Response:
        """Index, Redis and a worker are there."""
        NONE.read(request.scope["query_string"])
        index = self._services.opened
        if index is None:
            return _readiness(dict.fromkeys(("index", "redis", "worker"), _NO_INDEX))
        health = index.embedder.health()
        return _readiness(
            {
                "index": "ok",
                "redis": "ok" if health.redis else health.redis_detail,
                "worker": "ok" if health.worker else health.worker_detail,
            }
        )

    async def items_ready(self, request: Request) -> Response:
        """The index is there."""
        NONE.read(request.scope["query_string"])
        return _readiness({"index": _NO_INDEX if self._services.opened is None else "ok"})

    async def metrics(self, _: Request) -> Response:
        """Figures of this process."""
        # Prometheus may be told to send parameters, so they are let pass.
        body = self._services.metrics.render(
            pending_jobs=self._services.embedders.pending_jobs(),
            embedding_jobs=self._services.jobs.active,
        )
        return Response(body, headers={"Content-Type": METRICS_MEDIA_TYPE, **_HEADERS})


def _readiness(checks: dict[str, str]) -> Response:
    ready = all(check == "ok" for check in checks.values())
    return json_answer(
        {"status": "ready" if ready else "unready", "checks": checks},
        status=200 if ready else 503,
        headers=_HEADERS if ready else _UNREADY_HEADERS,
    )
