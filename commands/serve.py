"""`lookalike serve`."""

import argparse

from commands.options import Verbs, add_bundles, add_device


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "serve",
        help="answer over HTTP",
        description="Serve the current bundle: API, worker and, where REDIS_URL is not set, an embedded Redis. "
        "With --only one of them, as in production, where REDIS_URL says where they meet. Ready in some seconds. "
        "A bundle that is promoted meanwhile is taken over without a restart; one of another model needs a worker of "
        "its own for photos, so start that before.",
    )
    add_bundles(verb)
    verb.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1; 0.0.0.0 for all)")
    verb.add_argument("--port", type=int, default=8000, help="(8000)")
    verb.add_argument("--only", choices=("api", "worker"))
    verb.add_argument(
        "--version", help="with --only worker: run the network of this bundle, before it is promoted (the current one)"
    )
    verb.add_argument("--checkpoint", metavar="DIR", help="where the network lies here, if not where the bundle says")
    add_device(verb)
    verb.set_defaults(run=_serve, refuse=verb.error)


def _serve(options: argparse.Namespace) -> int:
    if options.version is not None and options.only != "worker":
        options.refuse("--version goes with --only worker; the API serves what `lookalike index promote` makes current")
    if options.only == "api":
        from api.serving import run_api
        from api.settings import read_settings

        return run_api(read_settings(), options.bundles, options.host, options.port)
    if options.only == "worker":
        from launch.worker import serve_worker

        return serve_worker(
            options.bundles, version=options.version, checkpoint=options.checkpoint, device=options.device
        )
    from launch.serve import serve_all

    worker_options = ["--device", options.device]
    if options.checkpoint:
        worker_options += ["--checkpoint", options.checkpoint]
    return serve_all(
        options.bundles,
        host=options.host,
        port=options.port,
        worker_options=worker_options,
        on_ready=lambda address: print(f"Lookalike is ready: {address}/  (Ctrl-C stops it)", flush=True),
    )
