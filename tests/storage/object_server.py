"""A real object store that speaks S3, from a wheel; a test that needs it fails where it cannot be started."""

import itertools
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from obstore import exceptions, put
from obstore.store import S3Store

from launch.end_with_parent import end_with_parent
from tests.free_port import free_port

BUCKET: Final = "shop"
# Sent to the server alone; no message, log or answer may have them.
WRITER: Final = ("AKIAWRITESHOP", "secret-of-the-writer")
READER: Final = ("AKIAREADSHOP", "secret-of-the-reader")
_START_S: Final = 60.0
_PARTS: Final = ("master", "volume", "filer", "s3")


class ObjectServer:
    """A running server with one bucket, `shop`.

    Attributes:
        endpoint: its address.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", endpoint: str) -> None:
        self.endpoint = endpoint
        self._process = process
        self._counted = itertools.count()

    def new_url(self) -> str:
        """The URL of a prefix that nothing is below."""
        return f"s3://{BUCKET}/t{next(self._counted)}"

    def variables(self, *, may_write: bool = True) -> Mapping[str, str]:
        """The variables that a process needs to read the bucket, and perhaps to write it."""
        return {"AWS_ENDPOINT_URL": self.endpoint, **self.credentials(may_write=may_write)}

    @staticmethod
    def credentials(*, may_write: bool = True) -> Mapping[str, str]:
        """The variables without that of the address."""
        name, secret = WRITER if may_write else READER
        return {"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "eu-central-1"}

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Take connections meanwhile, and answer nothing."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@contextmanager
def object_server() -> Iterator[ObjectServer]:
    """Start a server; it takes about three seconds."""
    ports = {name: free_port() for part in _PARTS for name in (part, f"{part}.grpc")}
    with tempfile.TemporaryDirectory(prefix="lookalike-objects-", dir=_in_memory()) as named:
        folder = Path(named)
        (folder / "data").mkdir()
        (folder / "identities.json").write_text(json.dumps({"identities": _identities()}))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                _command(folder, ports),
                stdout=log,
                stderr=log,
                env={"HOME": named},
                preexec_fn=end_with_parent(signal.SIGKILL),
            )
        try:
            server = ObjectServer(process, f"http://127.0.0.1:{ports['s3']}")
            _wait(server, process, folder / "log")
            yield server
        finally:
            # It takes minutes to end by itself, and nothing of it is needed any more.
            process.kill()
            process.wait()
            _remove_sockets(ports.values())


def _command(folder: Path, ports: Mapping[str, int]) -> list[str]:
    options = {
        "dir": folder / "data",
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "filer": "true",
        "filer.localSocket": folder / "filer.sock",
        "s3": "true",
        "s3.config": folder / "identities.json",
        "s3.localSocket": folder / "s3.sock",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        # Alone, so it waits for no others.
        "master.peers": "none",
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 64,
        "volume.max": 8,
        "volume.minFreeSpace": "1MiB",
    }
    options |= {f"{name.partition('.')[0]}.port{'.grpc' if '.' in name else ''}": port for name, port in ports.items()}
    weed = Path(sys.executable).parent / "weed"
    return [str(weed), "-logtostderr", "server", *(f"-{name}={value}" for name, value in options.items())]


def _identities() -> list[dict[str, object]]:
    rights = {WRITER: ["Admin", "Read", "Write", "List"], READER: [f"Read:{BUCKET}", f"List:{BUCKET}"]}
    return [
        {"name": name, "credentials": [{"accessKey": name, "secretKey": secret}], "actions": actions}
        for (name, secret), actions in rights.items()
    ]


def _wait(server: ObjectServer, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until an object can be written, which makes the bucket."""
    name, secret = WRITER
    store = S3Store(
        BUCKET,
        access_key_id=name,
        secret_access_key=secret,
        endpoint=server.endpoint,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    end = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < end:
        with suppress(exceptions.BaseError):
            put(store, "started", b"1")
            return
        time.sleep(0.02)
    raise RuntimeError(f"the object store did not start: {log.read_text()[-2000:]}")


def _remove_sockets(ports: Iterable[int]) -> None:
    for port in ports:
        for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
            path.unlink()


def _in_memory() -> str | None:
    """A folder in memory, if there is room for it."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 2**30 else None
