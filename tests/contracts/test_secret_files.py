import os
from pathlib import Path

import pytest

from api.settings import read_settings as read_api_settings
from contracts.errors import LaunchError
from worker.settings import read_settings as read_worker_settings

KEY = "a-key-of-20-letters-"


def test_keys_and_redis_come_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keys, redis = tmp_path / "keys", tmp_path / "redis"
    keys.write_text(f"\n {KEY}1\r\n{KEY}2, {KEY}3 \n\n")
    redis.write_text("  redis://:password@redis.example/0\n")
    monkeypatch.setenv("LOOKALIKE_API_KEYS_FILE", str(keys))
    monkeypatch.setenv("REDIS_URL_FILE", str(redis))
    settings = read_api_settings()
    assert [key.get_secret_value() for key in settings.api_keys] == [f"{KEY}1", f"{KEY}2", f"{KEY}3"]
    assert settings.redis_url == read_worker_settings().redis_url == "redis://:password@redis.example/0"


def test_a_link_is_followed_as_kubernetes_makes_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").write_text(KEY)
    (tmp_path / "keys").symlink_to("data")
    monkeypatch.setenv("LOOKALIKE_API_KEYS_FILE", str(tmp_path / "keys"))
    assert len(read_api_settings().api_keys) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b" , ", "holds no key"),
        (b"short-secret", "has 12 characters"),
        (b"\xff\xfe-secret-secret-secret", "not UTF-8"),
        (b"x" * (64 * 1024 + 1), "over 64 KiB"),
    ],
)
def test_a_file_that_holds_no_keys_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "keys"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("LOOKALIKE_API_KEYS_FILE", str(path))
    with pytest.raises(LaunchError, match=said) as caught:
        read_api_settings()
    assert "LOOKALIKE_API_KEYS" in str(caught.value)
    assert "short-secret" not in str(caught.value)
    assert "secret-secret" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_of_somebody_else_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(KEY)
    path.chmod(0)
    monkeypatch.setenv("LOOKALIKE_API_KEYS_FILE", str(path))
    with pytest.raises(LaunchError, match="Permission denied"):
        read_api_settings()


def test_neither_a_folder_nor_a_pipe_nor_nothing_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for location in (tmp_path, tmp_path / "pipe"):
        monkeypatch.setenv("REDIS_URL_FILE", str(location))
        with pytest.raises(LaunchError, match="not a file"):
            read_worker_settings()
    monkeypatch.setenv("REDIS_URL_FILE", "")
    with pytest.raises(LaunchError, match="names no file"):
        read_worker_settings()
    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / ("x" * 300)))
    with pytest.raises(LaunchError, match="cannot be read"):
        read_worker_settings()


def test_a_secret_that_stands_in_two_places_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(KEY)
    monkeypatch.setenv("LOOKALIKE_API_KEYS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("LOOKALIKE_API_KEYS", KEY)
    with pytest.raises(LaunchError, match="both LOOKALIKE_API_KEYS_FILE and LOOKALIKE_API_KEYS are set"):
        read_api_settings()
    # What compose passes for a variable that an override file takes back.
    monkeypatch.setenv("LOOKALIKE_API_KEYS", "")
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "redis"))
    (tmp_path / "redis").write_text("redis://redis.example/0")
    assert len(read_api_settings().api_keys) == 1
    assert read_api_settings().redis_url == read_worker_settings().redis_url == "redis://redis.example/0"
