import ssl

import pytest
import redis
from celery import Celery

from contracts.redis_url import address_without_password, celery_broker_url, check_redis_url
from launch.embedded_redis import EmbeddedRedis


@pytest.mark.parametrize(
    ("redis_url", "broker_url"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
        ("unix:///run/redis.sock?db=3", "redis+socket:///run/redis.sock?virtual_host=3"),
        ("rediss://u:p@host:6380/1", "rediss://u:p@host:6380/1?ssl_cert_reqs=required"),
        ("rediss://host?ssl_cert_reqs=none", "rediss://host?ssl_cert_reqs=none"),
        (
            "rediss://host?ssl_ca_certs=/etc/my%20ca.pem",
            "rediss://host?ssl_ca_certs=%2Fetc%2Fmy+ca.pem&ssl_cert_reqs=required",
        ),
        ("redis://host/1?socket_timeout=3&protocol=3&db=2", "redis://host/2"),
        ("redis://host?username=u&password=p%23%2F", "redis://u:p%23%2F@host"),
        ("redis://u:p@host?password=q", "redis://u:p@host"),
        ("unix:///run/redis.sock?socket_timeout=3", "redis+socket:///run/redis.sock"),
    ],
)
def test_celerys_spelling(redis_url: str, broker_url: str) -> None:
    assert celery_broker_url(redis_url) == broker_url


def test_celery_checks_certificates_where_redis_py_does() -> None:
    # Celery's own default for rediss:// is not to.
    app = Celery(broker=celery_broker_url("rediss://host:6380/1"), backend=None, set_as_current=False)
    assert app.connection_for_write().ssl == {"ssl_cert_reqs": ssl.CERT_REQUIRED}


@pytest.mark.services
def test_celery_and_redis_py_mean_the_same_database() -> None:
    with EmbeddedRedis() as server:
        url = f"{server.url}?db=2"
        app = Celery(broker=celery_broker_url(url), backend=None, set_as_current=False)
        app.send_task("anything", queue="somewhere")
        app.close()
        with redis.Redis.from_url(url) as connection:
            assert connection.llen("somewhere") == 1


def test_another_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="REDIS_URL"):
        celery_broker_url("amqp://localhost")


@pytest.mark.parametrize(
    ("redis_url", "shown"),
    [
        ("redis://user:secret@host:6379/0", "redis://host:6379/0"),
        ("redis://host:6379/0?password=secret", "redis://host:6379/0"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
        ("redis://:sec#ret@host:6379/0", "redis://host:6379/0"),
        ("redis://:sec/r?e@t@host:6379/0", "redis://host:6379/0"),
        ("redis://:[secret@host:6379/0", "redis://host:6379/0"),
        ("user:secret@host:6379", "host:6379"),
        ("redis-sentinel://:secret@a:1;sentinel://:secret@b:2/m", "redis-sentinel://b:2/m"),
    ],
)
def test_passwords_are_not_shown(redis_url: str, shown: str) -> None:
    assert address_without_password(redis_url) == shown


@pytest.mark.parametrize(
    "redis_url",
    [
        "redis://localhost",
        "redis://localhost:6379/0",
        "redis:///0",
        "redis://[::1]:6379/1",
        "redis://user:sec%23ret@host:6379/15?socket_timeout=3",
        "rediss://:secret@host:6380/0?ssl_ca_certs=/etc/ca.pem",
        "unix:///run/redis.sock?db=3",
    ],
)
def test_an_address_that_both_clients_can_use(redis_url: str) -> None:
    assert check_redis_url(redis_url) == redis_url
    redis.Redis.from_url(redis_url).close()
    app = Celery(broker=celery_broker_url(redis_url), backend=None, set_as_current=False)
    assert app.connection_for_write().as_uri()


@pytest.mark.parametrize(
    ("redis_url", "says"),
    [
        ("redis://:sec#ret@host:6379/0", "# as %23"),
        ("redis://:sec/ret@host:6379/0", "/ as %2F"),
        ("redis://:sec?ret@host:6379/0", "? as %3F"),
        ("redis://:[secret@host:6379/0", "[ as %5B"),
        ("redis://:12/34secret@host:6379/0", "/ as %2F"),
        ("redis://host:6379/shop", "the number of a database"),
        ("redis://host:port", "host and port"),
        ("redis-sentinel://:secret@host:26379/mymaster", "sentinels are not asked"),
        ("user:secret@host:6379", "must start with redis://, rediss://, unix://"),
        ("unix://", "names no socket"),
        ("", "must start with"),
    ],
)
def test_an_address_that_they_cannot_use(redis_url: str, says: str) -> None:
    with pytest.raises(ValueError) as refused:
        check_redis_url(redis_url)
    assert says in str(refused.value)
    assert "sec" not in str(refused.value).replace("must start", "")
    assert "34" not in str(refused.value)
    if "@" in redis_url:
        assert "host:" in str(refused.value)
