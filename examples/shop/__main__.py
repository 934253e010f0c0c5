"""Serves the example shop until Ctrl-C."""

import argparse
import signal
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit

from examples.shop.demo import KEY, DemoError, answers, running_demo
from examples.shop.products import Products
from examples.shop.server import ShopServer


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.shop",
        description="Serve an example shop with Lookalike's widget. In: an API, or --demo, which starts one with the "
        "sample catalogue. Out: a shop at http://localhost:8100 until Ctrl-C.",
    )
    parser.add_argument("--port", type=int, default=8100, metavar="N", help="of the shop (8100)")
    parser.add_argument("--api", default="http://localhost:8000", metavar="URL", help="(http://localhost:8000)")
    parser.add_argument(
        "--key", default=KEY, help="publishable key of the API, bound to the shop's origin; empty if it needs none"
    )
    parser.add_argument("--demo", action="store_true", help="start `lookalike demo` at the port of --api as well")
    options = parser.parse_args()
    api = options.api.rstrip("/")
    parts = urlsplit(api)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        parser.error(f"--api {options.api!r} is not an address; give one such as http://localhost:8000")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        try:
            # The port is taken before the demo is started, which takes a while.
            server = stack.enter_context(ShopServer("127.0.0.1", options.port, Products(api, options.key)))
            if options.demo:
                stack.enter_context(running_demo(parts.port or 80, server.server_port))
        except OSError as error:
            print(
                f"shop: port {options.port} cannot be used ({error.strerror}); choose another with --port",
                file=sys.stderr,
            )
            return 1
        except DemoError as error:
            print(f"shop: {error}", file=sys.stderr)
            return 1
        if not answers(api):
            print(f"shop: {api} does not answer yet; start `lookalike demo` or `serve`, or add --demo", file=sys.stderr)
        with_key = f"; its pages use the publishable key {options.key}" if options.key else ""
        print(f"The shop is at http://localhost:{server.server_port}/ (Ctrl-C stops it){with_key}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
