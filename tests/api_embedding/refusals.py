"""Ways to make a real Redis answer with an error, and to end that."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import redis

from launch.embedded_redis import EmbeddedRedis, _find_binary

_NOWHERE = ("127.0.0.1", "1")
# Between 1024 of them it answers that it is loading.
_SLOW_KEYS = 20_000


@contextmanager
def readonly(server: EmbeddedRedis) -> Iterator[None]:
    """It becomes a replica: blocked clients get UNBLOCKED, later writes READONLY."""
    with _admin(server) as admin:
        admin.execute_command("REPLICAOF", *_NOWHERE)
        try:
            yield
        finally:
            admin.execute_command("REPLICAOF", "NO", "ONE")


@contextmanager
def masterdown(server: EmbeddedRedis) -> Iterator[None]:
    """A replica that has lost its master, and refuses reads too."""
    with _admin(server) as admin:
        admin.config_set("replica-serve-stale-data", "no")
        admin.execute_command("REPLICAOF", *_NOWHERE)
        try:
            yield
        finally:
            admin.execute_command("REPLICAOF", "NO", "ONE")
            admin.config_set("replica-serve-stale-data", "yes")


@contextmanager
def misconf(server: EmbeddedRedis) -> Iterator[None]:
    """A snapshot fails, as on a full disk: a folder is where its file belongs."""
    in_the_way = _folder(server) / "dump.rdb"
    with _admin(server) as admin:
        in_the_way.mkdir()
        (in_the_way / "full").touch()
        admin.config_set("save", "3600 1000000")
        admin.bgsave()
        _wait(lambda: admin.info("persistence")["rdb_last_bgsave_status"] == "err")
        try:
            yield
        finally:
            (in_the_way / "full").unlink()
            in_the_way.rmdir()
            admin.config_set("save", "")


@contextmanager
def oom(server: EmbeddedRedis) -> Iterator[None]:
    """Its memory is full."""
    with _admin(server) as admin:
        before = admin.config_get("maxmemory")["maxmemory"]
        admin.config_set("maxmemory", "1")
        try:
            yield
        finally:
            admin.config_set("maxmemory", before)


@contextmanager
def noperm(server: EmbeddedRedis) -> Iterator[None]:
    """The user may no longer write."""
    with _admin(server) as admin:
        admin.execute_command("ACL", "SETUSER", "default", "-@write", "-@blocking")
        try:
            yield
        finally:
            admin.execute_command("ACL", "SETUSER", "default", "+@all")


@contextmanager
def loading(server: EmbeddedRedis) -> Iterator[None]:
    """It was killed and started again, and reads its file very slowly."""
    folder = _folder(server)
    with _admin(server) as admin:
        with admin.pipeline(transaction=False) as pipeline:
            for number in range(_SLOW_KEYS):
                pipeline.set(f"slow:{number}", "x")
            pipeline.execute()
        time.sleep(1.1)  # its file is synced every second
    os.kill(server.pid, signal.SIGKILL)
    slow = subprocess.Popen(
        [
            *(str(_find_binary()), "--port", "0", "--unixsocket", str(folder / "redis.sock")),
            *("--dir", str(folder), "--appendonly", "yes", "--save", "", "--key-load-delay", "400"),
            *("--logfile", str(folder / "slow.log")),
        ]
    )
    try:
        _wait(lambda: _is_loading(server))
        yield
    finally:
        slow.kill()
        slow.wait()
        server.start_again()
        with _admin(server) as admin:
            _wait(lambda: _answers(admin))


REFUSALS: dict[str, Callable[[EmbeddedRedis], AbstractContextManager[None]]] = {
    "READONLY": readonly,
    "MASTERDOWN": masterdown,
    "MISCONF": misconf,
    "OOM": oom,
    "NOPERM": noperm,
    "LOADING": loading,
}


def _is_loading(server: EmbeddedRedis) -> bool:
    with _admin(server) as admin:
        try:
            admin.get("any")
        except redis.exceptions.BusyLoadingError:
            return True
        except redis.RedisError:
            return False
        return False


def _answers(admin: redis.Redis) -> bool:
    with contextlib.suppress(redis.RedisError):
        return bool(admin.get("any") is None)
    return False


def _admin(server: EmbeddedRedis) -> redis.Redis:
    return redis.Redis.from_url(server.url)


def _folder(server: EmbeddedRedis) -> Path:
    return Path(server.url.removeprefix("unix://")).parent


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
