"""The worker's settings."""

import os
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.engine_names import EngineName
from contracts.log_format import LogFormat
from contracts.redis_url import check_redis_url
from contracts.secret_files import read_secret_files
from contracts.settings_errors import unusable_settings
from contracts.settings_names import REDIS_URL, check_names


class WorkerSettings(BaseSettings):
    """Read from the environment with the prefix `LOOKALIKE_`; only `REDIS_URL` has none.

    Attributes:
        redis_url: `redis://`, `rediss://` or `unix://`; the same Redis as the API's.
        batch_limit: most pictures in one forward pass; twice as many are taken from the queue at a time.
        decode_budget_bytes: memory that decoding may take at a time, by the estimate of `pictures.decoding_cost`.
        visibility_timeout_s: seconds after which a job of a worker that died is given to another worker.
            Under load it must exceed the time for two full batches.
        engine_stuck_s: a forward pass that takes longer counts as hung, and the worker process ends.
        detect: find garments in photos, if the network has a detector.
        engine: what runs the network; `auto` takes torch on a GPU, else OpenVINO.
        log_level: for the project's and Celery's log lines.
        log_format: `text`, or `json` for a JSON object a line.
        tracing: record spans with OpenTelemetry, and export them as the OTEL_* variables say.
        worker_metrics_port: serves Prometheus metrics of this process; None: no port.
        worker_metrics_host: address for that.
        extract_shared: work folder of extractions on workers, a path or `s3://bucket/prefix`.
        extract_roots: folders that a worker of extractions may read pictures from, separated by commas.
    """

    model_config = SettingsConfigDict(env_prefix="LOOKALIKE_", populate_by_name=True, frozen=True)

    redis_url: Annotated[str, AfterValidator(check_redis_url)] = Field(
        default="redis://localhost:6379/0", validation_alias=AliasChoices("REDIS_URL", "redis_url"), repr=False
    )
    batch_limit: int = Field(default=16, ge=1, le=256)
    decode_budget_bytes: int = Field(default=1024**3, ge=64 * 1024**2)
    visibility_timeout_s: int = Field(default=6, ge=1, le=3600)
    engine_stuck_s: float = Field(default=60.0, gt=0)
    detect: bool = True
    engine: EngineName = "auto"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: LogFormat = "text"
    tracing: bool = False
    worker_metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    worker_metrics_host: str = Field(default="127.0.0.1", min_length=1)
    extract_shared: str = ""
    extract_roots: str = ""


def read_settings() -> WorkerSettings:
    """Read the settings from the environment, and the address of Redis from its file if it has one.

    Raises:
        LaunchError: a setting is invalid or unknown; the message names each one and its problem.
    """
    check_names(os.environ)
    secrets = read_secret_files(os.environ, (REDIS_URL,))
    given: dict[str, Any] = {"redis_url": secrets[REDIS_URL]} if secrets else {}
    try:
        return WorkerSettings(**given)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        raise unusable_settings(problems) from None
