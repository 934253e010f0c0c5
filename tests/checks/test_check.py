"""`lookalike check` finds what is wrong with a real Redis, a real bundle and the environment, and says what to do."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from contracts.embedding_job import WORKER_VERSIONS_KEY, heartbeat_key, heartbeat_value
from launch.embedded_redis import EmbeddedRedis
from lookalike import main
from tests.api.fake_embedder import IDENTITY
from tests.api.small_catalogue import make_bundle
from tests.free_port import free_port

pytestmark = pytest.mark.services

Check = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture
def connection(server: EmbeddedRedis) -> Iterator[redis.Redis]:
    """With the heartbeat of a worker of the bundle's network; what a test configures is put back."""
    with redis.Redis.from_url(server.url) as connection:
        before = connection.config_get("maxmemory*")
        connection.sadd(WORKER_VERSIONS_KEY, IDENTITY.version)
        connection.set(heartbeat_key(IDENTITY.version), "1")
        yield connection
        connection.replicaof("NO", "ONE")
        for name in ("maxmemory", "maxmemory-policy"):
            connection.config_set(name, before[name])
        connection.flushall()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_bundle(folder / "catalogue", folder / "bundles")
    return folder


@pytest.fixture
def check(
    made: Path, server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Check:
    """Runs the command; returns its exit status and its lines, spaces squeezed."""

    def run(
        bundles: Path | None = made / "bundles", redis_url: str | None = server.url, **settings: str
    ) -> tuple[int, str]:
        monkeypatch.delenv("REDIS_URL", raising=False)
        for name, value in {**settings, **({} if redis_url is None else {"REDIS_URL": redis_url})}.items():
            monkeypatch.setenv(name, value)
        status = main(["check", *([] if bundles is None else [str(bundles)])])
        printed = capsys.readouterr()
        assert printed.err == ""
        return status, "\n".join(" ".join(line.split()) for line in printed.out.splitlines())

    return run


def test_all_is_well(check: Check, connection: redis.Redis, server: EmbeddedRedis) -> None:
    status, table = check()
    assert status == 0
    assert {line.split()[0] for line in table.splitlines()} == {"ok"}
    for line in (
        "ok API settings valid",
        "ok worker settings valid",
        f"ok Redis Redis at {server.url} answers and can be written to",
        f"ok worker a worker of {IDENTITY.version} is alive; it finds no garments in photos",
    ):
        assert line in table
    assert "48 of its pictures were looked for" in table
    assert set(connection.keys()) == {WORKER_VERSIONS_KEY.encode(), heartbeat_key(IDENTITY.version).encode()}


@pytest.mark.parametrize(
    ("arrange", "says", "mend"),
    [
        (lambda redis: redis.config_set("maxmemory-policy", "allkeys-lru"), "is allkeys-lru", "noeviction"),
        (lambda redis: redis.replicaof("127.0.0.1", 1), "read only replica", "name the primary in REDIS_URL"),
        (lambda redis: redis.config_set("maxmemory", 1), "maxmemory", "raise its maxmemory"),
        (lambda redis: redis.delete(heartbeat_key(IDENTITY.version)), "no worker of", "--only worker"),
    ],
    ids=["eviction", "replica", "full", "no worker"],
)  # fmt: skip
def test_what_is_wrong_with_redis(
    check: Check, connection: redis.Redis, arrange: Callable[[redis.Redis], object], says: str, mend: str
) -> None:
    arrange(connection)
    status, table = check()
    assert status == 1
    lines = table.splitlines()
    (place,) = (number for number, line in enumerate(lines) if line.startswith("problem "))
    assert says in lines[place]
    assert mend in lines[place + 1]


def test_a_redis_without_maxmemory_is_worth_a_note(check: Check, connection: redis.Redis) -> None:
    connection.config_set("maxmemory", 0)
    status, table = check()
    assert status == 0
    assert "note Redis it has no maxmemory" in table


def test_a_worker_that_finds_garments_is_told_by_its_detector(check: Check, connection: redis.Redis) -> None:
    connection.set(heartbeat_key(IDENTITY.version), heartbeat_value("1", "rectangles-1"))
    assert "alive; it finds garments in photos by rectangles-1" in check()[1]


def test_the_only_other_worker_is_named(check: Check, connection: redis.Redis) -> None:
    connection.delete(heartbeat_key(IDENTITY.version))
    connection.sadd(WORKER_VERSIONS_KEY, "resnet18-5be1c0d2a9f4")
    connection.set(heartbeat_key("resnet18-5be1c0d2a9f4"), "1")
    assert "alive is resnet18-5be1c0d2a9f4" in check()[1]


def test_a_redis_that_is_not_there(check: Check) -> None:
    address = f"127.0.0.1:{free_port()}/0"
    status, table = check(redis_url=f"redis://:secret@{address}")
    assert status == 1
    assert f"problem Redis Redis at redis://{address} cannot be reached" in table
    assert "-> start it, or correct REDIS_URL" in table
    assert "secret" not in table


@pytest.mark.parametrize(
    ("redis_url", "says"),
    [
        ("redis://:se#cret@redis.example:6379/0", "write % as %25, # as %23"),
        ("redis-sentinel://:secret@redis.example:26379/0", "name the primary itself"),
    ],
)
def test_an_address_that_cannot_be_used(check: Check, redis_url: str, says: str) -> None:
    status, table = check(redis_url=redis_url)
    assert status == 1
    for process in ("API", "worker"):
        assert f"problem {process} settings invalid settings in the environment: REDIS_URL: redis" in table
    assert "redis.example:" in table
    assert says in table
    assert "cret" not in table


def test_a_wrong_password_is_not_shown(check: Check, connection: redis.Redis, server: EmbeddedRedis) -> None:
    connection.config_set("requirepass", "right-password")
    try:
        status, table = check(redis_url=server.url.replace("unix://", "unix://:wrong-password@"))
    finally:
        connection.config_set("requirepass", "")
    assert status == 1
    assert "refuses the user or password" in table
    assert "-> correct them in REDIS_URL" in table
    assert "wrong-password" not in table
    assert "right-password" not in table


def test_keys_and_limits(check: Check, connection: redis.Redis, server: EmbeddedRedis) -> None:
    keys = {
        "LOOKALIKE_API_KEYS": "a-key-of-19-letters",
        "LOOKALIKE_PUBLISHABLE_KEYS": "pk-of-19-letters-ok@https://shop.example",
    }
    status, table = check(**keys)
    assert status == 0
    assert "note API keys there are publishable keys and no rate limit" in table
    status, table = check(**keys, LOOKALIKE_RATE_LIMIT="120/minute")
    assert status == 0
    assert "no rate limit" not in table
    assert "ok rate limit 120/minute, counted by Redis" in table
    # A user who may do what the API did before there were limits.
    connection.acl_setuser(
        "before", enabled=True, passwords=["+secret"], keys=["photo:*", "worker:*"], commands=["+@all"]
    )
    try:
        url = server.url.replace("unix://", "unix://before:secret@")
        status, table = check(redis_url=url, **keys, LOOKALIKE_RATE_LIMIT="120/minute")
    finally:
        connection.acl_deluser("before")
    assert status == 1
    assert "problem rate limit Redis does not count requests" in table
    assert "give its user the names limit:*" in table


def test_keys_and_limits_that_cannot_be_used(check: Check, connection: redis.Redis) -> None:
    status, table = check(
        LOOKALIKE_PUBLISHABLE_KEYS="pk-of-19-letters-ok@https://shop.example", LOOKALIKE_RATE_LIMIT="often"
    )
    assert status == 1
    assert "LOOKALIKE_PUBLISHABLE_KEYS: there are publishable keys, but no secret key" in table
    assert "LOOKALIKE_RATE_LIMIT: 'often' is not a limit" in table


def test_a_setting_that_does_not_exist(check: Check, connection: redis.Redis) -> None:
    status, table = check(LOOKALIKE_MAX_JOB="3")
    assert status == 1
    assert "the nearest that exists is LOOKALIKE_MAX_JOBS" in table


def test_a_damaged_bundle(check: Check, connection: redis.Redis, made: Path, tmp_path: Path) -> None:
    bundles = shutil.copytree(made / "bundles", tmp_path / "bundles")
    (file,) = bundles.glob("*/vectors.npy")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    status, table = check(bundles)
    assert status == 1
    assert "problem bundle" in table
    assert "vectors.npy" in table
    assert "-> build it again" in table


def test_a_folder_that_is_no_folder_of_bundles(check: Check, connection: redis.Redis, tmp_path: Path) -> None:
    for bundles in (tmp_path, tmp_path / "nowhere"):
        status, table = check(bundles)
        assert status == 1
        assert "problem bundle" in table


def test_pictures_that_are_missing(check: Check, connection: redis.Redis, made: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(made / "catalogue", tmp_path / "moved")
    next(path for path in sorted(moved.rglob("*")) if path.is_file()).unlink()
    status, table = check(LOOKALIKE_CATALOGUE_ROOT=str(moved))
    assert status == 1
    assert "problem catalogue 1 of 48 pictures" in table
    status, table = check(LOOKALIKE_CATALOGUE_ROOT=str(tmp_path / "nowhere"))
    assert status == 1
    assert "does not exist" in table
    assert "-> set LOOKALIKE_CATALOGUE_ROOT" in table


def test_without_bundles_and_a_worker_nothing_is_wrong(check: Check, connection: redis.Redis) -> None:
    connection.flushall()
    status, table = check(bundles=None)
    assert status == 0
    assert "note bundle not checked" in table
    assert "note worker alive: none" in table
