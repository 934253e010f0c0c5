"""Assembles the application from its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from api.embedding.embedder import Embedder
from api.embedding.embedders import Embedders
from api.http.api_keys import ApiKeys
from api.http.body_budget import BodyBudget
from api.http.cross_origin import CrossOrigin
from api.http.edge import Edge
from api.http.errors import LastResort, add_error_handlers
from api.http.hosts import HostRule, Hosts
from api.http.refusal_limit import RefusalLimit
from api.http.routing import DirectRoute
from api.http.traced import Traced
from api.http.upload_checks import UploadChecks
from api.items.asking import Asking
from api.items.index_watch import IndexWatch, Promotions
from api.items.open_index import open_index
from api.items.repeated_questions import RepeatedQuestions
from api.items.served_index import ServedIndex
from api.jobs.runner import JobRunner
from api.jobs.turns import PhotoTraffic
from api.metrics import Metrics
from api.openapi.document import TITLE, ApiDocument
from api.routes.documentation import DocumentationRoutes
from api.routes.health import MONITORED_PATHS, HealthRoutes
from api.routes.items import ItemRoutes
from api.routes.jobs import JobRoutes
from api.routes.page import PageRoutes
from api.routes.registration import add_routes
from api.routes.services import Services
from api.routes.similar import SimilarRoutes
from api.settings import ApiSettings
from index.bundle import Bundle


def create_app(
    settings: ApiSettings,
    bundle: Bundle | None,
    embedder: Embedder | None,
    promotions: Promotions | None = None,
    hosts: HostRule | None = None,
    metrics: Metrics | None = None,
) -> FastAPI:
    """An application that answers from a bundle.

    Args:
        settings: of the process.
        bundle: the open index; if None, routes that need one answer 503 `index_unavailable`.
        embedder: turns photos into embeddings of the bundle's model; started and stopped by the
            application. Not used without a bundle.
        promotions: where to look for a newer bundle while serving, or None to keep the first.
        hosts: which names requests may give as their Host; None: any.
        metrics: of the process; None makes new ones.

    Raises:
        ValueError: there is a bundle, but no embedder.
    """
    metrics = metrics or Metrics()
    embedders = Embedders(_none_other if promotions is None else promotions.make_embedder)
    served = ServedIndex()
    if bundle is not None:
        if embedder is None:
            raise ValueError("a bundle needs the embedder of its model")
        embedders.add(bundle.model.version, embedder)
        served.opened = open_index(bundle, settings, embedder)
        metrics.describe_index(bundle.version, bundle.model.version, len(bundle.items))
    watch = None
    if promotions is not None:
        watch = IndexWatch(served, promotions, settings=settings, embedders=embedders, metrics=metrics)
    photos = PhotoTraffic()
    services = Services(
        settings=settings,
        served=served,
        embedders=embedders,
        jobs=JobRunner(settings, photos),
        photos=photos,
        metrics=metrics,
        asking=Asking(),
        watch=watch,
        bodies=BodyBudget(settings.body_budget_bytes),
        checks=UploadChecks(),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await embedders.start()
        await services.jobs.start()
        if watch is not None:
            watch.start()
        try:
            yield
        finally:
            if watch is not None:
                await watch.stop()
            await services.jobs.stop()
            await embedders.stop()

    app = FastAPI(
        title=TITLE,
        lifespan=lifespan,
        middleware=_layers(settings, served, metrics, hosts or HostRule(everything=True)),
        redirect_slashes=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.router.route_class = DirectRoute
    add_error_handlers(app)
    # Searches come first: they are the most frequent requests, and routes are tried in order.
    groups = (SimilarRoutes(services), ItemRoutes(services), JobRoutes(services), HealthRoutes(services))
    add_routes(app.router, [route for group in groups for route in group.routes()])
    PageRoutes(services).add_to(app.router)
    document = ApiDocument(app, root_path=settings.root_path, needs_key=bool(settings.api_keys))
    app.openapi = lambda: document.about(served.opened)  # type: ignore[method-assign]
    DocumentationRoutes(services, document).add_to(app.router)
    return app


def _none_other(model_version: str) -> Embedder:
    raise ValueError(f"this application keeps its first index, so it needs no embedder of model {model_version}")


def _layers(settings: ApiSettings, served: ServedIndex, metrics: Metrics, hosts: HostRule) -> list[Middleware]:
    """The middleware around the routes, outermost first."""
    layers = [
        Middleware(Edge, metrics=metrics, root_path=settings.root_path, access_log=settings.access_log),
        Middleware(Hosts, rule=hosts),
    ]
    if settings.tracing:
        layers.insert(0, Middleware(Traced, root_path=settings.root_path, untraced=MONITORED_PATHS))
    if settings.cors_origins:
        layers.append(Middleware(CrossOrigin, origins=settings.cors_origins))
    layers.append(Middleware(LastResort))
    if settings.api_keys:
        keys = [key.get_secret_value() for key in settings.api_keys]
        limit = RefusalLimit(settings.unauthorized_per_minute)
        layers.append(Middleware(ApiKeys, keys=keys, limit=limit, metrics=metrics))
    if settings.answer_cache_bytes:
        layers.append(Middleware(RepeatedQuestions, served=served, metrics=metrics))
    return layers
