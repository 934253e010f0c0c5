"""A bucket of a real object store."""

import pytest

from contracts.errors import StoreUnavailableError
from storage.object_store import open_object_store
from tests.storage.object_server import ObjectServer


def test_what_is_put_is_there(objects: ObjectServer) -> None:
    url = objects.new_url()
    store = open_object_store(url)
    assert store.get("a/b", most_bytes=9) is None
    store.put("a/b", b"content")
    assert store.get("a/b", most_bytes=9) == b"content"
    assert list(store.names()) == ["a/b"]


def test_a_process_that_may_only_read(objects: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = objects.new_url()
    open_object_store(url).put("a", b"content")
    for name, value in objects.variables(may_write=False).items():
        monkeypatch.setenv(name, value)
    store = open_object_store(url)
    assert store.get("a", most_bytes=9) == b"content"
    with pytest.raises(StoreUnavailableError, match="refuses these credentials"):
        store.put("b", b"")
