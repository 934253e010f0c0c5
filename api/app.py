"""Assembles the application from its parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware import Middleware

from api.embedding.connections import connect_async
from api.embedding.embedder import Embedder
from api.embedding.embedders import Embedders
from api.http.access import key_layers, pages_layer
from api.http.addresses import Addresses
from api.http.body_budget import BodyBudget
from api.http.cache_rules import CacheRules
from api.http.compression import Compression
from api.http.edge import Edge
from api.http.errors import LastResort, add_error_handlers
from api.http.hosts import HostRule, Hosts
from api.http.routing import DirectRoute
from api.http.traced import Traced
from api.http.upload_checks import UploadChecks
from api.items.asking import Asking
from api.items.engine_calls import EngineCalls
from api.items.engine_watch import EngineWatch
from api.items.index_watch import IndexWatch, Promotions
from api.items.open_index import open_index
from api.items.repeated_questions import RepeatedQuestions
from api.items.served_index import ServedIndex
from api.items.thumbnail_metrics import ThumbnailMetrics
from api.items.thumbnails import Thumbnails, thumbnail_threads
from api.jobs.runner import JobRunner
from api.jobs.turns import PhotoTraffic
from api.live.embedding import PutEmbedder
from api.live.following import Following
from api.live.import_queue import ImportQueue
from api.live.live import Live
from api.live.overview import Overview
from api.live.spooling import Spool
from api.live.writing import Writing
from api.metrics import Metrics
from api.openapi.document import TITLE, ApiDocument
from api.rate_limit_setting import read_rate_limit
from api.routes.changes import ChangeRoutes
from api.routes.documentation import DocumentationRoutes
from api.routes.health import MONITORED_PATHS, HealthRoutes
from api.routes.imports import ImportRoutes
from api.routes.items import ItemRoutes
from api.routes.jobs import JobRoutes
from api.routes.page import PageRoutes
from api.routes.registration import RouteGroup, add_routes
from api.routes.services import Services
from api.routes.similar import SimilarRoutes
from api.routes.switched_off import SwitchedOffRoutes
from api.routes.widget import WidgetRoutes
from api.settings import ApiSettings
from catalogue.live_catalogue import LiveCatalogue
from fetching.fetcher_process import FetcherProcess
from fetching.rules import UrlRules
from index.base_part import BasePart
from index.base_version import BaseVersion, in_memory
from index.bundle import Bundle
from storage.bounded_folder import BoundedFolder
from storage.picture_store import PictureStore

if TYPE_CHECKING:
    from api.http.request_counts import RequestCounts


def create_app(
    settings: ApiSettings,
    bundle: Bundle | BaseVersion[BasePart] | None,
    embedder: Embedder | None,
    promotions: Promotions | None = None,
    hosts: HostRule | None = None,
    metrics: Metrics | None = None,
    catalogue: LiveCatalogue | None = None,
    store: PictureStore | None = None,
    spool: Path | None = None,
    fetcher: FetcherProcess | None = None,
    thumbnails: Path | None = None,
) -> FastAPI:
    """An application that answers from a bundle.

    Args:
        settings: of the process.
        bundle: the open index, in memory or held by a search engine; if None, routes that need one answer 503
            `index_unavailable`.
        embedder: turns photos into embeddings of the bundle's model; started and stopped by the
            application. Not used without a bundle.
        promotions: where to look for a newer bundle while serving, or None to keep the first.
        hosts: which names requests may give as their Host; None: any.
        metrics: of the process; None makes new ones.
        catalogue: the database of the live catalogue, which the application closes; None: items cannot be changed.
        store: of the pictures of changed items; None: there are none.
        spool: folder for the feeds that requests send.
        fetcher: fetches pictures from addresses; None makes one.
        thumbnails: folder of pictures that were made smaller; None keeps none.

    Raises:
        ValueError: there is a bundle, but no embedder; or a catalogue, but no picture store or spool.
    """
    metrics = metrics or Metrics()
    metrics.describe_limits(pending_jobs=settings.max_pending, catalogue_changes=settings.max_changes)
    embedders = Embedders(_none_other if promotions is None else promotions.make_embedder)
    served = ServedIndex()
    if bundle is not None:
        if embedder is None:
            raise ValueError("a bundle needs the embedder of its model")
        embedders.add(bundle.model.version, embedder)
        base = in_memory(bundle) if isinstance(bundle, Bundle) else bundle
        served.opened = open_index(base, settings, embedder, store=store)
        metrics.describe_index(base.version, base.model.version, served.opened.items)
    addresses = Addresses(
        UrlRules(settings.image_url_hosts, settings.image_url_http),
        most_bytes=settings.max_upload_bytes,
        fetcher=fetcher,
    )
    rules = CacheRules.of(settings.cache_control, by_key=bool(settings.api_keys))
    photos = PhotoTraffic()
    engine_calls = EngineCalls(metrics, timeout_s=settings.search_timeout_s)
    asking = Asking(engine_calls)
    jobs = JobRunner(settings, photos, asking)
    live = None if catalogue is None else _live(catalogue, served, store, spool, jobs, settings, metrics, promotions)
    watch = None
    if promotions is not None:
        watch = IndexWatch(
            served,
            promotions,
            settings=settings,
            embedders=embedders,
            metrics=metrics,
            store=store,
            take_over=None if live is None else live.following.take_over,
        )
    engine_watch = _engine_watch(served, promotions, engine_calls, settings, metrics)
    services = Services(
        settings=settings,
        served=served,
        embedders=embedders,
        jobs=jobs,
        photos=photos,
        metrics=metrics,
        asking=asking,
        engine=engine_calls,
        watch=watch,
        live=live,
        bodies=BodyBudget(settings.body_budget_bytes),
        checks=UploadChecks(),
        thumbnails=_thumbnails(settings, thumbnails, metrics),
        addresses=addresses,
        rules=rules,
    )

    counts = _counts(settings, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await embedders.start()
        await services.jobs.start()
        if live is not None:
            await live.following.start()
        if watch is not None:
            watch.start()
        if engine_watch is not None:
            engine_watch.start()
        try:
            yield
        finally:
            if engine_watch is not None:
                await engine_watch.stop()
            if watch is not None:
                await watch.stop()
            if live is not None:
                await live.writing.stop()
                await live.following.stop()
            await addresses.close()
            await services.jobs.stop()
            engine_calls.stop()
            await embedders.stop()
            if counts is not None:
                await counts.close()
            if catalogue is not None:
                await asyncio.to_thread(catalogue.close)

    app = FastAPI(
        title=TITLE,
        lifespan=lifespan,
        middleware=_layers(
            settings, served, rules, metrics, hosts or HostRule(everything=True), counts, writes=live is not None
        ),
        redirect_slashes=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.router.route_class = DirectRoute
    add_error_handlers(app)
    # Searches come first: they are the most frequent requests, and routes are tried in order.
    groups: list[RouteGroup] = [
        SimilarRoutes(services),
        ItemRoutes(services),
        JobRoutes(services),
        HealthRoutes(services),
    ]
    if live is not None:
        groups += [ChangeRoutes(services, live), ImportRoutes(services, live)]
    add_routes(app.router, [route for group in groups for route in group.routes()])
    if live is None:
        SwitchedOffRoutes().add_to(app.router)
    PageRoutes(services).add_to(app.router)
    WidgetRoutes().add_to(app.router)
    document = ApiDocument(app, settings)
    app.openapi = lambda: document.about(served.opened)  # type: ignore[method-assign]
    DocumentationRoutes(services, document).add_to(app.router)
    return app


def _none_other(model_version: str) -> Embedder:
    raise ValueError(f"this application keeps its first index, so it needs no embedder of model {model_version}")


def _engine_watch(
    served: ServedIndex, promotions: Promotions | None, calls: EngineCalls, settings: ApiSettings, metrics: Metrics
) -> EngineWatch | None:
    """What looks whether the search engine answers; None if the items are in memory."""
    engine = None if promotions is None else promotions.engine
    if engine is None and (served.opened is None or not served.opened.searcher.remote):
        return None
    # The engine gives up by itself; this is for one that does not.
    return EngineWatch(engine, served, calls, metrics, patience_s=2 * settings.search_timeout_s)


def _counts(settings: ApiSettings, metrics: Metrics) -> "RequestCounts | None":
    """What counts requests for the rate limit; None if there is no limit."""
    if settings.rate_limit is None:
        return None
    # Only a service with a limit pays for this import.
    from api.http.request_counts import RequestCounts

    return RequestCounts(connect_async(settings.redis_url), read_rate_limit(settings.rate_limit), metrics)


def _thumbnails(settings: ApiSettings, folder: Path | None, metrics: Metrics) -> Thumbnails:
    kept = None
    if folder is not None and settings.thumbnail_bytes:
        kept = BoundedFolder(folder, settings.thumbnail_bytes)
    counts = ThumbnailMetrics(metrics.registry)
    memory_bytes = settings.thumbnail_memory_bytes
    return Thumbnails(kept, memory_bytes=memory_bytes, threads=thumbnail_threads(), metrics=counts)


def _live(
    catalogue: LiveCatalogue,
    served: ServedIndex,
    store: PictureStore | None,
    spool: Path | None,
    jobs: JobRunner,
    settings: ApiSettings,
    metrics: Metrics,
    promotions: Promotions | None,
) -> Live:
    if store is None or spool is None:
        raise ValueError("a live catalogue needs a store for its pictures, and a folder for feeds")
    following = Following(catalogue, served, metrics)
    writing = Writing(catalogue, following, served, store, metrics, max_changes=settings.max_changes)
    return Live(
        following,
        writing,
        PutEmbedder(jobs, timeout_s=settings.request_timeout_s),
        ImportQueue(catalogue),
        Spool(spool, most_bytes=settings.max_import_bytes, idle_s=settings.body_idle_s),
        Overview(served, following, None if promotions is None else promotions.bundles),
    )


def _layers(
    settings: ApiSettings,
    served: ServedIndex,
    rules: CacheRules,
    metrics: Metrics,
    hosts: HostRule,
    counts: "RequestCounts | None",
    *,
    writes: bool,
) -> list[Middleware]:
    """The middleware around the routes, outermost first."""
    layers = [
        Middleware(Edge, metrics=metrics, root_path=settings.root_path, access_log=settings.access_log),
        Middleware(Hosts, rule=hosts),
    ]
    if settings.tracing:
        layers.insert(0, Middleware(Traced, root_path=settings.root_path, untraced=MONITORED_PATHS))
    layers += pages_layer(settings, writes=writes)
    layers.append(Middleware(LastResort))
    layers += key_layers(settings, metrics, counts)
    if settings.answer_cache_bytes:
        layers.append(Middleware(RepeatedQuestions, served=served, rules=rules, metrics=metrics))
    layers.append(Middleware(Compression))
    return layers
