"""Which connections may be open: all together, of one client address, and those kept free for health checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import Final

from api.http.problems import ServiceProblem

# Beside the ordinary ones. A health check is answered and closed within milliseconds.
HEALTH_PLACES: Final = 16
# Whoever rents one IPv6 address usually has 2^64 of them.
_IPV6_CLIENT_BITS: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One connection's place.

    Attributes:
        counted_as: the client address it counts for, or None.
        only_health: all ordinary places were taken, so only a health check is answered.
    """

    counted_as: str | None
    only_health: bool


class Places:
    """Hands out places to connections.

    When all ordinary places are taken, a few more connections may still ask for health. If those are taken too, the
    oldest gives way to the newest: a health check sends its request at once, and one who holds the place does not.

    Args:
        most: ordinary places.
        most_per_address: places of one client address, of whatever kind.
        proxies: networks whose addresses are not limited, because one address there stands for many clients.
    """

    def __init__(self, *, most: int, most_per_address: int, proxies: Sequence[IPv4Network | IPv6Network]) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._proxies = tuple(proxies)
        self._ordinary = 0
        self._by_address: dict[str, int] = {}
        self._for_health: dict[Place, Callable[[], None]] = {}

    def take(self, address: str | None, give_way: Callable[[], None]) -> Place:
        """A place, to be given back when the connection is lost.

        Args:
            address: of the client; None if it has none, as on a Unix socket.
            give_way: closes the connection; called if it has to make room for a health check.

        Raises:
            ServiceProblem: `rate_limited`: this address has too many connections.
        """
        counted_as = self._counted_as(address)
        if counted_as is not None:
            open_already = self._by_address.get(counted_as, 0)
            if open_already >= self._most_per_address:
                raise ServiceProblem(
                    "rate_limited",
                    f"{open_already} connections from {counted_as} are open, which is all that one client may have; "
                    "use them again, or close some (a reverse proxy belongs in LOOKALIKE_PROXY_ADDRESSES)",
                )
            self._by_address[counted_as] = open_already + 1
        place = Place(counted_as, only_health=self._ordinary >= self._most)
        if place.only_health:
            if len(self._for_health) >= HEALTH_PLACES:
                oldest = next(iter(self._for_health))
                self._for_health.pop(oldest)()
            self._for_health[place] = give_way
        else:
            self._ordinary += 1
        return place

    def give_back(self, place: Place) -> None:
        """Free a place."""
        if place.only_health:
            self._for_health.pop(place, None)
        else:
            self._ordinary -= 1
        if place.counted_as is not None:
            left = self._by_address.pop(place.counted_as) - 1
            if left:
                self._by_address[place.counted_as] = left

    def refusal(self) -> ServiceProblem:
        """What a connection that is here for health is answered when it asks for something else."""
        return ServiceProblem("queue_full", f"{self._most} connections are open; try again later")

    def _counted_as(self, address: str | None) -> str | None:
        if address is None:
            return None
        client = ip_address(address.partition("%")[0])
        if not isinstance(client, IPv4Address) and client.ipv4_mapped is not None:
            client = client.ipv4_mapped
        if any(client in network for network in self._proxies):
            return None
        if isinstance(client, IPv4Address):
            return str(client)
        return str(IPv6Network((int(client), _IPV6_CLIENT_BITS), strict=False))
