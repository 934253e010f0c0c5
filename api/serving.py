"""One API process: opens the index, serves it, and shuts down cleanly."""

import asyncio
import ctypes
import gc
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn
from threadpoolctl import threadpool_limits

from api.app import create_app
from api.embedding.admission import AdmissionLimits
from api.embedding.client import EmbeddingClient
from api.embedding.remembered_photos import RememberLimits
from api.http.access import shared_secret
from api.http.connection import ConnectionLimits, limited_connection
from api.http.hosts import host_rule
from api.http.listening import BACKLOG, check_reach, is_loopback, listen
from api.http.places import Places
from api.items.index_watch import Promotions
from api.metrics import Metrics
from api.routes.health import HEALTH_PATHS
from api.settings import ApiSettings
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import BundleError, SearchUnavailableError
from contracts.json_lines import log_what_nobody_catches
from contracts.log_format import LogFormat, log_formatter
from contracts.network_address import host_and_port
from engines.engine import Engine
from engines.held_version import open_served
from index.base_part import BasePart
from index.base_version import BaseVersion
from index.current_version import CURRENT, current_version
from index.search_code import SEARCHES
from storage.import_spool import import_spool
from storage.picture_store import default_store, open_picture_store
from tracing.spans import trace_fields

_GRACEFUL_SHUTDOWN_S: Final = 15
_TURN_S = 0.0005
_KEEP_ALIVE_S: Final = 15
# From glibc's malloc.h.
_M_MMAP_THRESHOLD: Final = -3
_LARGE_BUFFER_BYTES: Final = 128 * 1024

_log = logging.getLogger("lookalike.api")


def run_api(settings: ApiSettings, bundles: Path, host: str, port: int) -> int:
    """Serve the current bundle until SIGINT, SIGTERM or SIGHUP; all output goes to stderr.

    When CURRENT names another bundle, the process switches to it without a pause. If the folder has
    no CURRENT yet, it serves the first bundle that is promoted.

    Args:
        settings: of the process.
        bundles: folder of index bundles.
        host: address to listen on.
        port: to listen on; 0 takes any free one.

    Returns:
        Exit code.

    Raises:
        BundleError: there is no such folder, or its current bundle is damaged.
        EngineError: the search engine lacks the current version, or is set up in a way that cannot work.
        LaunchError: the process cannot listen on the address, or others could reach it without a key.
    """
    _log_to_stderr(settings.log_format)
    check_reach(settings, host, port)
    # A search is too short to be split: BLAS threads would only wait for each other, and other requests
    # for all of them.
    threadpool_limits(1, user_api="blas")
    _give_freed_bodies_back()
    if settings.database_url is not None:
        # A change is written and applied in threads. With Python's default of 5 ms they would wait for the searches of
        # the event loop as often as they ask the database, and these for them.
        sys.setswitchinterval(_TURN_S)
    # The port comes first: opening the index may take a second, and is in vain if the port is taken.
    listener = listen(host, port)
    with listener, _traced(settings):
        SEARCHES.wait_for_nothing()
        engine = _engine(settings)
        base = _open_first(bundles, engine)
        metrics = Metrics()

        def make_embedder(model_version: str) -> EmbeddingClient:
            return EmbeddingClient(
                settings.redis_url,
                model_version=model_version,
                timeout_s=settings.request_timeout_s,
                limits=AdmissionLimits(max_pending_jobs=settings.max_pending),
                remember=_remember(settings),
                metrics=metrics,
            )

        embedder = None if base is None else make_embedder(base.model.version)
        hosts = host_rule(settings, host, port)
        app = create_app(
            settings,
            base,
            embedder,
            Promotions(bundles, make_embedder, engine),
            hosts,
            metrics,
            catalogue=_catalogue(settings),
            store=open_picture_store(settings.picture_store or default_store(bundles)),
            spool=import_spool(bundles, settings.picture_store),
            thumbnails=settings.thumbnails or bundles.absolute().parent / "thumbnails",
        )
        server = _Server(
            uvicorn.Config(
                app,
                http=_connection(settings),
                ws="none",
                loop="uvloop",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=_GRACEFUL_SHUTDOWN_S,
            )
        )
        # What is alive now stays alive, so the garbage collector need not scan the index again and again.
        gc.freeze()
        gc.enable()
        address = host_and_port(host, listener.getsockname()[1])
        _log.info("serving %s, at http://%s", _described(base), address)
        if not settings.api_keys and not is_loopback(host, port):
            _log.warning("no API key is set: whoever reaches %s may use the service", host)
        if settings.publishable_keys and settings.rate_limit is None:
            _log.warning("publishable keys are not limited: set LOOKALIKE_RATE_LIMIT, such as 120/minute")
        # Only the application may hold a reference: the memory must be freed when another index replaces this one.
        del base
        try:
            return _run(server, listener)
        finally:
            if engine is not None:
                engine.close()


@contextmanager
def _traced(settings: ApiSettings) -> Iterator[None]:
    if not settings.tracing:
        yield
        return
    from tracing.exporting import start_tracing

    stop = start_tracing("api")
    try:
        yield
    finally:
        stop()


def _catalogue(settings: ApiSettings) -> LiveCatalogue | None:
    """The database of the live catalogue; it need not be reachable yet."""
    if settings.database_url is None:
        return None
    return LiveCatalogue.open(settings.database_url.get_secret_value(), create=False)


def _remember(settings: ApiSettings) -> RememberLimits | None:
    if not settings.same_photo_s:
        return None
    return RememberLimits(settings.same_photo_s, settings.same_photo_bytes, shared_secret(settings, b"same photo"))


class _Server(uvicorn.Server):
    """Prepares the machine code of the search once it answers, for the first answer must not wait for that."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        await super().startup(sockets)
        SEARCHES.prepare()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        await super().shutdown(sockets)
        await asyncio.to_thread(SEARCHES.stop)


def _give_freed_bodies_back() -> None:
    """Have glibc give large buffers back to the system as soon as they are freed.

    By itself it stops doing so after the first large one, and bodies that grow side by side then leave gaps that take
    as much memory as the bodies.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE_BUFFER_BYTES)


def _connection(settings: ApiSettings) -> type[asyncio.Protocol]:
    paths = {path.encode() for path in HEALTH_PATHS}
    return limited_connection(
        ConnectionLimits(
            header_timeout_s=settings.header_timeout_s,
            write_timeout_s=settings.write_timeout_s,
            health_paths=frozenset(paths | {settings.root_path.encode() + path for path in paths}),
        ),
        Places(
            most=settings.max_connections,
            most_per_address=settings.max_connections_per_address,
            proxies=settings.proxy_addresses,
        ),
    )


def _engine(settings: ApiSettings) -> Engine | None:
    """The search engine that holds the items; it need not be reachable yet."""
    if settings.search_url is None:
        return None
    # Nobody else needs its client, nor waits for the import.
    from engines.opening import open_engine

    return open_engine(settings.search_url.get_secret_value(), timeout_s=settings.search_timeout_s)


def _open_first(bundles: Path, engine: Engine | None) -> BaseVersion[BasePart] | None:
    """The current version.

    Returns:
        None if the folder exists but nothing was ever promoted in it, or if the engine does not answer yet.
    """
    try:
        version = current_version(bundles)
    except BundleError:
        if bundles.is_dir() and not (bundles / CURRENT).exists():
            return None
        raise
    try:
        return open_served(bundles, version, engine)
    except SearchUnavailableError as error:
        _log.warning("%s; index %s is served as soon as it does", error, version)
        return None


def _described(base: BaseVersion[BasePart] | None) -> str:
    if base is None:
        return "no index until one can be opened"
    return f"index {base.version}, {len(base.part)} items, model {base.model.version}"


def _run(server: uvicorn.Server, listener: socket.socket) -> int:
    # When it is done, uvicorn raises the signal that stopped it again; being asked to stop is not a failure.
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    # A terminal that is closed asks to stop too, and uvicorn leaves that signal alone. `nohup` has it ignored.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        previous[signal.SIGHUP] = signal.signal(signal.SIGHUP, server.handle_exit)
    try:
        server.run(sockets=[listener])
    except SystemExit:
        # The application could not start; uvicorn has logged why.
        return 1
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0 if server.started else 1


def _log_to_stderr(log_format: LogFormat) -> None:
    handler = logging.StreamHandler(sys.stderr)
    text = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(log_formatter(log_format, "api", text, trace_fields))
    if log_format == "json":
        log_what_nobody_catches(_log)
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("lookalike").setLevel(logging.INFO)
    # Clients are told about their malformed bodies; the server's log need not mention them.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
