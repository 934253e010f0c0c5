"""Keys and limits: whether what is set works, and whether something is missing beside it."""

from typing import TYPE_CHECKING, Final

from redis.exceptions import RedisError

from checks.finding import Finding
from checks.redis_server import connect

if TYPE_CHECKING:
    from api.settings import ApiSettings

_SUBJECT: Final = "rate limit"


def check_access(settings: "ApiSettings") -> list[Finding]:
    """Notes on keys that can be misused as they are."""
    if settings.publishable_keys and settings.rate_limit is None:
        return [
            Finding(
                "API keys",
                "note",
                "there are publishable keys and no rate limit, so whoever reads a key in a page can ask without end",
                "set LOOKALIKE_RATE_LIMIT, such as 120/minute; docs/keys.md says how to choose it",
            )
        ]
    return []


def check_rate_limit(settings: "ApiSettings", redis_url: str) -> list[Finding]:
    """Count a request as the API does; the count expires within two seconds."""
    if settings.rate_limit is None:
        return []
    from limits import parse
    from limits.storage import RedisStorage
    from limits.strategies import SlidingWindowCounterRateLimiter

    from api.http.request_counts import PREFIX

    try:
        with connect(redis_url) as connection:
            storage = RedisStorage("redis://", key_prefix=PREFIX, connection_pool=connection.connection_pool)
            SlidingWindowCounterRateLimiter(storage).hit(parse("1/second"), "check")
    except (RedisError, OSError) as error:
        return [
            Finding(
                _SUBJECT,
                "problem",
                f"Redis does not count requests ({error!s:.200}), so nobody is limited",
                f"give its user the names {PREFIX}:* and the commands that docs/production.md lists",
            )
        ]
    return [Finding(_SUBJECT, "ok", f"{settings.rate_limit}, counted by Redis")]
