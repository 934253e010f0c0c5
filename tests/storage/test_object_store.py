"""A bucket of a real object store, and what a hostile one may do."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from contracts.errors import StoreUnavailableError
from storage import object_store
from storage.object_facts import ObjectChangedError, ObjectFacts, ObjectTakenError
from storage.object_store import ObjectStore, open_object_store
from tests.storage.object_server import ObjectServer

TOKEN = "secret-session-token"


@pytest.fixture
def store(objects: ObjectServer) -> ObjectStore:
    return open_object_store(objects.new_url(), any_name=True)


def test_what_is_put_is_there(store: ObjectStore) -> None:
    assert store.get("a/b", most_bytes=9) is None
    assert store.facts("a/b") is None
    assert list(store.listed()) == []
    store.put("a/b", b"content")
    facts = store.facts("a/b")
    assert facts is not None
    assert store.get("a/b", most_bytes=9, facts=facts) == b"content"
    assert list(store.listed()) == [("a/b", facts)]
    store.delete("a/b")
    store.delete("a/b")
    assert list(store.names()) == []


def test_more_than_a_page_of_any_names(store: ObjectStore) -> None:
    names = {"ä ö%2f&<>\"'+?#.jpg", "a/ b /c", "..a/...", *(f"many/{n}" for n in range(1_200))}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.put(name, b"x"), names))
    assert set(store.names()) == names
    for name in sorted(names)[:6]:
        assert store.get(name, most_bytes=1) == b"x"


def test_conditions(store: ObjectStore) -> None:
    store.put_new("a", b"1")
    first = store.facts("a")
    assert first is not None
    with pytest.raises(ObjectTakenError):
        store.put_new("a", b"2")
    store.put_instead("a", b"2", first)
    for name in ("a", "none"):
        with pytest.raises(ObjectTakenError):
            store.put_instead(name, b"3", first)
    with pytest.raises(StoreUnavailableError, match="no ETag"):
        store.put_instead("a", b"3", ObjectFacts(1, None))
    assert store.get("a", most_bytes=9) == b"2"
    with pytest.raises(ObjectChangedError, match="changed while"):
        store.get("a", most_bytes=9, facts=first)
    with pytest.raises(ObjectChangedError, match="changed while"):
        store.get("a", most_bytes=9, facts=ObjectFacts(7, None))


def test_of_many_who_write_a_new_object_one_does(store: ObjectStore) -> None:
    ready = threading.Barrier(8)

    def write(number: int) -> int | None:
        ready.wait(10)
        try:
            store.put_new("a", b"%d" % number)
        except ObjectTakenError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        (winner,) = {number for number in pool.map(write, range(8)) if number is not None}
    assert store.get("a", most_bytes=9) == b"%d" % winner


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.", ".", "a\0", "a\n", "\ud800", "x" * 1025]
)
def test_names_that_lead_elsewhere_are_refused(store: ObjectStore, name: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.get(name, most_bytes=9),
        lambda: store.put(name, b""),
        lambda: store.put_new(name, b""),
        lambda: store.facts(name),
        lambda: store.delete(name),
    ]
    for call in calls:
        with pytest.raises(StoreUnavailableError, match="no name of an object"):
            call()


def test_another_bucket_and_wrong_keys(objects: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = objects.new_url()
    open_object_store(url).put("a", b"content")
    for name, value in objects.variables(may_write=False).items():
        monkeypatch.setenv(name, value)
    reader = open_object_store(url)
    assert reader.get("a", most_bytes=9) == b"content"
    other = open_object_store("s3://other/t0")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-that-is-wrong")
    wrong = open_object_store(url)
    calls: list[Callable[[], object]] = [
        lambda: reader.put("b", b""),
        lambda: other.get("a", most_bytes=9),
        lambda: list(other.names()),
        lambda: wrong.get("a", most_bytes=9),
    ]
    for call in calls:
        with pytest.raises(StoreUnavailableError) as failure:
            call()
        for secret in (*objects.variables(may_write=False).values(), "secret-that-is-wrong", "Signature"):
            if secret != "eu-central-1":
                assert secret not in str(failure.value)
        assert failure.value.__suppress_context__


class _Hostile(BaseHTTPRequestHandler):
    """Answers as its server says."""

    server: "_HostileServer"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.server.asked.append(str(self.headers))
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in {"ETag": '"x"', "Last-Modified": "Fri, 27 Nov 2026 10:00:00 GMT", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()


class _HostileServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str) -> None:
        super().__init__((host, 0), _Hostile)
        self.asked: list[str] = []
        self.answer: tuple[int, dict[str, str], bytes] = (200, {"Content-Length": "3"}, b"abc")

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no error."""

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"


@contextmanager
def running(host: str) -> Iterator[_HostileServer]:
    with _HostileServer(host) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[_HostileServer]:
    monkeypatch.setattr(object_store, "_RETRIES", 0)
    with running("127.0.0.1") as server:
        for name, value in ObjectServer.credentials().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
        yield server


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed_and_gets_no_token(hostile: _HostileServer, status: int) -> None:
    with running("127.0.0.2") as other:
        hostile.answer = (status, {"Location": f"{other.url}/shop/a", "Content-Length": "0"}, b"")
        store = open_object_store("s3://shop")
        calls: list[Callable[[], object]] = [
            lambda: store.get("a", most_bytes=9),
            lambda: store.facts("a"),
            lambda: store.put("a", b"1"),
            lambda: list(store.names()),
        ]
        for call in calls:
            with pytest.raises(StoreUnavailableError) as failure:
                call()
            assert "127.0.0" not in str(failure.value)
        assert other.asked == []
    assert TOKEN in hostile.asked[0]


def test_an_endless_answer_and_more_than_was_said(hostile: _HostileServer) -> None:
    store = open_object_store("s3://shop")
    hostile.answer = (200, {"Content-Length": "3"}, b"abc" * 100)
    assert store.get("a", most_bytes=9) in {b"abc", None}
    hostile.answer = (200, {"Content-Length": "100"}, b"abc")
    with pytest.raises(StoreUnavailableError):
        store.get("a", most_bytes=200)
    hostile.answer = (200, {"Content-Length": str(10**15)}, b"abc")
    with pytest.raises(ObjectChangedError, match="over 200 bytes"):
        store.get("a", most_bytes=200)
    # HEAD said 2, so not one byte of what has 3 now is used.
    hostile.answer = (200, {"Content-Length": "3"}, b"abc")
    with pytest.raises(ObjectChangedError, match="changed while"):
        store.get("a", most_bytes=200, facts=ObjectFacts(2, '"x"'))
    with pytest.raises(StoreUnavailableError):
        list(store.pieces("a", ObjectFacts(2, '"x"')))


@pytest.mark.parametrize("name", ["p//a", "p/../a", "p/./a", "p/a\tb"])
def test_a_listing_with_a_name_that_leads_elsewhere_is_refused(hostile: _HostileServer, name: str) -> None:
    body = _listing(name, "p/good")
    hostile.answer = (200, {"Content-Length": str(len(body))}, body)
    with pytest.raises(StoreUnavailableError, match="rename or remove the object") as failure:
        list(open_object_store("s3://shop/p", any_name=True).names())
    assert repr(name)[1:-1] in str(failure.value)


def test_what_stands_for_a_folder_is_passed_over_and_nothing_outside_is_read(hostile: _HostileServer) -> None:
    body = _listing("p/", "p/good", "q/outside")
    hostile.answer = (200, {"Content-Length": str(len(body))}, body)
    store = open_object_store("s3://shop/p", any_name=True)
    # The library adds the prefix to whatever is asked for, so a name outside it becomes one below it.
    assert set(store.names()) == {"good", "q/outside"}


def _listing(*names: str) -> bytes:
    entries = "".join(
        f"<Contents><Key>{name}</Key><Size>1</Size><ETag>&quot;x&quot;</ETag>"
        "<LastModified>2026-11-27T10:00:00.000Z</LastModified></Contents>"
        for name in names
    )
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>".encode()
