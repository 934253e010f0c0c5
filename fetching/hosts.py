"""The names of hosts, each in one form."""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import idna

_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
# Systems read a name as an IPv4 address if its last label is a number, also an octal or hexadecimal one.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_LONGEST: Final = 253
# Names of the machine itself.
_LOCAL: Final = ("localhost", "localdomain", "ip6-localhost", "ip6-loopback")


def host_in_one_form(host: str) -> str | None:
    """A host in lower case, international letters in their ASCII form, an address as it is usually written.

    Args:
        host: a name, an IPv4 address of four decimal numbers, or an IPv6 address, with or without brackets.

    Returns:
        None if it is no host, is one of the names of the machine itself, ends in a dot, or is an address in another
        form, such as a decimal or octal number.
    """
    if ":" in host:
        return _ipv6(host.removeprefix("[").removesuffix("]"))
    try:
        name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
    labels = name.split(".")
    if len(name) > _LONGEST or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(name)
    return None if labels[-1] in _LOCAL else name


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host in one form is; None if it is a name."""
    try:
        return IPv6Address(host) if ":" in host else IPv4Address(host)
    except ValueError:
        return None


def _ipv4(text: str) -> str | None:
    try:
        return str(IPv4Address(text))
    except ValueError:
        return None


def _ipv6(text: str) -> str | None:
    try:
        address = IPv6Address(text)
    except ValueError:
        return None
    return None if address.scope_id is not None else str(address)
