"""A real pgbouncer in transaction mode, where it is installed."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.catalogue.postgresql_server import PostgresqlServer
from tests.free_port import free_port

_SETTINGS = """
[databases]
* = host={host} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_round_robin = 1
logfile = {folder}/log
"""


@contextmanager
def pgbouncer(server: PostgresqlServer) -> Iterator[int]:
    """A pooler in front of a server, which gives each transaction the connection that rested longest; its port."""
    # Debian has it where only root looks for programs.
    program = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed; scripts/system_packages.sh installs it where it can be had")
    (host,) = parse_qs(urlsplit(server.url("postgres")).query)["host"]
    # pgbouncer refuses to run as root, and only the server's user reaches its socket.
    user = Path(host).stat().st_uid
    with tempfile.TemporaryDirectory(prefix="lookalike-pgbouncer-") as name:
        folder, port = Path(name), free_port()
        (folder / "settings.ini").write_text(_SETTINGS.format(host=host, port=port, folder=folder))
        for path in (folder, *folder.iterdir()):
            os.chown(path, user, -1)
        process = subprocess.Popen(
            [program, "--quiet", str(folder / "settings.ini")],
            user=None if user == os.geteuid() else user,
            stderr=subprocess.DEVNULL,
        )
        try:
            _until_it_listens(port, folder / "log")
            yield port
        finally:
            process.terminate()
            process.wait()


def _until_it_listens(port: int, log: Path) -> None:
    give_up_at = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < give_up_at, log.read_text() if log.exists() else "pgbouncer did not start"
            time.sleep(0.01)
        else:
            return
