"""The address that a request counts for, where something is limited by address."""

from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.types import Scope

# One customer of a provider has at least this much of an IPv6 address to choose from.
_IPV6_PREFIX_BITS: Final = 64


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
