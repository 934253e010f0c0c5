"""The names of all settings, and what happens to others."""

import pytest
from pydantic_settings import BaseSettings

from api.settings import ApiSettings
from contracts.errors import LaunchError
from contracts.settings_names import API_SETTINGS, FILE_SUFFIX, SECRETS, WORKER_SETTINGS, check_names
from worker.settings import WorkerSettings


def variables(settings: type[BaseSettings]) -> set[str]:
    return {f"LOOKALIKE_{field.upper()}" for field in settings.model_fields if field != "redis_url"}


def test_the_list_has_every_setting_and_no_other() -> None:
    files = {f"{secret}{FILE_SUFFIX}" for secret in SECRETS if secret != "REDIS_URL"}
    assert variables(ApiSettings) | files == API_SETTINGS
    assert variables(WorkerSettings) == WORKER_SETTINGS


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("LOOKALIKE_API_KEY", "LOOKALIKE_API_KEYS"),
        ("LOOKALIKE_APIKEYS", "LOOKALIKE_API_KEYS"),
        ("LOOKALIKE_KEYS", "LOOKALIKE_API_KEYS"),
        ("lookalike_api_keys", "LOOKALIKE_API_KEYS"),
        ("Lookalike_Api_Keys", "LOOKALIKE_API_KEYS"),
        ("LOOKALIKE_API_KEYS_FILES", "LOOKALIKE_API_KEYS_FILE"),
        ("LOOKALIKE_BATCHLIMIT", "LOOKALIKE_BATCH_LIMIT"),
        ("LOOKALIKE_", "LOOKALIKE_"),
    ],
)
def test_a_name_that_is_no_setting_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(LaunchError) as caught:
        check_names({"PATH": "/bin", name: "do-not-show-this"})
    assert f"{name} (the nearest that exists is {nearest}" in str(caught.value)
    assert "do-not-show-this" not in str(caught.value)


def test_all_unknown_names_are_told_at_once() -> None:
    with pytest.raises(LaunchError, match=r"LOOKALIKE_A .*; LOOKALIKE_B "):
        check_names({"LOOKALIKE_B": "", "LOOKALIKE_A": ""})


def test_what_kubernetes_sets_beside_a_service_is_let_through() -> None:
    check_names(
        {
            "LOOKALIKE_SERVICE_HOST": "10.0.0.1",
            "LOOKALIKE_SERVICE_PORT": "8000",
            "LOOKALIKE_SERVICE_PORT_HTTP": "8000",
            "LOOKALIKE_PORT": "tcp://10.0.0.1:8000",
            "LOOKALIKE_PORT_8000_TCP": "tcp://10.0.0.1:8000",
            "LOOKALIKE_PORT_8000_TCP_PROTO": "tcp",
            "LOOKALIKE_PORT_8000_TCP_PORT": "8000",
            "LOOKALIKE_PORT_8000_TCP_ADDR": "10.0.0.1",
            "LOOKALIKE_API_SERVICE_HOST": "10.0.0.2",
            "LOOKALIKE_API_PORT": "tcp://10.0.0.2:8000",
        }
    )
    with pytest.raises(LaunchError, match="LOOKALIKE_PORT"):
        check_names({"LOOKALIKE_PORT": "8000"})
