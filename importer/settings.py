"""Settings of the importer process; each is read from `LOOKALIKE_<NAME>`."""

import os
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from contracts.engine_names import EngineName
from contracts.log_format import LogFormat
from contracts.secret_files import read_secret_files
from contracts.settings_errors import unusable_settings
from contracts.settings_names import DATABASE_URL, PREFIX, SEARCH_URL, check_names
from fetching.rules import checked_hosts


def _split_at_commas(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


class ImporterSettings(BaseSettings):
    """Settings of one importer process; those that the API has too mean the same.

    Attributes:
        database_url: of the live catalogue.
        picture_store: folder or URL of the pictures of items that were changed; None: the folder `pictures` beside the
            folder of bundles.
        image_url_hosts: hosts that pictures and feeds may be fetched from.
        image_url_http: whether to fetch by http too.
        max_import_bytes: size of the largest feed that is fetched.
        max_changes: changes that may wait for the next index; compaction begins at half as many.
        search_url: of the search engine that serves versions; None or empty: the API searches in memory.
        engine: what runs networks: `auto`, `openvino`, `onnxruntime` or `torch`.
        log_format: `text`, or `json` for a JSON object a line.
    """

    model_config = SettingsConfigDict(env_prefix="LOOKALIKE_", validate_by_name=True, frozen=True, extra="ignore")

    database_url: SecretStr | None = None
    picture_store: str | None = None
    image_url_hosts: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_split_at_commas), AfterValidator(checked_hosts)
    ] = ()
    image_url_http: bool = False
    max_import_bytes: int = Field(default=1024**3, ge=1024 * 1024, le=64 * 1024**3)
    max_changes: int = Field(default=10_000, ge=100, le=1_000_000)
    search_url: SecretStr | None = None
    engine: EngineName = "auto"
    log_format: LogFormat = "text"


def read_settings() -> ImporterSettings:
    """Read the settings from the environment, and the addresses of database and search engine from their files.

    Raises:
        LaunchError: a setting is invalid or unknown; the message names each one and its problem, never a password.
    """
    check_names(os.environ)
    secrets = read_secret_files(os.environ, (DATABASE_URL, SEARCH_URL))
    given: dict[str, Any] = {name.removeprefix(PREFIX).lower(): secret for name, secret in secrets.items()}
    try:
        return ImporterSettings(**given)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        raise unusable_settings(problems) from None
