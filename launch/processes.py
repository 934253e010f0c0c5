"""Child processes that are started, watched, restarted and stopped, and never outlive this process."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Self

from contracts.errors import LaunchError
from launch.end_with_parent import end_with_parent

STOP_GRACE_S = 20.0
_POLL_S = 0.1
# A worker that a picture killed is started again at once, but not one that dies over and over.
_MAX_RESTARTS = 5
_RESTART_WINDOW_S = 60.0


@dataclass(slots=True)
class Child:
    """A process to keep running.

    Attributes:
        name: for messages.
        command: argument list.
        environment: the complete environment.
        restart: whether to start it again if a signal killed it; otherwise its end is an error.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    restart: bool = False
    process: "subprocess.Popen[bytes] | None" = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it in its own session, so that Ctrl-C reaches only this process; it ends with this process.

        Must be called from the main thread, because the kernel ties the child to the thread that starts it.
        """
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),
        )


class Supervisor:
    """Runs children until one ends for good or a signal requests a stop.

    Use as a context manager; on exit it stops the children in reverse order.
    """

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._stop = threading.Event()
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_children()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @property
    def stopping(self) -> bool:
        """Whether a signal has requested a stop."""
        return self._stop.is_set()

    def start(self, child: Child) -> None:
        """Start a child and watch it from now on."""
        child.start()
        self._children.append(child)

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float, what: str) -> bool:
        """Watch the children until `ready` returns True.

        Args:
            ready: the condition to wait for.
            timeout_s: how long to wait, seconds.
            what: what has not happened if that time is over, for the message.

        Returns:
            False if a signal requested a stop first.

        Raises:
            LaunchError: it took too long, or a child ended.
        """
        deadline = time.monotonic() + timeout_s
        while not self.stopping:
            self._watch()
            if ready():
                return True
            if time.monotonic() > deadline:
                raise LaunchError(f"{what} within {timeout_s:.0f} s; its messages above say why")
            self._stop.wait(_POLL_S)
        return False

    def run(self) -> None:
        """Watch the children until a signal requests a stop.

        Raises:
            LaunchError: a child ended.
        """
        while not self.stopping:
            self._watch()
            self._stop.wait(_POLL_S)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _watch(self) -> None:
        for child in self._children:
            status = child.process.poll() if child.process else None
            if status is None or self.stopping:
                continue
            now = time.monotonic()
            child.deaths = [death for death in child.deaths if now - death < _RESTART_WINDOW_S] + [now]
            if not child.restart or status >= 0 or len(child.deaths) > _MAX_RESTARTS:
                raise LaunchError(f"the {child.name} ended {_how(status)}; its messages above say why")
            print(f"lookalike: the {child.name} ended {_how(status)}; starting it again", file=sys.stderr)
            child.start()

    def _stop_children(self) -> None:
        running = [c for c in reversed(self._children) if c.process and c.process.poll() is None]
        for child in running:
            if child.process:
                child.process.terminate()
        deadline = time.monotonic() + STOP_GRACE_S
        for child in running:
            if child.process:
                try:
                    child.process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()


def _how(status: int) -> str:
    return f"by signal {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
