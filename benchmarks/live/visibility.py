"""How long a change takes to show in the other API processes."""

import http.client
import json
import threading
import time
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from benchmarks.live.changing import ChangingClient
from contracts.errors import LaunchError

_ASK_EVERY_S = 0.005
_TIMEOUT_S = 30.0


def visible_after_ms(
    address: str, others: Sequence[str], item_ids: Sequence[str], attribute: str, *, changes: int
) -> list[float]:
    """Change items in one process, one after the other, and ask the others until each shows the change.

    Args:
        address: of the API process that is asked for the changes.
        others: addresses of the other ones.
        item_ids: of items to change.
        attribute: the one that is changed.
        changes: number of changes.

    Returns:
        From the answer to a change until another process shows it, milliseconds: one for each change and process.

    Raises:
        LaunchError: a change was refused, or is not visible after 30 seconds.
    """
    client = ChangingClient(address, attribute)
    delays: list[float] = []
    problems: list[str] = []

    def watch(other: str, item_id: str, value: str, answered: float) -> None:
        target = urlsplit(other)
        connection = http.client.HTTPConnection(target.hostname or "127.0.0.1", target.port, timeout=_TIMEOUT_S)
        while time.perf_counter() - answered < _TIMEOUT_S:
            connection.request("GET", f"/items/{quote(item_id)}")
            shown = json.loads(connection.getresponse().read())["attributes"].get(attribute)
            if shown == value:
                delays.append((time.perf_counter() - answered) * 1000.0)
                connection.close()
                return
            time.sleep(_ASK_EVERY_S)
        problems.append(f"{other} does not show a change of {item_id} after {_TIMEOUT_S:.0f} s")

    for number in range(changes):
        item_id, value = item_ids[number % len(item_ids)], f"seen {number}"
        if client.change(item_id, value) is None:
            raise LaunchError("too many changes wait for the next index; does the importer run?")
        answered = time.perf_counter()
        threads = [threading.Thread(target=watch, args=(other, item_id, value, answered)) for other in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if problems:
            raise LaunchError(problems[0])
    client.close()
    return delays
