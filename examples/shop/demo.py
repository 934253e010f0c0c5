"""Starts `lookalike demo` with a key that the shop's pages may use, and stops it."""

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.settings_names import API_KEYS, FILE_SUFFIX, PREFIX
from launch.end_with_parent import end_with_parent

# Whoever sees a page sees its publishable key, so this one may stand in a repository. It is bound to this machine.
KEY = "pk-example-shop-4a1c9e7b52d8"
_PUBLISHABLE_KEYS = f"{PREFIX}PUBLISHABLE_KEYS"
_START_TIMEOUT_S = 300.0


class DemoError(Exception):
    """The demo did not start; it has said why."""


@contextmanager
def running_demo(port: int, shop_port: int, *, home: Path | None = None) -> Iterator[str]:
    """A demo that answers pages of the shop; yields its address.

    Args:
        port: of the API.
        shop_port: of the shop, whose origin the key is bound to.
        home: folder below which the demo keeps its files; None for the working directory.

    Raises:
        DemoError: it ended, or did not answer within five minutes.
    """
    origins = [f"http://{host}:{shop_port}" for host in ("localhost", "127.0.0.1")]
    given = os.environ.get(_PUBLISHABLE_KEYS)
    keys = ",".join([*([given] if given else []), *(f"{KEY}@{origin}" for origin in origins)])
    environment = {**os.environ, _PUBLISHABLE_KEYS: keys}
    if not {API_KEYS, f"{API_KEYS}{FILE_SUFFIX}"} & environment.keys():
        # Where there are keys for pages, there must be one for what they may not. Nobody needs it here.
        environment[API_KEYS] = secrets.token_urlsafe(32)
    # A session of its own, so that Ctrl-C ends the shop first, which then ends this.
    demo = subprocess.Popen(
        [sys.executable, "-m", "lookalike", "demo", "--port", str(port)],
        env=environment,
        cwd=home,
        # What this process prints on stdout is its own.
        stdout=sys.stderr,
        start_new_session=True,
        preexec_fn=end_with_parent(signal.SIGTERM),
    )
    try:
        address = f"http://localhost:{port}"
        late_at = time.monotonic() + _START_TIMEOUT_S
        while not answers(address):
            if demo.poll() is not None or time.monotonic() > late_at:
                raise DemoError("the demo did not start; its messages above say why")
            time.sleep(0.2)
        yield address
    finally:
        demo.terminate()
        demo.wait()


def answers(api: str) -> bool:
    """Whether photos can be searched at an address."""
    try:
        with urllib.request.urlopen(f"{api}/readyz", timeout=2) as answer:  # noqa: S310 - checked in main
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False
