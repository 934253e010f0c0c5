"""Who sends a request, as far as quotas are concerned."""

import hashlib
import ipaddress

from starlette.types import Scope

from api.http.api_keys import key_of

# A network of this size is one customer's, who may use any address in it.
_IPV6_PREFIX_BITS = 64


def caller_of(scope: Scope, *, by_key: bool) -> str:
    """16 hex digits that stand for a request's API key, or for its address.

    Args:
        scope: of the request.
        by_key: whether keys are needed, and this one was checked. Otherwise anyone could send another key each time.
    """
    identity = b"key " + (key_of(scope) or b"") if by_key else b"address " + _network(scope).encode()
    return hashlib.blake2b(identity, digest_size=8).hexdigest()


def _network(scope: Scope) -> str:
    host: str = (scope.get("client") or ("", 0))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((address.packed, _IPV6_PREFIX_BITS), strict=False))
