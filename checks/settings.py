"""The environment: whether API and worker would start with it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from checks.finding import Finding
from contracts.errors import LaunchError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from api.settings import ApiSettings

_Settings = TypeVar("_Settings")

_MEND = "correct the variable; docs/production.md lists all of them"


@dataclass(frozen=True, slots=True)
class CheckedSettings:
    """What was found, and what the other checks need of it.

    Attributes:
        findings: one for each process that this installation has.
        redis_url: None if it is not usable.
        database_url: of the live catalogue; None if it is not set, or not usable.
        search_url: of the search engine; None likewise.
        api: None if they are invalid, or this installation has no API.
    """

    findings: tuple[Finding, ...]
    redis_url: str | None
    database_url: str | None
    search_url: str | None
    api: "ApiSettings | None"


def check_settings() -> CheckedSettings:
    """Read the settings as each process reads them."""
    findings: list[Finding] = []
    redis_url, database_url, search_url, api = None, None, None, None
    # An image has the rooms of one process only.
    if find_spec("api") is not None:
        from api.settings import read_settings as read_api_settings

        api = _read("API settings", read_api_settings, findings)
        if api is not None:
            redis_url, database_url = api.redis_url, _secret(api.database_url)
            search_url = _secret(api.search_url)
    elif find_spec("importer") is not None:
        from importer.settings import read_settings as read_importer_settings

        importer = _read("importer settings", read_importer_settings, findings)
        database_url = None if importer is None else _secret(importer.database_url)
    if find_spec("worker") is not None:
        from worker.settings import read_settings as read_worker_settings

        worker = _read("worker settings", read_worker_settings, findings)
        redis_url = redis_url if worker is None else worker.redis_url
    return CheckedSettings(tuple(findings), redis_url, database_url, search_url, api)


def _secret(value: "SecretStr | None") -> str | None:
    return None if value is None else value.get_secret_value() or None


def _read(subject: str, read: Callable[[], _Settings], findings: list[Finding]) -> _Settings | None:
    try:
        settings = read()
    except LaunchError as error:
        # Several settings may be wrong, and the message names each with its own mend.
        findings.append(Finding(subject, "problem", str(error), _MEND))
        return None
    findings.append(Finding(subject, "ok", "valid"))
    return settings
