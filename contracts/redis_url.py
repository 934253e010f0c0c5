"""One Redis address, in the two spellings that its two clients want."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def celery_broker_url(redis_url: str) -> str:
    """The address for Celery of a Redis that redis-py knows under `redis_url`.

    Celery spells Unix sockets `redis+socket://`, and takes `rediss://` without `ssl_cert_reqs` as
    leave to skip the check of the certificate, where redis-py checks it.

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
    """The address as it may be shown in logs and errors."""
    parts = urlsplit(redis_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
