"""What a client of an object store may connect to."""

import pytest

from storage.object_endpoint import endpoint_options


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AWS_PROXY_URL", "PROXY_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def reachable() -> set[str]:
    return set(endpoint_options()["proxy_excludes"].split(","))


def test_amazon_by_default_and_only_encrypted() -> None:
    assert endpoint_options()["allow_http"] is False
    assert reachable() == {"amazonaws.com", "amazonaws.com.cn", "169.254.169.254", "169.254.170.2", "169.254.170.23"}


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT"])
@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("http://minio:9000", "minio"),
        ("https://key:secret@store.example/path", "store.example"),
        ("http://[::1]:9000", "::1"),
        ("http://192.0.2.7", "192.0.2.7"),
    ],
)
def test_the_endpoint_too(monkeypatch: pytest.MonkeyPatch, name: str, endpoint: str, host: str) -> None:
    monkeypatch.setenv(name, endpoint)
    assert host in reachable()
    assert endpoint_options()["allow_http"] is endpoint.startswith("http:")
    assert not any("secret" in each for each in reachable())


def test_where_the_operator_gives_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1338/role")
    assert "127.0.0.1" in reachable()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://[broken")
    assert "amazonaws.com" in reachable()


def test_a_proxy_of_the_operator_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    assert "proxy_url" not in endpoint_options()
