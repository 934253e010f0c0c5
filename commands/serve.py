"""`lookalike serve`."""

import argparse
import gc
import logging
import os
import sys

from commands.options import (
    Verbs,
    add_address,
    add_bundles,
    add_database,
    add_device,
    add_engine,
    warn_of_password,
)
from contracts.errors import LookalikeError
from contracts.json_lines import JsonLinesFormatter
from contracts.log_format import log_format_of
from contracts.settings_names import DATABASE_URL, FILE_SUFFIX


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "serve",
        help="answer over HTTP",
        description="Serve the current bundle: API, worker and, if REDIS_URL is not set, an embedded Redis; with a "
        "database also an importer, and items can be changed over HTTP. "
        "In production, --only starts one of them, and REDIS_URL names the Redis that they share. Ready within "
        "seconds. A bundle that is promoted meanwhile is served without a restart. If it is of another model, photos "
        "need a worker of that model: start it first.",
    )
    add_bundles(verb)
    add_address(verb)
    verb.add_argument("--only", choices=("api", "worker", "importer"), help="start this process alone")
    add_database(verb)
    verb.add_argument(
        "--version",
        help="with --only worker: run the network of this bundle, even if not promoted yet (the current one)",
    )
    verb.add_argument(
        "--checkpoint", metavar="DIR", help="folder of the network on this machine (where the bundle says)"
    )
    add_device(verb)
    add_engine(verb)
    verb.set_defaults(run=_serve, refuse=verb.error)


def _serve(options: argparse.Namespace) -> int:
    try:
        return _serve_what_is_asked(options)
    except LookalikeError as error:
        if log_format_of(os.environ) == "text":
            raise
        # Whoever reads JSON reads the reason why a process ended too.
        record = logging.LogRecord("lookalike", logging.ERROR, __file__, 0, str(error), None, None)
        print(JsonLinesFormatter(options.only or "serve").format(record), file=sys.stderr)
        return 1


def _serve_what_is_asked(options: argparse.Namespace) -> int:
    if options.version is not None and options.only != "worker":
        options.refuse("--version goes with --only worker; the API serves what `lookalike index promote` makes current")
    if options.database:
        warn_of_password(options.database, DATABASE_URL)
        # As if the environment said so: the processes that are started inherit it.
        os.environ.pop(f"{DATABASE_URL}{FILE_SUFFIX}", None)
        os.environ[DATABASE_URL] = options.database
    if options.only == "api":
        # Until `run_api` enables it again: what is imported stays, so looking for garbage takes a fifth of the start.
        gc.disable()
        from api.serving import run_api
        from api.settings import read_settings

        settings = read_settings()
        if options.open:
            settings = settings.model_copy(update={"open": True})
        return run_api(settings, options.bundles, options.host, options.port)
    if options.only == "importer":
        from importer.app import run
        from importer.settings import read_settings as read_importer_settings

        importing = read_importer_settings()
        if options.engine:
            importing = importing.model_copy(update={"engine": options.engine})
        return run(options.bundles, importing, device=options.device, checkpoint=options.checkpoint)
    if options.only == "worker":
        from launch.worker import serve_worker

        return serve_worker(
            options.bundles,
            version=options.version,
            checkpoint=options.checkpoint,
            device=options.device,
            engine=options.engine,
        )
    from launch.serve import serve_all
    from launch.supervision import announce

    worker_options = ["--device", options.device, *(["--engine", options.engine] if options.engine else [])]
    if options.checkpoint:
        worker_options += ["--checkpoint", options.checkpoint]
    return serve_all(
        options.bundles,
        host=options.host,
        port=options.port,
        open_to_all=options.open,
        worker_options=worker_options,
        on_ready=announce,
    )
