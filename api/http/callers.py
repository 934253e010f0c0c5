"""Who sends a request, as far as quotas are concerned."""

import hashlib

from starlette.types import Scope

from api.http.api_keys import key_of
from api.http.client_address import address_of


def caller_of(scope: Scope, *, by_key: bool) -> str:
    """16 hex digits that stand for a request's API key, or for its address.

    Args:
        scope: of the request.
        by_key: whether keys are needed, and this one was checked. Otherwise anyone could send another key each time.
    """
    identity = b"key " + (key_of(scope) or b"") if by_key else b"address " + address_of(scope).encode()
    return hashlib.blake2b(identity, digest_size=8).hexdigest()
