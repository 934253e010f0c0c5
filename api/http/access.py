"""The middleware that decides who may ask for what, and how much of it."""

import hashlib
from collections.abc import Collection

from starlette.middleware import Middleware

from api.http.api_keys import ApiKeys, KeysIgnored
from api.http.cross_origin import CrossOrigin
from api.http.key_rights import needs_no_key
from api.http.rate_limit import Counts, RateLimit
from api.http.refusal_limit import RefusalLimit
from api.key_entries import publishable_keys, secret_keys
from api.metrics import Metrics
from api.settings import ApiSettings


def pages_layer(settings: ApiSettings, *, writes: bool) -> list[Middleware]:
    """What lets pages read answers, refusals among them: those of listed origins and of publishable keys; or nothing.

    Args:
        settings: of the process.
        writes: whether items can be changed.
    """
    of_keys = {origin for key in publishable_keys(settings.publishable_keys) for origin in key.origins or ()}
    origins: Collection[str] = {*settings.cors_origins, *of_keys}
    if not origins:
        return []
    return [Middleware(CrossOrigin, origins=origins, writes=writes and bool(settings.api_keys))]


def key_layers(settings: ApiSettings, metrics: Metrics, counts: Counts | None) -> list[Middleware]:
    """What checks keys and limits requests, outermost first.

    Args:
        settings: of the process.
        metrics: of the process.
        counts: of requests; None: they are not limited.
    """
    secret = secret_keys(settings.api_keys)
    layers = [Middleware(KeysIgnored)]
    if secret:
        keys = Middleware(
            ApiKeys,
            keys=(*secret, *publishable_keys(settings.publishable_keys)),
            needs_no_key=needs_no_key(open_pictures=settings.open_pictures),
            limit=RefusalLimit(settings.unauthorized_per_minute),
            metrics=metrics,
        )
        layers = [keys]
    if counts is not None:
        layers.append(Middleware(RateLimit, counts=counts, secret=shared_secret(settings, b"limit")))
    return layers


def shared_secret(settings: ApiSettings, purpose: bytes) -> bytes:
    """32 bytes that are not in Redis, and the same in all processes; empty without keys.

    Args:
        settings: of the process.
        purpose: at most 16 bytes; each has a secret of its own.
    """
    digests = b"".join(sorted(key.digest for key in secret_keys(settings.api_keys)))
    return hashlib.blake2b(digests, digest_size=32, person=purpose).digest() if digests else b""
