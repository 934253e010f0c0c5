"""Where an object store is, and that nothing is sent anywhere else."""

import os
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from obstore.store import ClientConfig

# Nobody answers on the port of "discard". What is not excluded from this proxy cannot be reached.
_NOWHERE: Final = "http://127.0.0.1:9"
# Amazon's store, and where its machines and containers get their credentials.
_AMAZON: Final = ("amazonaws.com", "amazonaws.com.cn", "169.254.169.254", "169.254.170.2", "169.254.170.23")
_ENDPOINTS: Final = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT")
# Where credentials come from, if not from there.
_CREDENTIALS: Final = ("AWS_ENDPOINT_URL_STS", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_METADATA_ENDPOINT")
_PROXIES: Final = ("AWS_PROXY_URL", "PROXY_URL", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


def endpoint_options() -> "ClientConfig":
    """Options of a client that talks to the environment's endpoint only, and unencrypted only if that says so.

    The library follows redirects, and sends AWS_SESSION_TOKEN along. So every host but the endpoint's gets a proxy
    that does not exist. Where a proxy is set, that one decides.
    """
    given = [os.environ[name] for name in _ENDPOINTS if os.environ.get(name)]
    options: ClientConfig = {"allow_http": any(endpoint.startswith("http://") for endpoint in given)}
    if not any(os.environ.get(name) or os.environ.get(name.lower()) for name in _PROXIES):
        of_credentials = [os.environ[name] for name in _CREDENTIALS if os.environ.get(name)]
        hosts = [host for endpoint in (*given, *of_credentials) if (host := _host(endpoint))]
        options["proxy_url"] = _NOWHERE
        options["proxy_excludes"] = ",".join((*hosts, *_AMAZON))
    return options


def _host(endpoint: str) -> str:
    try:
        return urlsplit(endpoint).hostname or ""
    except ValueError:
        return ""
