"""A client that changes items at a steady rate."""

import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from contracts.errors import LaunchError

_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Changed:
    """The changes of one run.

    Attributes:
        latencies_ms: of each answer, from sending the change.
        seconds: from the first change to the last answer.
        refused: changes that were answered with 429, because the next index was not ready yet.
    """

    latencies_ms: list[float]
    seconds: float
    refused: int


class ChangingClient:
    """Changes one attribute of an item over a persistent connection.

    Args:
        address: of the API.
        attribute: name of the one that is changed; a text column of the index, as a title is.
    """

    def __init__(self, address: str, attribute: str) -> None:
        self._attribute = attribute
        target = urlsplit(address)
        self._connection = http.client.HTTPConnection(target.hostname or "127.0.0.1", target.port, timeout=_TIMEOUT_S)

    def change(self, item_id: str, value: str) -> int | None:
        """Set the attribute; returns the sequence number of the change, or None if there are too many changes.

        Raises:
            LaunchError: the answer is another refusal.
        """
        body = json.dumps({self._attribute: value})
        headers = {"Content-Type": "application/merge-patch+json"}
        self._connection.request("PATCH", f"/items/{quote(item_id)}", body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status == 429:
            return None
        if answer.status != 200:
            raise LaunchError(f"a change got {answer.status}: {content[:300]!r}")
        return int(json.loads(content)["sequence"])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def change_items(
    address: str, item_ids: Sequence[str], attribute: str, *, per_s: float | None, seconds: float, stamp: str
) -> Changed:
    """Change item after item until the time is over.

    Args:
        address: of the API.
        item_ids: changed in this order, again from the beginning at the end.
        attribute: the one that is changed.
        per_s: changes a second; None: each as soon as the one before is answered.
        seconds: how long.
        stamp: begins the new values, so that no other run sets the same ones.
    """
    client = ChangingClient(address, attribute)
    latencies, refused, number = [], 0, 0
    started = time.perf_counter()
    while (now := time.perf_counter()) - started < seconds:
        if per_s is not None and (pause := started + number / per_s - now) > 0:
            time.sleep(pause)
        sent = time.perf_counter()
        answered = client.change(item_ids[number % len(item_ids)], f"{stamp} {number}")
        latencies.append((time.perf_counter() - sent) * 1000.0)
        refused += answered is None
        number += 1
    client.close()
    return Changed(latencies, time.perf_counter() - started, refused)
