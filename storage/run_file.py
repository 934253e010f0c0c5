"""Where the embedded Redis of a running `serve` listens, for commands on the same machine.

The file stands in the bundles folder, because that is what such commands are given. It holds no secret: only the user
who runs `serve` may enter the folder of the socket.
"""

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from contracts.settings_names import FILE_SUFFIX, REDIS_URL
from storage.durable_files import replace_file

RUN_FILE: Final = "embedded-redis.json"
_UNIX: Final = "unix://"
_MAX_BYTES: Final = 4096


@contextmanager
def announced(bundles: Path, url: str) -> Iterator[None]:
    """Inside, commands find the embedded Redis of this process.

    Where the folder cannot be written they do not, but there nothing can be promoted either.
    """
    file = bundles / RUN_FILE
    content = json.dumps({"url": url}).encode() + b"\n"
    with contextlib.suppress(OSError):
        replace_file(file, content)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            # Another `serve` may have written its own meanwhile.
            if file.read_bytes() == content:
                file.unlink()


def redis_url_for(bundles: Path, configured: str) -> str:
    """The Redis that a command on this machine should use: the configured one, else that of a running `serve`.

    Args:
        bundles: the folder that the command was given.
        configured: `REDIS_URL` or its default.
    """
    if {REDIS_URL, f"{REDIS_URL}{FILE_SUFFIX}"} & os.environ.keys():
        return configured
    return embedded_redis_url(bundles) or configured


def embedded_redis_url(bundles: Path) -> str | None:
    """The address of the embedded Redis that runs for a bundles folder, or None.

    A file that a killed process left behind counts as none, and so does one that is damaged.
    """
    try:
        with (bundles / RUN_FILE).open("rb") as stream:
            url = json.loads(stream.read(_MAX_BYTES))["url"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(url, str) or not url.startswith(_UNIX):
        return None
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            probe.connect(url.removeprefix(_UNIX))
    except (FileNotFoundError, ConnectionRefusedError, ValueError):
        return None
    except OSError:
        # It may be another user's: the question to Redis will say so.
        return url
    return url
