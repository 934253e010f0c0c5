"""One Redis address, spelled for each of the two clients: redis-py and Celery."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def celery_broker_url(redis_url: str) -> str:
    """Convert a redis-py address to one for Celery.

    Celery spells Unix sockets `redis+socket://`. For `rediss://` without `ssl_cert_reqs` it skips the
    certificate check that redis-py makes, so the check is requested explicitly.

    Args:
        redis_url: `redis://`, `rediss://` or `unix://`, as for `redis.Redis.from_url`.

    Raises:
        ValueError: another scheme.
    """
    parts = urlsplit(redis_url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "redis":
        return redis_url
    if parts.scheme == "rediss":
        query.setdefault("ssl_cert_reqs", "required")
        return urlunsplit(parts._replace(query=urlencode(query)))
    if parts.scheme == "unix":
        database = query.pop("db", None)
        if database is not None:
            query["virtual_host"] = database
        address = f"redis+socket://{parts.netloc}{parts.path}"
        return f"{address}?{urlencode(query)}" if query else address
    raise ValueError(
        f"the address of Redis must start with redis://, rediss:// or unix://, got {parts.scheme!r}; set REDIS_URL"
    )


def address_without_password(redis_url: str) -> str:
    """The address without credentials and query, for logs and errors."""
    parts = urlsplit(redis_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
