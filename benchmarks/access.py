"""What keys and rate limits cost each request.

`python -m benchmarks.access BUNDLES` runs the API with different settings side by side, and wrk on one after the other.
"""

import argparse
import os
import statistics
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.machine_code import wait_for_machine_code
from benchmarks.served import HOST, SERVE, free_port, process, wait_for
from benchmarks.wrk import requests_per_s
from index.bundle import open_current
from launch.embedded_redis import EmbeddedRedis

_KEY: Final = "a-key-of-the-shops-server"
_PUBLISHABLE: Final = "pk-of-the-shops-own-pages"
_KEYS: Final = {
    "LOOKALIKE_API_KEYS": _KEY,
    "LOOKALIKE_PUBLISHABLE_KEYS": f"{_PUBLISHABLE}@https://shop.example",
}
# Name -> settings and the key that is sent. No limit is reached.
_CASES: Final = {
    "no keys": ({}, ""),
    "a secret key": (_KEYS, _KEY),
    "a publishable key": (_KEYS, _PUBLISHABLE),
    "a secret key, a limit": ({**_KEYS, "LOOKALIKE_RATE_LIMIT": "9999999/minute"}, _KEY),
    "a secret key, two limits": ({**_KEYS, "LOOKALIKE_RATE_LIMIT": "9999999/second;9999999/minute"}, _KEY),
}
_AGAIN: Final = 200


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    bundle = open_current(options.bundles)
    ids = [bundle.items.id(int(row)) for row in np.random.default_rng(0).permutation(len(bundle.items))]
    # Requests/s: answers from memory with one and with 16 connections, then first answers.
    rates: dict[str, list[list[float]]] = {name: [[], [], []] for name in _CASES}
    with ExitStack() as stack:
        redis = stack.enter_context(EmbeddedRedis())
        addresses = {}
        for name, (settings, key) in _CASES.items():
            port = free_port()
            environment = {**os.environ, **settings, "REDIS_URL": redis.url}
            command = [*SERVE, str(options.bundles), "--only", "api", "--port", str(port)]
            stack.enter_context(process(command, environment))
            addresses[name] = f"http://{HOST}:{port}", key
        for address, key in addresses.values():
            wait_for(f"{address}/readyz/items")
            wait_for_machine_code(address, {"X-API-Key": _KEY} if key else None)
        for number in range(options.rounds):
            for name, (address, key) in addresses.items():
                first = number * len(ids) // options.rounds
                one, many, fresh = rates[name]
                for to, asked, connections in ((one, ids[:_AGAIN], 1), (many, ids[:_AGAIN], 16), (fresh, ids, 16)):
                    to.append(requests_per_s(address, asked, seconds=1, first=first, connections=connections, key=key))
    print("| | again, one client | again, 16 clients | for the first time, 16 clients |")
    print("|---|---|---|---|")
    for name, runs in rates.items():
        one, many, fresh = map(statistics.median, runs)
        print(f"| {name} | {1000 / one:.3f} ms, {one:,.0f}/s | {many:,.0f}/s | {fresh:,.0f}/s |")


if __name__ == "__main__":
    main()
