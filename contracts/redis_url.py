"""One Redis address: checked once for all processes, and spelled for each of the two clients, redis-py and Celery."""

import re
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

SCHEMES: Final = ("redis", "rediss", "unix")
ESCAPING: Final = "in a password, write % as %25, # as %23, / as %2F, ? as %3F, @ as %40, : as %3A and [ as %5B"


def check_redis_url(redis_url: str) -> str:
    """The address, if both clients can use it.

    Raises:
        ValueError: they cannot; the message names the host and never the password.
    """
    where = address_without_password(redis_url)
    scheme, separator, rest = redis_url.partition("://")
    if not separator or scheme not in SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        sentinel = "; name the primary itself, because sentinels are not asked" if "sentinel" in scheme else ""
        raise ValueError(f"{where} must start with {known}, such as redis://localhost:6379/0{sentinel}")
    if "#" in rest:
        raise ValueError(f"{where} holds a '#', which ends an address; {ESCAPING}")
    try:
        parts = urlsplit(redis_url)
        # Raises if it is no number.
        _ = parts.port
    except ValueError:
        # Its own message quotes what may be a part of the password.
        raise ValueError(f"{where}: host and port cannot be told from the password; {ESCAPING}") from None
    if scheme == "unix":
        if not parts.path:
            raise ValueError(f"{where} names no socket; give its path, such as unix:///run/redis.sock")
    elif not re.fullmatch(r"/?\d*", parts.path):
        # redis-py would use database 0 instead.
        raise ValueError(f"{where}: after host and port there may be the number of a database only; {ESCAPING}")
    return redis_url


def celery_broker_url(redis_url: str) -> str:
    """Convert a redis-py address to one for Celery.

    Celery spells Unix sockets `redis+socket://`, and fails on options that it does not know, such as `socket_timeout`.
    For `rediss://` without `ssl_cert_reqs` it skips the certificate check that redis-py makes, so the check is
    requested explicitly.

    Args:
        redis_url: `redis://`, `rediss://` or `unix://`, as for `redis.Redis.from_url`.

    Raises:
        ValueError: another scheme.
    """
    parts = urlsplit(redis_url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme in {"redis", "rediss"}:
        kept = {name: value for name, value in query.items() if name.startswith("ssl_")}
        if parts.scheme == "rediss":
            kept.setdefault("ssl_cert_reqs", "required")
        # As in redis-py, the one in the query counts, and user and password before the host do.
        path = f"/{query['db']}" if "db" in query else parts.path
        netloc = parts.netloc
        if "@" not in netloc and "password" in query:
            netloc = f"{quote(query.get('username', ''), safe='')}:{quote(query['password'], safe='')}@{netloc}"
        return urlunsplit((parts.scheme, netloc, path, urlencode(kept), ""))
    if parts.scheme == "unix":
        address = f"redis+socket://{parts.netloc}{parts.path}"
        return f"{address}?{urlencode({'virtual_host': query['db']})}" if "db" in query else address
    raise ValueError(
        f"the address of Redis must start with redis://, rediss:// or unix://, got {parts.scheme!r}; set REDIS_URL"
    )


def address_without_password(redis_url: str) -> str:
    """The address without credentials and query, for logs and errors.

    It must not fail for what is no address, and show no part of a password that is not escaped. So nothing is parsed:
    the host is what comes after the last `@`.
    """
    scheme, separator, rest = redis_url.partition("://")
    if not separator or not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
        scheme, rest = "", redis_url
    host = rest.rpartition("@")[2].partition("?")[0]
    # Without an `@`, what is before a `#` may belong to a password.
    shown = host.rpartition("#")[2] if "@" not in rest else host
    return f"{scheme}://{shown}" if scheme else shown
