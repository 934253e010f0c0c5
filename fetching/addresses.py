"""Which network addresses are public: nothing is fetched from others.

The list is the one of special-purpose addresses that IANA keeps, and what else leads into a private network. Python's
`is_global` and `is_private` let multicast, 6to4, NAT64 and site-local addresses through.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

# Of a network behind a router; the only ones that an operator can allow.
_INTERNAL: Final = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_METADATA_OF_CLOUDS: Final = frozenset({"100.100.100.200", "fd00:ec2::254", "fd20:ce::254"})
_RESERVED_4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",
        "168.63.129.16/32",  # what serves virtual machines in Azure
        "169.254.0.0/16",  # link-local, with the metadata of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocols
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Everything else is reserved: NAT64, mapped and compatible IPv4, loopback, private, link-local, site-local, multicast.
_GLOBAL_6: Final = IPv6Network("2000::/3")
_RESERVED_6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocols, with Teredo, benchmarks and ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3ffe::/16",
        "3fff::/20",  # documentation
    )
)
# In the second half of an address: an IPv4 address behind a tunnel, ISATAP.
_TUNNELLED: Final = frozenset({0x00005EFE, 0x02005EFE})


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, and no gateway to another one."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _RESERVED_4)
    if address not in _GLOBAL_6 or address.scope_id is not None:
        return False
    return (int(address) >> 32) & 0xFFFFFFFF not in _TUNNELLED and not any(
        address in network for network in _RESERVED_6
    )


def is_internal(address: Address) -> bool:
    """Whether an address is one of a private network that an operator may allow; loopback and link-local never are."""
    return str(address) not in _METADATA_OF_CLOUDS and any(address in network for network in _INTERNAL)
