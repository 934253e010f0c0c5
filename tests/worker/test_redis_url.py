import ssl

import pytest
import redis
from celery import Celery

from contracts.redis_url import address_without_password, celery_broker_url
from launch.embedded_redis import EmbeddedRedis


@pytest.mark.parametrize(
    ("redis_url", "broker_url"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
        ("unix:///run/redis.sock?db=3", "redis+socket:///run/redis.sock?virtual_host=3"),
        ("rediss://u:p@host:6380/1", "rediss://u:p@host:6380/1?ssl_cert_reqs=required"),
        ("rediss://host?ssl_cert_reqs=none", "rediss://host?ssl_cert_reqs=none"),
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
    ],
)
def test_passwords_are_not_shown(redis_url: str, shown: str) -> None:
    assert address_without_password(redis_url) == shown
