"""Redis: whether it can be reached and written to, and never drops what it was given."""

import os
import secrets

import redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)
from redis.retry import Retry

from checks.finding import Finding
from contracts.embedding_job import photo_key
from contracts.redis_url import ESCAPING, address_without_password
from contracts.settings_names import FILE_SUFFIX, REDIS_URL

SUBJECT = "Redis"
_TIMEOUT_S = 3.0
_KEPT = "noeviction"
# What a server says that refuses, and what to do.
_REFUSALS: dict[type[redis.RedisError], str] = {
    ReadOnlyError: "name the primary in REDIS_URL: this one is a replica",
    OutOfMemoryError: "wait until it is emptier, or raise its maxmemory",
    NoPermissionError: "give its user the permissions that docs/production.md lists",
    BusyLoadingError: "wait until Redis has read its data, and run this again",
    MasterDownError: "wait until the replica has its primary again, or name the primary in REDIS_URL",
}
_CANNOT_SAVE = "free space on Redis's disk; its log says what it could not save"
_UNKNOWN = "look for it in Redis's log"


def connect(redis_url: str) -> "redis.Redis":
    """A client that gives up soon."""
    # redis-py does not accept a connect timeout for Unix sockets, which connect without waiting.
    limits = {} if redis_url.startswith("unix:") else {"socket_connect_timeout": _TIMEOUT_S}
    return redis.Redis.from_url(redis_url, socket_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 0), **limits)


def check_redis(redis_url: str) -> list[Finding]:
    """Connect, write a key as large as nothing, and read the eviction policy."""
    where = f"Redis at {address_without_password(redis_url)}"
    try:
        with connect(redis_url) as connection:
            connection.ping()
            return [_writable(connection, where), *_memory(connection)]
    except AuthenticationError as error:
        return [_problem(f"{where} refuses the user or password ({error})", f"correct them in REDIS_URL: {ESCAPING}")]
    except (ResponseError, BusyLoadingError) as error:
        return [_refused(where, error)]
    except (redis.RedisError, OSError, ValueError, TypeError) as error:
        return [_unreachable(where, error)]


def _writable(connection: "redis.Redis", where: str) -> Finding:
    # A name that the user of docs/production.md may write.
    key = photo_key(f"check-{secrets.token_hex(8)}")
    try:
        connection.set(key, b"", ex=1)
        connection.delete(key)
    except ResponseError as error:
        return _refused(where, error)
    return Finding(SUBJECT, "ok", f"{where} answers and can be written to")


def _memory(connection: "redis.Redis") -> list[Finding]:
    try:
        memory = connection.info("memory")
    except ResponseError as error:
        return [Finding(SUBJECT, "note", f"its memory could not be read ({error})", "give its user the command INFO")]
    policy, most_bytes = str(memory.get("maxmemory_policy", _KEPT)), int(memory.get("maxmemory", 0))
    findings = []
    if policy != _KEPT:
        findings.append(
            _problem(
                f"its eviction policy is {policy}, so jobs and photos are lost when its memory is full",
                f"set maxmemory-policy {_KEPT} in its configuration, and now with CONFIG SET",
            )
        )
    if most_bytes == 0:
        findings.append(
            Finding(
                SUBJECT,
                "note",
                "it has no maxmemory, so photos that wait may fill the machine",
                "set maxmemory, such as 1gb; half of it is for photos",
            )
        )
    return findings


def _refused(where: str, error: redis.RedisError) -> Finding:
    otherwise = _CANNOT_SAVE if "MISCONF" in str(error) else _UNKNOWN
    mend = next((mend for kind, mend in _REFUSALS.items() if isinstance(error, kind)), otherwise)
    return _problem(f"{where} refuses to be used: {error!s:.200}", mend)


def _unreachable(where: str, error: Exception) -> Finding:
    if REDIS_URL not in os.environ and f"{REDIS_URL}{FILE_SUFFIX}" not in os.environ:
        return Finding(
            SUBJECT,
            "note",
            f"REDIS_URL is not set, and there is no {where}",
            "nothing for `lookalike serve`, which starts its own; set REDIS_URL for --only api and --only worker",
        )
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return _problem(
            f"the certificate of {where} is not of a known authority",
            "append ?ssl_ca_certs=/path/ca.pem to REDIS_URL, with the certificate of your own authority",
        )
    return _problem(f"{where} cannot be reached ({error!s:.200})", "start it, or correct REDIS_URL")


def _problem(says: str, mend: str) -> Finding:
    return Finding(SUBJECT, "problem", says, mend)
