"""How many requests without a valid key one client address gets an answer for."""

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.types import Scope

_WINDOW_S: Final = 60.0
_MAX_ADDRESSES: Final = 4096
# One customer of a provider has at least this much of an IPv6 address to choose from.
_IPV6_PREFIX_BITS: Final = 64


class RefusalLimit:
    """Counts refusals by address in windows of a minute; of more than 4,096 addresses, it forgets the first.

    Args:
        per_minute: most refusals of one address in a window.
        clock: seconds; monotonic.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        # Address -> start of its window, refusals in it; the earliest window first.
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def wait_s(self, address: str) -> int:
        """Count a refusal; returns 0, or the whole seconds to wait if there were too many from this address."""
        now = self._clock()
        started, refusals = self._windows.get(address, (now, 0))
        if now - started >= _WINDOW_S:
            del self._windows[address]
            started, refusals = now, 0
        if refusals >= self._per_minute:
            return max(1, round(_WINDOW_S - (now - started)))
        self._windows[address] = (started, refusals + 1)
        if len(self._windows) > _MAX_ADDRESSES:
            self._windows.popitem(last=False)
        return 0


def address_of(scope: Scope) -> str:
    """The address of a request's client; of an IPv6 address, the network that one customer has."""
    client = scope.get("client")
    text = str(client[0]) if client else ""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        # A Unix socket, or what a proxy calls its client.
        return text[:64]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> _IPV6_PREFIX_BITS << _IPV6_PREFIX_BITS))
    return str(address)
