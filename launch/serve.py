"""`lookalike serve`: API, worker, an importer if there is a database, and an embedded Redis unless REDIS_URL is set."""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from contracts.network_address import host_and_port
from contracts.settings_names import FILE_SUFFIX, REDIS_URL
from index.bundle_manifest import read_manifest
from index.current_version import CURRENT, current_version
from launch.embedded_redis import EmbeddedRedis
from launch.live_catalogue import has_database, make_database
from launch.ports import check_port_is_free
from launch.processes import Child, Supervisor
from launch.settings import check_settings, for_importer, without_keys
from launch.supervision import say
from model.shipped_networks import SHIPPED
from storage.run_file import announced

_START_TIMEOUT_S = 120.0


def serve_all(
    bundles: Path,
    *,
    host: str,
    port: int,
    open_to_all: bool,
    worker_options: list[str],
    on_ready: Callable[[str], None],
    build_first: Callable[[], None] | None = None,
) -> int:
    """Run API, worker and, where there is a database, an importer as child processes until a signal requests a stop.

    One of them that ends, and the embedded Redis, are started again. Items are served even while photos cannot be.

    Args:
        bundles: folder of index bundles.
        host: address that the API listens on.
        port: that it listens on.
        open_to_all: serve without keys, although others than this machine can reach the address.
        worker_options: `--checkpoint`, `--device` and `--engine` as given, for the worker.
        on_ready: called once with the address when photos can be searched.
        build_first: makes a bundle current if none is yet. Called while the worker starts, which therefore needs its
            `--checkpoint`.

    Raises:
        BundleError: there is no bundle to serve, and no database that one could be made from.
        DatabaseError: the database can never be used.
        LaunchError: a setting is invalid, others could reach the API without a key, the port is taken, there is no
            Redis, or a process ended by itself before the service was ready.
    """
    check_settings(host, port, open_to_all=open_to_all)
    empty = build_first is None and has_database(os.environ) and not (bundles / CURRENT).exists()
    if empty:
        bundles.mkdir(parents=True, exist_ok=True)
        if "--checkpoint" not in worker_options:
            worker_options = [*worker_options, "--checkpoint", SHIPPED]
    elif build_first is None:
        read_manifest(bundles / current_version(bundles))
    check_port_is_free(host, port)
    if has_database(os.environ):
        make_database(os.environ)
    with ExitStack() as stack:
        environment = dict(os.environ)
        server = None
        if REDIS_URL not in environment and f"{REDIS_URL}{FILE_SUFFIX}" not in environment:
            server = stack.enter_context(EmbeddedRedis())
            environment[REDIS_URL] = server.url
            stack.enter_context(announced(bundles, server.url))
        # Entered after Redis, so that the children are stopped before it.
        children = stack.enter_context(Supervisor())
        if server is not None:
            children.watch("embedded Redis", server.poll, server.start_again)
        me = [sys.executable, "-m", "lookalike", "serve", str(bundles)]
        children.start(
            Child("worker", [*me, "--only", "worker", *worker_options], without_keys(environment), restart=True)
        )
        if build_first is not None:
            build_first()
        if has_database(environment):
            importer = [*me, "--only", "importer", *worker_options]
            children.start(Child("importer", importer, for_importer(environment), restart=True))
        api = [*me, "--only", "api", "--host", host, "--port", str(port), *(["--open"] if open_to_all else [])]
        children.start(Child("API", api, environment, restart=True))
        address = f"http://{host_and_port(_reachable(host), port)}"
        if _wait_until_answering(children, address) if empty else _wait_until_ready(children, address):
            on_ready(address)
            children.run()
    return 0


def _wait_until_answering(children: Supervisor, address: str) -> bool:
    """Wait for an API that has no index yet; False if a signal requests a stop first.

    Raises:
        LaunchError: it does not answer in time, or a process ended by itself.
    """
    say("there are no items yet; `lookalike import` or POST /imports brings some, and then the index is made")
    return children.wait_until(
        lambda: _answers(f"{address}/livez"), timeout_s=_START_TIMEOUT_S, what="the API did not answer"
    )


def _wait_until_ready(children: Supervisor, address: str) -> bool:
    """Wait until photos can be searched, however long that takes; False if a signal requests a stop first.

    Raises:
        LaunchError: not even items can be looked up in time, or a process ended by itself.
    """
    late_at = time.monotonic() + _START_TIMEOUT_S

    def is_ready() -> bool:
        return _answers(f"{address}/readyz")

    if not children.wait_until(
        lambda: _answers(f"{address}/readyz/items"), timeout_s=_START_TIMEOUT_S, what="the API was not ready"
    ):
        return False
    if not children.wait_until(
        lambda: is_ready() or time.monotonic() > late_at, timeout_s=2 * _START_TIMEOUT_S, what="the API did not answer"
    ):
        return False
    if is_ready():
        return True
    say(f"photos cannot be searched yet, items can; {address}/readyz says why, and so do the messages above")
    return children.run(until=is_ready)


def _reachable(host: str) -> str:
    """A host by which this machine reaches what listens on it."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not listened on
        return "localhost"
    return host


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
