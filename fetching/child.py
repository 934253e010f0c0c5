"""The process that fetches for another one: `python -m fetching.child`.

It gets requests on its standard input and answers on its standard output. It ends when its input does, so also when the
process that started it is killed.
"""

import os
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

from contracts.errors import UnreachableError, UrlRefusedError
from fetching.fetching import Fetched, NotModified, fetch
from fetching.messages import (
    Cancellation,
    Failed,
    FetchAnswer,
    FetchRequest,
    answer_message,
    read_message,
    request_of,
    rules_of,
)
from fetching.rules import UrlRules

Fetch = Callable[[FetchRequest, UrlRules, Callable[[], bool]], Fetched | NotModified]


def fetch_as_asked(request: FetchRequest, rules: UrlRules, is_abandoned: Callable[[], bool]) -> Fetched | NotModified:
    """Fetch what a request asks for.

    Raises:
        UrlRefusedError, UnreachableError: as `fetching.fetching.fetch`.
    """
    return fetch(
        request.url,
        rules,
        most_bytes=request.most_bytes,
        timeout_s=request.timeout_s,
        known=request.known,
        is_abandoned=is_abandoned,
    )


def serve(requests: BinaryIO, answers: BinaryIO, fetch_one: Fetch = fetch_as_asked) -> None:
    """Answer requests until there are no more; the first message holds the rules. Each runs in a thread of its own."""
    first = read_message(requests)
    if first is None:
        return
    rules = rules_of(first[0])
    writing = threading.Lock()
    abandoned: dict[int, threading.Event] = {}

    def run(request: FetchRequest, is_abandoned: threading.Event) -> None:
        outcome: FetchAnswer
        try:
            outcome = fetch_one(request, rules, is_abandoned.is_set)
        except UrlRefusedError as error:
            outcome = Failed(is_refused=True, words=str(error))
        except UnreachableError as error:
            outcome = Failed(is_refused=False, words=str(error))
        finally:
            abandoned.pop(request.number, None)
        with writing:
            try:
                answers.write(answer_message(request.number, outcome))
                answers.flush()
            except OSError:
                # Nobody reads answers any more; the end of the requests follows.
                return

    while (message := read_message(requests)) is not None:
        asked = request_of(message[0])
        if isinstance(asked, Cancellation):
            if asked.number in abandoned:
                abandoned[asked.number].set()
            continue
        abandoned[asked.number] = threading.Event()
        threading.Thread(target=run, args=(asked, abandoned[asked.number]), daemon=True).start()


def main() -> None:
    """Serve the process that started this one."""
    serve(sys.stdin.buffer, sys.stdout.buffer)
    # A thread that waits for the system's resolver does not keep the process alive.
    os._exit(0)


if __name__ == "__main__":
    main()
