"""Counts of requests, kept in Redis for all processes by the library `limits`."""

import asyncio
import logging
import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from api.http.rate_limit import Standing
from api.metrics import Metrics
from api.paced_log import PacedLog

if TYPE_CHECKING:
    import redis.asyncio

# Names in Redis begin with it; docs/production.md lists it for the user of Redis.
PREFIX: Final = "limit"
# A page of our own shows so many pictures, and each is a request.
_PICTURES_PER_REQUEST: Final = 24
# So long an answer waits for a count at most; then it goes on without.
_TIMEOUT_S: Final = 0.5
# A Redis that does not answer is not asked for so long.
_PAUSE_S: Final = 2.0
# The event loop gains nothing from more connections.
_MOST_AT_ONCE: Final = 16

_log = logging.getLogger("lookalike.api")


class RequestCounts:
    """Counts the requests of callers in sliding windows: two counters a caller and limit, which expire by themselves.

    Args:
        connection: to Redis; closed by `close`.
        limits: at least one.
        metrics: counts what was decided.
    """

    def __init__(self, connection: "redis.asyncio.Redis", limits: Sequence[RateLimitItem], metrics: Metrics) -> None:
        self._connection = connection
        # The address is in the connection's pool, with the ways of this service to connect.
        self._storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=PREFIX,
            connection_pool=connection.connection_pool,  # type: ignore[arg-type]
        )
        self._windows = SlidingWindowCounterRateLimiter(self._storage)
        self._limits = {
            False: [(each.GRANULARITY.name, _of(each, 1, "requests")) for each in limits],
            True: [
                (f"pictures-{each.GRANULARITY.name}", _of(each, _PICTURES_PER_REQUEST, "pictures")) for each in limits
            ],
        }
        self._metrics = metrics
        self._paced_log = PacedLog(_log)
        self._places = asyncio.Semaphore(_MOST_AT_ONCE)
        self._ask_again_at = 0.0

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    async def count(self, caller: str, *, picture: bool) -> Sequence[Standing]:
        """Count a request; returns where its caller stands with each limit, and nothing while Redis is away."""
        async with self._places:
            if time.monotonic() < self._ask_again_at:
                self._metrics.observe_rate_limit("open")
                return ()
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    standings = await self._count(caller, picture)
            except (RedisError, OSError, TimeoutError) as error:
                self._ask_again_at = time.monotonic() + _PAUSE_S
                self._metrics.observe_rate_limit("open")
                self._paced_log.warning(
                    f"requests are not limited, because Redis does not count them ({type(error).__name__}: "
                    f"{error!s:.200}); /readyz and `lookalike check` say what is wrong with it"
                )
                return ()
        limited = any(standing.exceeded for standing in standings)
        self._metrics.observe_rate_limit("limited" if limited else "allowed")
        return standings

    async def _count(self, caller: str, picture: bool) -> list[Standing]:
        standings: list[Standing] = []
        refused = False
        for policy, limit in self._limits[picture]:
            # What one limit refuses is not counted by those of longer times.
            exceeded = not refused and not await self._windows.hit(limit, caller)
            refused = refused or exceeded
            window_s = limit.get_expiry()
            counts = await self._storage.get_sliding_window(limit.key_for(caller), window_s)
            remaining, reset_s = _left(limit.amount, window_s, *counts)
            standings.append(Standing(policy, limit.amount, window_s, remaining, reset_s, exceeded))
        return standings


def _left(
    quota: int, window_s: int, earlier: int, earlier_expires_s: float, current: int, current_expires_s: float
) -> tuple[int, int]:
    """How many requests are left, and in how many seconds there are more.

    The library's own figures say 0 s for a window that has just begun.

    Args:
        quota: requests that are allowed.
        window_s: within this time, seconds.
        earlier: requests of the window before, which count less and less.
        earlier_expires_s: until they count nothing, seconds.
        current: requests of this window.
        current_expires_s: until they count nothing, seconds: this window, and then one as the window before.
    """
    counted = earlier * earlier_expires_s / window_s
    left = max(0, quota - math.floor(counted) - current)
    if not (earlier or current):
        return left, 0
    ends_s = current_expires_s - window_s
    # The next time that one request less is counted.
    drops_s = (counted % 1) * window_s / earlier if counted else ends_s
    return left, max(1, math.ceil(min(drops_s, ends_s)))


def _of(limit: RateLimitItem, times: int, namespace: str) -> RateLimitItem:
    return type(limit)(limit.amount * times, namespace=namespace)
