"""Child processes that are started, watched, restarted and stopped, and never outlive this process."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Self

from contracts.errors import LaunchError
from launch.end_with_parent import end_with_parent
from launch.supervision import say

STOP_GRACE_S = 20.0
_POLL_S = 0.1
_ASK_S = 1.0
# A worker that a picture killed is started again at once; one that dies over and over, after longer and longer pauses.
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
# What has run for so long is started again at once.
_PROVEN_S = 60.0


@dataclass(slots=True)
class Child:
    """A process to keep running.

    Attributes:
        name: for messages.
        command: argument list.
        environment: the complete environment.
        restart: whether to start it again, however it ended; otherwise its end is an error.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    restart: bool = False
    process: "subprocess.Popen[bytes] | None" = None

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

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return None if self.process is None else self.process.poll()


@dataclass(slots=True)
class _Watched:
    """What is started again when it ends.

    Attributes:
        name: for messages.
        poll: the exit status, or None while it runs.
        start: starts it again.
        restart: see `Child`.
        started_at: the last start, by `time.monotonic`.
        pause_s: before the next start, if it ends soon.
        due_at: time of the next start, or None while it runs.
    """

    name: str
    poll: Callable[[], int | None]
    start: Callable[[], None]
    restart: bool
    started_at: float = field(default_factory=time.monotonic)
    pause_s: float = 0.0
    due_at: float | None = None

    def plan_restart(self, how: str) -> None:
        """Set the time of the next start."""
        now = time.monotonic()
        if now - self.started_at > _PROVEN_S:
            self.pause_s = 0.0
        when = f" in {self.pause_s:.0f} s" if self.pause_s else ""
        say(f"the {self.name} {how}; starting it again{when}")
        self.due_at = now + self.pause_s
        self.pause_s = min(max(_FIRST_PAUSE_S, 2 * self.pause_s), _LONGEST_PAUSE_S)

    def start_if_due(self) -> None:
        """Start it, if it is time."""
        if self.due_at is None or time.monotonic() < self.due_at:
            return
        self.started_at, self.due_at = time.monotonic(), None
        try:
            self.start()
        except OSError as error:
            self.plan_restart(f"could not be started ({error})")


class Supervisor:
    """Runs children, and starts again those that end, until a signal requests a stop.

    Use as a context manager; on exit it stops the children in reverse order.
    """

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._watched: list[_Watched] = []
        self._stop = threading.Event()
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # What `nohup` ignores stays ignored.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
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
        self._watched.append(_Watched(child.name, child.poll, child.start, child.restart))

    def watch(self, name: str, poll: Callable[[], int | None], start: Callable[[], None]) -> None:
        """Start something again that ends, which is started and stopped by others.

        Args:
            name: for messages.
            poll: its exit status, or None while it runs.
            start: starts it again; called from the main thread.
        """
        self._watched.append(_Watched(name, poll, start, restart=True))

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float, what: str) -> bool:
        """Watch the children while they start, until `ready` returns True.

        One that a signal kills is started again. One that ends by itself now has said why it cannot run, so waiting
        would not help.

        Args:
            ready: the condition to wait for.
            timeout_s: how long to wait, seconds.
            what: what has not happened if that time is over, for the message.

        Returns:
            False if a signal requested a stop first.

        Raises:
            LaunchError: it took too long, or a child ended by itself.
        """
        deadline = time.monotonic() + timeout_s
        while not self.stopping:
            self._watch(starting=True)
            if ready():
                return True
            if time.monotonic() > deadline:
                raise LaunchError(f"{what} within {timeout_s:.0f} s; its messages above say why")
            self._stop.wait(_POLL_S)
        return False

    def run(self, until: Callable[[], bool] = lambda: False) -> bool:
        """Watch the children, and start again those that end, until a signal requests a stop.

        Args:
            until: ends it too when it returns True; asked about once a second.

        Returns:
            Whether `until` ended it.

        Raises:
            LaunchError: a child ended that is not to be started again.
        """
        asked_at = time.monotonic()
        while not self.stopping:
            self._watch(starting=False)
            if time.monotonic() - asked_at > _ASK_S:
                if until():
                    return True
                asked_at = time.monotonic()
            self._stop.wait(_POLL_S)
        return False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _watch(self, *, starting: bool) -> None:
        for watched in self._watched:
            if self.stopping:
                return
            if watched.due_at is None and (status := watched.poll()) is not None:
                if not watched.restart or (starting and status >= 0):
                    raise LaunchError(f"the {watched.name} ended {_how(status)}; its messages above say why")
                watched.plan_restart(f"ended {_how(status)}")
            watched.start_if_due()

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
