"""The settings of the processes that `serve` starts: checked before any work, and each given only its own."""

from collections.abc import Mapping

from contracts.settings_names import (
    API_SETTINGS,
    FILE_SUFFIX,
    IMPORTER_SETTINGS,
    OBJECT_STORE_PREFIX,
    PREFIX,
    REDIS_URL,
    WORKER_SETTINGS,
)


def check_settings(host: str, port: int, *, open_to_all: bool) -> None:
    """Refuse what API, worker or importer would refuse when they start, which may be minutes later.

    Args:
        host: address that the API will listen on.
        port: that it will listen on.
        open_to_all: whether `--open` was given.

    Raises:
        LaunchError: a setting is invalid or unknown, or others could reach the API without a key.
    """
    # Here, because the worker's image has no API, and its process imports this module too.
    from api.http.listening import check_reach
    from api.settings import read_settings as read_api_settings
    from importer.settings import read_settings as read_importer_settings
    from worker.settings import read_settings as read_worker_settings

    settings = read_api_settings()
    read_worker_settings()
    read_importer_settings()
    check_reach(settings.model_copy(update={"open": settings.open or open_to_all}), host, port)


def without_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that decodes pictures: without the API's own settings, so without its keys.

    It has no credentials of an object store either, because it gets its pictures from Redis.
    """
    withheld = API_SETTINGS - WORKER_SETTINGS
    return {
        name: value
        for name, value in environment.items()
        if name not in withheld and not name.startswith(OBJECT_STORE_PREFIX)
    }


def for_importer(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the importer, which decodes pictures too and needs the database: no keys, and no Redis."""
    withheld = (API_SETTINGS - IMPORTER_SETTINGS) | {REDIS_URL, f"{REDIS_URL}{FILE_SUFFIX}"}
    return {name: value for name, value in environment.items() if name not in withheld}


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program that is not ours: also without the keys of collectors and stores."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith((PREFIX, "OTEL_", OBJECT_STORE_PREFIX))
    }
