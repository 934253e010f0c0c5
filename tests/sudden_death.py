"""A child process that is killed at a chosen call to the disk."""

import os
import signal
from collections.abc import Callable

DISK_CALLS = ("fsync", "rename", "replace", "mkdir")


def run_and_die_at(step: int | None, work: Callable[[], object], *, after: bool) -> int:
    """Do work in a child that is killed at its nth call that touches the disk; how many it made if not.

    Returns:
        The number of calls, or -1 when the child was killed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        calls = 0
        for name in DISK_CALLS:
            real = getattr(os, name)

            def dying(*arguments: object, _real: Callable[..., object] = real, **named: object) -> object:
                nonlocal calls
                calls += 1
                if calls == step and not after:
                    os.kill(os.getpid(), signal.SIGKILL)
                try:
                    return _real(*arguments, **named)
                finally:
                    if calls == step and after:
                        os.kill(os.getpid(), signal.SIGKILL)

            setattr(os, name, dying)
        status = 1
        try:
            work()
            os.write(writing, str(calls).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as counted:
        text = counted.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return -1
    assert status == 0
    return int(text)
