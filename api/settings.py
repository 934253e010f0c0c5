"""The API's settings."""

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    IPvAnyNetwork,
    PlainValidator,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api.cache_control_setting import checked_cache_control
from api.catalogue_setting import as_location, as_locations
from api.key_entries import check_publishable_keys, check_secret_keys, publishable_keys, secret_keys, split_keys
from api.rate_limit_setting import check_rate_limit
from contracts.catalogue_location import ObjectPrefix
from contracts.log_format import LogFormat
from contracts.public_url import check_public_url
from contracts.redis_url import check_redis_url
from contracts.search_defaults import RERANKED
from contracts.secret_files import read_secret_files
from contracts.settings_errors import unusable_settings
from contracts.settings_names import API_KEYS, DATABASE_URL, REDIS_URL, SEARCH_URL, check_names
from fetching.rules import checked_hosts

# The most that multipart framing may add to a picture.
FRAMING_BYTES = 64 * 1024

# Half of Redis's memory is for photos, and some must stay free for replies and messages.
_MAX_JOB_SHARE = 0.45
_MAX_PICTURE_BYTES = 10 * 1024 * 1024
# Less would leave no room for wide ones: none may take more than a 256th.
_LEAST_THUMBNAIL_BYTES = 64 * 1024 * 1024
# Above this, one search would delay the other requests of the event loop.
_LARGEST_WINDOW = 2000
_HOST = re.compile(r"\*|(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")


def _split_at_commas(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _none_if_empty(value: object) -> object:
    # An empty variable in a file of variables means that there is none.
    return None if isinstance(value, str) and not value.strip() else value


def _check_hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    lowered = tuple(host.lower().rstrip(".") for host in hosts)
    for host in lowered:
        if not _HOST.fullmatch(host):
            raise ValueError(
                f"{host!r} is not the name of a host; give names without scheme and port, such as shop.example, "
                "*.shop.example for all below it, or * for any"
            )
    return lowered


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


def _beside_secret_keys(entries: tuple[SecretStr, ...], info: ValidationInfo) -> tuple[SecretStr, ...]:
    """The publishable keys, if there are secret keys too and none is both."""
    # Missing if they are invalid, which is said by itself.
    secret = info.data.get("api_keys")
    if secret == () and entries:
        raise ValueError(
            "there are publishable keys, but no secret key that could do what they may not; set LOOKALIKE_API_KEYS "
            "(or LOOKALIKE_API_KEYS_FILE) too"
        )
    digests = {key.digest for key in secret_keys(secret or ())}
    if digests & {key.digest for key in publishable_keys(entries)}:
        raise ValueError(
            "a key is both here and in LOOKALIKE_API_KEYS; a secret key must never stand in a page, so make a new one"
        )
    return entries


def _check_thumbnail_bytes(size: int) -> int:
    if size != 0 and not _LEAST_THUMBNAIL_BYTES <= size <= 1024**4:
        raise ValueError(f"it must be 0, which keeps none, or from {_LEAST_THUMBNAIL_BYTES} to {1024**4}; got {size}")
    return size


class ApiSettings(BaseSettings):
    """Settings of one API process; each is read from `LOOKALIKE_<NAME>`, Redis from `REDIS_URL`.

    Attributes:
        redis_url: the Redis of the workers' jobs and of the state of `/jobs`.
        cors_origins: origins whose pages may call the API; comma separated; none by default.
        api_keys: secret keys that may do everything, comma separated, each as it is or as `sha256:` and its hash;
            requests must carry one; none: no key is needed.
        publishable_keys: keys that may stand in pages, `key@https://shop.example`, comma separated; a key with several
            origins has an entry for each. They may search and read items only.
        open_pictures: whether the pictures of items need no key.
        rate_limit: requests of one secret key, of one address with a publishable key, or of one address without a key,
            such as `120/minute`; beyond, 429; None: not limited.
        open: serve without keys, although others than this machine can reach the address.
        allowed_hosts: names that requests may give as their Host, besides addresses and localhost; comma separated;
            none: what `api.http.hosts` says.
        unauthorized_per_minute: requests without a valid key that one client address gets a 401 for; beyond, 429.
        root_path: path below which a proxy serves the API, such as `/lookalike`.
        image_url_template: URL of the pictures, with `{id}`, if they are not served from `/items/{id}/image`.
        public_url: address at which clients reach the API, such as `https://search.shop.example`, so that the URLs of
            pictures in answers are absolute; None: they are paths.
        catalogue_root: folder or URL (`s3://bucket/prefix`) of the pictures, if it is not the one the index was built
            from.
        allowed_catalogues: folders and URLs in one of which the bundle's pictures must be, comma separated; none: any
            folder but the system's own, and no URL. Links among the pictures may lead to these folders too.
        database_url: of the live catalogue, `sqlite:///FILE` or `postgresql://...`; None: items cannot be changed.
        search_url: of the search engine that holds the items, `postgresql://...` or `qdrant://...`; several addresses
            separated by spaces are its shards; None: the items are in memory.
        search_timeout_s: how long a question may take with a search engine before it gets a 503, seconds.
        picture_store: folder or URL (`s3://bucket/prefix`) of the pictures of items that were changed; None: the folder
            `pictures` beside the folder of bundles.
        image_url_hosts: hosts that pictures and feeds may be fetched from, comma separated; `*.shop.example` for all
            below it, `internal:images.lan` for one with a private address; none: nothing is fetched.
        image_url_http: whether to fetch by http too, and not only by https.
        max_changes: changes that may wait for the next index; beyond, 429.
        max_import_bytes: size of the largest feed that can be uploaded, bytes.
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
        job_pictures_in_flight: pictures of all jobs that are in Redis at a time, at most 64.
        max_jobs: jobs of this process that may run or wait; beyond, 503.
        max_jobs_per_key: jobs of one API key that are unfinished or kept for their results, in all processes; without
            keys, of one address; beyond, 429.
        job_memory_share: share of Redis's `maxmemory` for the results of jobs; a job that does not fit gets a 503.
        job_memory_bytes: the same in bytes, if Redis has no `maxmemory`.
        same_photo_s: how long the embedding of a photo is remembered, so that the same photo again needs no worker,
            seconds; 0 remembers none. The photo itself is never kept.
        same_photo_bytes: what these embeddings may take in Redis, bytes; at most a sixteenth of `maxmemory`.
        rerank: how many of the best of a search are re-ranked by their full embeddings; 0 for none.
        answer_cache_bytes: memory for answers to searches by item that are given again, bytes; 0 for none.
        cache_control: Cache-Control of answers about items, such as `public, max-age=60`; empty: none is sent.
        thumbnails: folder of the pictures that were made smaller; None: the folder `thumbnails` beside that of the
            bundles.
        thumbnail_bytes: what that folder may hold, bytes; those unused for longest are removed; 0 keeps none.
        thumbnail_memory_bytes: memory that making them may take at a time, bytes; a picture that alone takes more is
            decoded when no other is.
        access_log: write a line for each request to stderr.
        log_format: `text`, or `json` for a JSON object a line.
        tracing: record spans with OpenTelemetry, and export them as the OTEL_* variables say.
    """

    model_config = SettingsConfigDict(
        env_prefix="LOOKALIKE_", validate_by_name=True, validate_by_alias=True, frozen=True, extra="ignore"
    )

    redis_url: Annotated[str, AfterValidator(check_redis_url)] = Field(
        default="redis://localhost:6379/0", validation_alias="REDIS_URL"
    )
    cors_origins: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_split_at_commas), AfterValidator(_check_origins)
    ] = ()
    api_keys: Annotated[
        tuple[SecretStr, ...], NoDecode, BeforeValidator(split_keys), AfterValidator(check_secret_keys)
    ] = ()
    publishable_keys: Annotated[
        tuple[SecretStr, ...],
        NoDecode,
        BeforeValidator(split_keys),
        AfterValidator(check_publishable_keys),
        AfterValidator(_beside_secret_keys),
    ] = ()
    open_pictures: bool = False
    rate_limit: Annotated[str | None, AfterValidator(check_rate_limit)] = None
    open: bool = False
    allowed_hosts: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_split_at_commas), AfterValidator(_check_hosts)
    ] = ()
    unauthorized_per_minute: int = Field(default=60, ge=1, le=100_000)
    root_path: Annotated[str, AfterValidator(_check_root_path)] = ""
    image_url_template: Annotated[str | None, AfterValidator(_check_image_url_template)] = None
    public_url: Annotated[str | None, AfterValidator(check_public_url)] = None
    catalogue_root: Annotated[Path | ObjectPrefix | None, PlainValidator(as_location)] = None
    allowed_catalogues: Annotated[tuple[Path | ObjectPrefix, ...], NoDecode, PlainValidator(as_locations)] = ()
    database_url: SecretStr | None = None
    search_url: Annotated[SecretStr | None, BeforeValidator(_none_if_empty)] = None
    search_timeout_s: float = Field(default=2.0, ge=0.1, le=60)
    picture_store: str | None = None
    image_url_hosts: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_split_at_commas), AfterValidator(checked_hosts)
    ] = ()
    image_url_http: bool = False
    max_changes: int = Field(default=10_000, ge=100, le=1_000_000)
    max_import_bytes: int = Field(default=1024**3, ge=1024 * 1024, le=64 * 1024**3)
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
    max_jobs_per_key: int = Field(default=200, ge=1, le=100_000)
    job_memory_share: float = Field(default=_MAX_JOB_SHARE, gt=0, le=_MAX_JOB_SHARE)
    job_memory_bytes: int = Field(default=128 * 1024 * 1024, ge=1024 * 1024)
    same_photo_s: int = Field(default=600, ge=0, le=3600)
    same_photo_bytes: int = Field(default=8 * 1024 * 1024, ge=64 * 1024, le=1024 * 1024 * 1024)
    rerank: int = Field(default=RERANKED, ge=0, le=_LARGEST_WINDOW)
    answer_cache_bytes: int = Field(default=32 * 1024 * 1024, ge=0, le=16 * 1024**3)
    cache_control: Annotated[str, AfterValidator(checked_cache_control)] = "no-cache"
    thumbnails: Path | None = None
    thumbnail_bytes: Annotated[int, AfterValidator(_check_thumbnail_bytes)] = 1024**3
    thumbnail_memory_bytes: int = Field(default=256 * 1024 * 1024, ge=64 * 1024 * 1024)
    access_log: bool = False
    log_format: LogFormat = "text"
    tracing: bool = False

    @field_validator("public_url")
    @classmethod
    def _check_public_path(cls, url: str | None, earlier: ValidationInfo) -> str | None:
        root_path = earlier.data.get("root_path", "")
        if url is not None and root_path and urlsplit(url).path != root_path:
            raise ValueError(f"{url!r} must end with {root_path}, the path of LOOKALIKE_ROOT_PATH, and have no other")
        return url

    @property
    def max_body_bytes(self) -> int:
        """Size of the largest request body, bytes."""
        return self.max_upload_bytes + FRAMING_BYTES


def read_settings() -> ApiSettings:
    """Read the settings from the environment, and the secrets among them from their files.

    Raises:
        LaunchError: a setting is invalid or unknown; the message names each one and its problem, never a key.
    """
    check_names(os.environ)
    fields = {API_KEYS: "api_keys", DATABASE_URL: "database_url", REDIS_URL: "redis_url", SEARCH_URL: "search_url"}
    secrets = read_secret_files(os.environ, fields)
    given: dict[str, Any] = {fields[name]: secret for name, secret in secrets.items()}
    try:
        return ApiSettings(**given)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        raise unusable_settings(problems) from None
