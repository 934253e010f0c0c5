import pytest
from pydantic import ValidationError

from contracts.errors import LaunchError
from worker.settings import WorkerSettings, read_settings


def test_the_environment_is_read_at_construction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere:1/2")
    monkeypatch.setenv("LOOKALIKE_BATCH_LIMIT", "4")
    settings = WorkerSettings()
    assert settings.redis_url == "redis://elsewhere:1/2"
    assert settings.batch_limit == 4


def test_arguments_win_and_the_password_is_not_shown() -> None:
    settings = WorkerSettings(redis_url="redis://u:secret@h/0")
    assert settings.redis_url == "redis://u:secret@h/0"
    assert "secret" not in repr(settings)


def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_BATCH_LIMIT", "0")
    with pytest.raises(ValidationError, match="batch_limit"):
        WorkerSettings()


def test_a_bad_setting_is_a_sentence_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_BATCH_LIMIT", "0")
    monkeypatch.setenv("LOOKALIKE_LOG_LEVEL", "LOUD")
    with pytest.raises(LaunchError, match=r"LOOKALIKE_BATCH_LIMIT: .*LOOKALIKE_LOG_LEVEL: "):
        read_settings()
