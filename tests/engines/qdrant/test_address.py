"""Addresses of Qdrant, with an API key that no message shows."""

import sys

import pytest

from contracts.errors import EngineError
from engines.opening import open_engine
from engines.qdrant.address import parse_qdrant_address


@pytest.mark.parametrize(
    ("text", "url", "shown"),
    [
        ("qdrant://host", "http://host:6333", "qdrant://host"),
        ("qdrant://host:1234/", "http://host:1234", "qdrant://host:1234/"),
        ("qdrant+https://:k%40y@search.example.com:443/a/b/", "https://search.example.com:443/a/b", None),
        ("qdrant://[::1]:6333", "http://[::1]:6333", "qdrant://[::1]:6333"),
        ("qdrant+https://user:k@host", "https://host:6333", "qdrant+https://host"),
    ],
)
def test_addresses(text: str, url: str, shown: str | None) -> None:
    address = parse_qdrant_address(text)
    assert address.url == url
    assert address.shown == (shown or "qdrant+https://search.example.com:443/a/b/")


def test_the_key_is_not_shown() -> None:
    address = parse_qdrant_address("qdrant://:k%40y@host")
    assert address.api_key == "k@y"
    assert "k@y" not in repr(address)
    assert parse_qdrant_address("qdrant://host").api_key is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("qdrant://", "names no host"),
        ("qdrant:host", "names no host"),
        ("qdrant:///folder", "names no host"),
        ("qdrant://:s3cret@host:port", "cannot be read"),
        ("qdrant://:s3cret@host:99999", "cannot be read"),
        ("qdrant://:s3cret@[host", "cannot be read"),
        ("qdrant://:s3cret/@host", "cannot be read"),
        ("qdrant://host?api_key=s3cret", "more than a path"),
        ("qdrant://:s3c#ret@host", "more than a path|cannot be read|names no host"),
        ("qdrant://s3cret@host", "a colon goes before the API key"),
        ("qdrant://:s3cret%0A@host", "no HTTP header"),
        ("qdrant://:s3cr%C3%A9t@host", "no HTTP header"),
    ],
)
def test_what_is_no_address(text: str, problem: str) -> None:
    with pytest.raises(EngineError, match=problem) as refused:
        parse_qdrant_address(text)
    assert "s3c" not in str(refused.value)


def test_the_client_is_needed_only_for_qdrant(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("engines.qdrant.engine", "qdrant_client"):
        # As if it were not installed.
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EngineError, match=r"install lookalike\[qdrant\]"):
        open_engine("qdrant://host")
    open_engine("postgresql://host/database").close()


def test_an_engine_is_opened_without_connecting() -> None:
    for address in ("qdrant://:key@host.invalid", "qdrant+https://host.invalid"):
        engine = open_engine(address)
        assert str(engine) == address.replace(":key@", "")
        engine.close()
        engine.close()
