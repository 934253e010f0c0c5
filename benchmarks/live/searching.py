"""Clients that search by item, in a process of their own, so that they do not compete with the one that writes."""

import http.client
import threading
import time
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from contracts.errors import LaunchError

_TIMEOUT_S = 30.0


def search_latencies_ms(
    address: str, item_ids: Sequence[str], *, clients: int, per_s: float | None, seconds: float
) -> list[float]:
    """Ask for the look-alikes of items over one persistent connection for each client until the time is over.

    Args:
        address: of the API.
        item_ids: asked for in this order, each client from another place on.
        clients: number of clients.
        per_s: searches a second of all clients; None: each asks again as soon as it has its answer.
        seconds: how long.

    Returns:
        The time of each answer, milliseconds. With `per_s` it counts from when the search was due, so that a pause of
        the server counts for all searches that it delays.

    Raises:
        LaunchError: an answer has another status than 200.
    """
    latencies: list[list[float]] = [[] for _ in range(clients)]
    problems: list[str] = []
    started = time.perf_counter()

    def run(number: int) -> None:
        target = urlsplit(address)
        connection = http.client.HTTPConnection(target.hostname or "127.0.0.1", target.port, timeout=_TIMEOUT_S)
        at, asked = number * len(item_ids) // clients, 0
        while (now := time.perf_counter()) - started < seconds and not problems:
            due = now
            if per_s is not None:
                due = started + (asked * clients + number) / per_s
                if due > now:
                    time.sleep(due - now)
            connection.request("GET", f"/items/{quote(item_ids[at % len(item_ids)])}/similar")
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                problems.append(f"a search got {answer.status}: {content[:300]!r}")
            latencies[number].append((time.perf_counter() - due) * 1000.0)
            at, asked = at + 1, asked + 1
        connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise LaunchError(problems[0])
    return [latency for found in latencies for latency in found]
