"""The API's settings."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from contracts.search_defaults import RERANKED
from contracts.settings_errors import unusable_settings

# The most that multipart framing may add to a picture.
FRAMING_BYTES = 64 * 1024

_MAX_PICTURE_BYTES = 10 * 1024 * 1024
# Above this, one search would delay the other requests of the event loop.
_LARGEST_WINDOW = 2000
_REDIS_SCHEMES = ("redis", "rediss", "unix")


def _split_at_commas(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _check_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        parts = urlsplit(origin)
        if origin != "*" and (parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}"):
            raise ValueError(
                f"{origin!r} is not an origin; give scheme, host and port only, such as https://shop.example"
            )
    return origins


def _check_root_path(root_path: str) -> str:
    if root_path and (not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", root_path) or "/.." in root_path):
        raise ValueError(f"{root_path!r} must be empty or start with '/' and end without one, such as /lookalike")
    return root_path


def _check_image_url_template(template: str | None) -> str | None:
    if not template:
        return None
    if template.count("{id}") != 1 or re.search(r"[{}\s\"'<>;]", template.replace("{id}", "")):
        raise ValueError(
            f"{template!r} must contain {{id}} exactly once and no other braces, spaces or quotes, "
            "such as https://cdn.example/pictures/{id}.jpg"
        )
    parts = urlsplit(template)
    if not (parts.scheme in {"http", "https"} and parts.netloc and "{id}" not in parts.netloc):
        raise ValueError(f"{template!r} must start with http:// or https:// and a host")
    return template


def _check_redis_url(url: str) -> str:
    if urlsplit(url).scheme not in _REDIS_SCHEMES:
        raise ValueError(
            f"must start with {', '.join(f'{scheme}://' for scheme in _REDIS_SCHEMES)}, "
            "such as redis://localhost:6379/0"
        )
    return url


class ApiSettings(BaseSettings):
    """Settings of one API process; each is read from `LOOKALIKE_<NAME>`, Redis from `REDIS_URL`.

    Attributes:
        redis_url: the Redis of the workers' jobs and of the state of `/jobs`.
        cors_origins: origins whose pages may call the API; comma separated; none by default.
        api_keys: comma separated; each request must carry one of them; none: no key is needed.
        root_path: path below which a proxy serves the API, such as `/lookalike`.
        image_url_template: URL of the pictures, with `{id}`, if they are not served from `/items/{id}/image`.
        catalogue_root: folder of the pictures, if it is not the one the index was built from.
        max_upload_bytes: size of the largest picture, bytes; pictures over 10 MiB are refused anyway.
        request_timeout_s: how long a photo may take before it gets a 504, seconds.
        body_timeout_s: how long a request's body may take to arrive, seconds.
        body_idle_s: longest pause within a body, seconds.
        header_timeout_s: how long a request's head may take to arrive, seconds.
        max_pending: photos of this process that may wait for their embedding; beyond, 503.
        max_connections: open connections; beyond, 503 for everything but health.
        max_connections_per_address: open connections of one client address; beyond, 429.
        proxy_addresses: addresses and networks of reverse proxies, comma separated; they may open any number of
            connections, because they stand for many clients.
        write_timeout_s: how long a client may go without reading its answer, seconds.
        body_budget_bytes: what request bodies may take in this process's memory, bytes; beyond, 503.
        job_pictures_in_flight: pictures of one job that are in Redis at a time, at most 64.
        max_jobs: jobs of this process that may run or wait; beyond, 503.
        rerank: how many of the best of a search are re-ranked by their full embeddings; 0 for none.
        access_log: write a line for each request to stderr.
    """

    model_config = SettingsConfigDict(
        env_prefix="LOOKALIKE_", validate_by_name=True, validate_by_alias=True, frozen=True, extra="ignore"
    )

    redis_url: Annotated[str, AfterValidator(_check_redis_url)] = Field(
        default="redis://localhost:6379/0", validation_alias="REDIS_URL"
    )
    cors_origins: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_split_at_commas), AfterValidator(_check_origins)
    ] = ()
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split_at_commas)] = ()
    root_path: Annotated[str, AfterValidator(_check_root_path)] = ""
    image_url_template: Annotated[str | None, AfterValidator(_check_image_url_template)] = None
    catalogue_root: Path | None = None
    max_upload_bytes: int = Field(default=_MAX_PICTURE_BYTES, ge=1024, le=_MAX_PICTURE_BYTES)
    request_timeout_s: float = Field(default=10.0, gt=0, le=120)
    body_timeout_s: float = Field(default=30.0, gt=0, le=600)
    body_idle_s: float = Field(default=5.0, gt=0, le=60)
    header_timeout_s: float = Field(default=10.0, gt=0, le=60)
    max_pending: int = Field(default=128, ge=1, le=10_000)
    max_connections: int = Field(default=512, ge=8, le=65_536)
    max_connections_per_address: int = Field(default=64, ge=1, le=65_536)
    proxy_addresses: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_split_at_commas)] = (
        ip_network("127.0.0.0/8"),
        ip_network("::1"),
    )
    write_timeout_s: float = Field(default=10.0, gt=0, le=600)
    body_budget_bytes: int = Field(default=256 * 1024 * 1024, ge=16 * 1024 * 1024)
    job_pictures_in_flight: int = Field(default=16, ge=1, le=64)
    max_jobs: int = Field(default=16, ge=1, le=1000)
    rerank: int = Field(default=RERANKED, ge=0, le=_LARGEST_WINDOW)
    access_log: bool = False

    @property
    def max_body_bytes(self) -> int:
        """Size of the largest request body, bytes."""
        return self.max_upload_bytes + FRAMING_BYTES


def read_settings() -> ApiSettings:
    """Read the settings from the environment.

    Raises:
        LaunchError: a setting is invalid; the message names each one and its problem, never a key.
    """
    try:
        return ApiSettings()
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        raise unusable_settings(problems) from None
