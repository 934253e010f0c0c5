"""Who may change items."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from api.http.problems import ServiceProblem
from api.settings import ApiSettings

_HOW_TO_SWITCH_ON = (
    "this service has no live catalogue, so its items cannot be changed; its operator switches that on by "
    "LOOKALIKE_DATABASE_URL, such as sqlite:////data/catalogue.db"
)


def switched_off() -> ServiceProblem:
    """The problem of a service without a database."""
    return ServiceProblem("not_found", _HOW_TO_SWITCH_ON)


def check_may_write(scope: Scope, settings: ApiSettings) -> None:
    """Refuse a request that may not change items; the key was checked before.

    A page of another origin can make a browser send a form, or plain text, to a server that only this browser reaches.
    Browsers name the page's origin in all requests that are no GET.

    Raises:
        ServiceProblem: `forbidden`.
    """
    if settings.open and not settings.api_keys:
        raise ServiceProblem(
            "forbidden",
            "items cannot be changed here: the service is open to everybody (--open, LOOKALIKE_OPEN) and has no API "
            "keys; set LOOKALIKE_API_KEYS to change items with a key",
        )
    headers = Headers(scope=scope)
    for origin in headers.getlist("origin"):
        if not _is_trusted(origin, headers.get("host", ""), settings):
            raise ServiceProblem(
                "forbidden",
                f"pages of the origin {origin!r:.100} may not change items; the server's operator lists origins in "
                "LOOKALIKE_CORS_ORIGINS",
            )


def _is_trusted(origin: str, host: str, settings: ApiSettings) -> bool:
    # A proxy may have taken HTTPS off, so only the host is compared.
    if origin in settings.cors_origins or (settings.api_keys and "*" in settings.cors_origins):
        return True
    try:
        named = urlsplit(origin)
    except ValueError:
        return False
    return named.scheme in {"http", "https"} and bool(host) and named.netloc.lower() == host.lower()
