import pytest

from api.settings import ApiSettings, read_settings
from contracts.errors import LaunchError


def test_defaults_are_closed_and_local() -> None:
    settings = ApiSettings()
    assert settings.redis_url == "redis://localhost:6379/0"
    assert settings.cors_origins == ()
    assert settings.api_keys == ()
    assert settings.root_path == ""
    assert settings.image_url_template is None
    assert settings.max_upload_bytes == 10 * 1024 * 1024
    assert settings.max_body_bytes == 10 * 1024 * 1024 + 64 * 1024
    assert settings.access_log is False
    assert settings.open is False
    assert settings.allowed_hosts == ()
    assert settings.rerank == 400


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "REDIS_URL": "rediss://:pw@redis.example:6380/2",
        "LOOKALIKE_CORS_ORIGINS": "https://a.example, http://localhost:3000",
        "LOOKALIKE_API_KEYS": "the-first-of-two-keys, the-second-of-two-keys,",
        "LOOKALIKE_ROOT_PATH": "/shop/look",
        "LOOKALIKE_IMAGE_URL_TEMPLATE": "https://cdn.example/{id}.jpg",
        "LOOKALIKE_CATALOGUE_ROOT": "/pictures",
        "LOOKALIKE_MAX_UPLOAD_BYTES": "1000000",
        "LOOKALIKE_REQUEST_TIMEOUT_S": "4.5",
        "LOOKALIKE_ACCESS_LOG": "true",
        "LOOKALIKE_RERANK": "0",
        "LOOKALIKE_BATCH_LIMIT": "4",
        "LOOKALIKE_OPEN": "true",
        "LOOKALIKE_ALLOWED_HOSTS": "Shop.example., *.shop.example",
    }.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert settings.redis_url == "rediss://:pw@redis.example:6380/2"
    assert settings.cors_origins == ("https://a.example", "http://localhost:3000")
    assert [key.get_secret_value() for key in settings.api_keys] == ["the-first-of-two-keys", "the-second-of-two-keys"]
    assert settings.root_path == "/shop/look"
    assert str(settings.catalogue_root) == "/pictures"
    assert settings.max_upload_bytes == 1_000_000
    assert settings.request_timeout_s == 4.5
    assert settings.access_log is True
    assert settings.rerank == 0
    assert settings.open is True
    assert settings.allowed_hosts == ("shop.example", "*.shop.example")
    assert "the-first" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("REDIS_URL", "http://redis", "redis://"),
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("LOOKALIKE_CORS_ORIGINS", "shop.example", "https://shop.example"),
        ("LOOKALIKE_CORS_ORIGINS", "https://shop.example/", "https://shop.example"),
        ("LOOKALIKE_ROOT_PATH", "look", "/lookalike"),
        ("LOOKALIKE_ROOT_PATH", "/look/", "/lookalike"),
        ("LOOKALIKE_ROOT_PATH", "/a/../b", "/lookalike"),
        ("LOOKALIKE_IMAGE_URL_TEMPLATE", "https://cdn.example/p.jpg", "{id}"),
        ("LOOKALIKE_IMAGE_URL_TEMPLATE", "https://cdn.example/{id}/{size}", "{id}"),
        ("LOOKALIKE_IMAGE_URL_TEMPLATE", "https://{id}.example/", "host"),
        ("LOOKALIKE_IMAGE_URL_TEMPLATE", "javascript:alert({id})", "http"),
        ("LOOKALIKE_PUBLIC_URL", "search.shop.example", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "//search.shop.example", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "ftp://search.shop.example", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https://", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https:///look", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https://user:password@shop.example", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https://shop.example?key=1", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https://shop.example#items", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https://shop.example/a b", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https://shop.example/a/../b", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https://shop.example/{id}", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https://shop.example:0", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https://shop.example:70000", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https://shop.example'; script-src *", "https://search.shop.example"),
        ("LOOKALIKE_PUBLIC_URL", "https://shop.example\n", "https://search.shop.example"),
        ("LOOKALIKE_THUMBNAIL_BYTES", "-1", "67108864"),
        ("LOOKALIKE_THUMBNAIL_BYTES", "1000000", "67108864"),
        ("LOOKALIKE_THUMBNAIL_MEMORY_BYTES", "1000", "67108864"),
        ("LOOKALIKE_MAX_UPLOAD_BYTES", "20000000", "10485760"),
        ("LOOKALIKE_REQUEST_TIMEOUT_S", "0", "greater than 0"),
        ("LOOKALIKE_MAX_PENDING", "many", "integer"),
        ("LOOKALIKE_RERANK", "-1", "greater than or equal to 0"),
        ("LOOKALIKE_RERANK", "2001", "2000"),
        ("LOOKALIKE_RERANK", "true", "integer"),
        ("LOOKALIKE_API_KEYS", "", "holds no key"),
        ("LOOKALIKE_API_KEYS", " , ", "holds no key"),
        ("LOOKALIKE_API_KEYS", ",\n,", "holds no key"),
        ("LOOKALIKE_API_KEYS", "a" * 16 + "," + "b" * 15, "key 2 of 2 has 15 characters"),
        ("LOOKALIKE_API_KEYS", "a" * 1025, "1025 characters"),
        ("LOOKALIKE_API_KEYS", "sixteen letters and spaces", "visible ASCII"),
        ("LOOKALIKE_API_KEYS", "schl\u00fcssel-schl\u00fcssel", "visible ASCII"),
        ("LOOKALIKE_ALLOWED_HOSTS", "https://shop.example", "shop.example"),
        ("LOOKALIKE_ALLOWED_HOSTS", "shop.example:80", "without scheme and port"),
        ("LOOKALIKE_ALLOWED_HOSTS", "shop.*", "*.shop.example"),
        ("LOOKALIKE_UNAUTHORIZED_PER_MINUTE", "0", "greater than or equal to 1"),
        ("LOOKALIKE_OPEN", "maybe", "boolean"),
    ],
)
def test_bad_settings_are_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(LaunchError) as caught:
        read_settings()
    assert name in str(caught.value)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://search.shop.example", "https://search.shop.example"),
        ("https://search.shop.example/", "https://search.shop.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://[2001:db8::1]:8443/look/", "https://[2001:db8::1]:8443/look"),
        ("https://shop.example/a/b.c", "https://shop.example/a/b.c"),
        ("", None),
    ],
)
def test_the_public_url_has_no_slash_at_its_end(monkeypatch: pytest.MonkeyPatch, given: str, used: str | None) -> None:
    monkeypatch.setenv("LOOKALIKE_PUBLIC_URL", given)
    assert read_settings().public_url == used


def test_the_public_url_ends_with_the_root_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_ROOT_PATH", "/shop/look")
    monkeypatch.setenv("LOOKALIKE_PUBLIC_URL", "https://shop.example/shop/look/")
    assert read_settings().public_url == "https://shop.example/shop/look"
    monkeypatch.setenv("LOOKALIKE_PUBLIC_URL", "https://shop.example/look")
    with pytest.raises(LaunchError, match=r"LOOKALIKE_PUBLIC_URL.*must end with /shop/look"):
        read_settings()


def test_keys_do_not_show_in_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_API_KEYS", "very-secret")
    monkeypatch.setenv("LOOKALIKE_MAX_PENDING", "0")
    with pytest.raises(LaunchError) as caught:
        read_settings()
    assert "very-secret" not in str(caught.value)
