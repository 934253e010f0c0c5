"""Fetching from a real server that does what it likes."""

import gzip
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.errors import UnreachableError, UrlRefusedError
from fetching.deadline import NO_ANSWER
from fetching.dialing import Dialer, is_own
from fetching.fetching import Fetched, NotModified, fetch, fetch_to_file
from fetching.rules import UrlRules
from fetching.validators import Validators
from tests.fetching.scripted_server import PUBLIC, Reply, ScriptedServer, answer, redirect, scripted_server, sends
from tests.pictures.picture_files import jpeg

RULES = UrlRules(("shop.example", "*.cdn.example"), allow_http=True)
PICTURE = jpeg()
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


def get(server: ScriptedServer, reply: Reply, *, most: int = 100_000, s: float = 5.0) -> Fetched | NotModified:
    server.replies["/a"] = reply
    return fetch("http://shop.example/a", RULES, most_bytes=most, timeout_s=s, dialer=server.dialer())


def test_a_picture_with_its_validators(server: ScriptedServer) -> None:
    found = get(server, answer(PICTURE, headers=['ETag: "x"', "Last-Modified: yesterday", "Content-Type: text/plain"]))
    assert found == Fetched(PICTURE, Validators('"x"', "yesterday"))
    assert server.dialled == [(PUBLIC, 80)]
    lines = server.requests[0].lower().split("\r\n")
    assert "host: shop.example" in lines
    assert "accept-encoding: identity" in lines
    assert not any(line.startswith(("cookie", "referer", "authorization")) for line in lines)


def test_a_picture_that_is_known_is_not_sent_again(server: ScriptedServer) -> None:
    server.replies["/a"] = answer(status="304 Not Modified")
    known = Validators('"x"', None)
    assert (
        fetch("http://shop.example/a", RULES, most_bytes=99, timeout_s=5, known=known, dialer=server.dialer())
        == NotModified()
    )
    assert 'if-none-match: "x"' in server.requests[0].lower()
    with pytest.raises(UnreachableError, match="status 304"):
        get(server, answer(status="304 Not Modified"))


def test_chunked_and_without_a_length(server: ScriptedServer) -> None:
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(PICTURE), PICTURE)
    assert get(server, sends(OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)) == Fetched(
        PICTURE, Validators(None, None)
    )
    assert get(server, sends(OK + b"\r\n" + PICTURE)) == Fetched(PICTURE, Validators(None, None))


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer(b"x" * 2000), "2,000 bytes"),
        (sends(OK + b"\r\n" + PICTURE + b"x" * 2000), "over 1,500 bytes"),
        (sends(OK + b"Transfer-Encoding: chunked\r\n\r\n" + (b"1\r\nx\r\n" * 5000)), "over 1,500 bytes"),
        (sends(OK + b"Content-Length: 900\r\n\r\n" + PICTURE[:500]), "only a part"),
        (sends(OK + b"Content-Length: -1\r\n\r\n"), "did not answer"),
        (sends(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde"), "did not answer"),
        (answer(gzip.compress(PICTURE), headers=["Content-Encoding: gzip"]), "compressed"),
        (answer(PICTURE, headers=["Content-Encoding: br, gzip"]), "compressed"),
        (answer(PICTURE, status="404 Not Found"), "status 404"),
        (answer(PICTURE, status="206 Partial Content"), "status 206"),
        (answer(PICTURE, status="500 Oops"), "status 500"),
        (answer(b"<html>hello"), "no JPEG"),
        (answer(b""), "no JPEG"),
        (sends(OK + b"X: " + b"x" * 100_000 + b"\r\n\r\n"), "did not answer"),
        (sends(OK + b"X: y\r\n" * 100_000), "did not answer"),
        (sends(b"HTTP/1.1 100 Continue\r\n\r\n" * 50), "did not answer"),
        (sends(b"SSH-2.0-OpenSSH_9.9\r\n"), "did not answer"),
        (sends(b"$-1\r\n"), "did not answer"),
        (sends(), "did not answer"),
        (redirect("/a"), "redirects more than 3 times"),
    ],
)
def test_what_is_no_picture_is_unreachable(server: ScriptedServer, reply: Reply, words: str) -> None:
    with pytest.raises(UnreachableError, match=words):
        get(server, reply, most=1500)


def test_megabytes_of_something_else_are_not_read(server: ScriptedServer) -> None:
    sent = []

    def endless(connection: socket.socket, _: str) -> None:
        connection.sendall(OK + b"\r\n")
        for _piece in range(2000):
            connection.sendall(b"x" * 65536)
            sent.append(65536)

    with pytest.raises(UnreachableError, match="no JPEG"):
        get(server, endless, most=10**9)
    assert sum(sent) < 16 * 1024 * 1024


@pytest.mark.parametrize("beginning", [b"", OK, OK + b"\r\n" + PICTURE[:20]], ids=["nothing", "head", "body"])
def test_a_slow_drip_ends_in_time(server: ScriptedServer, beginning: bytes) -> None:
    def drip(connection: socket.socket, _: str) -> None:
        connection.sendall(beginning)
        for _piece in range(200):
            connection.sendall(b"X")
            time.sleep(0.02)

    started = time.monotonic()
    with pytest.raises(UnreachableError, match="in time"):
        get(server, drip, s=0.3)
    assert time.monotonic() - started < 1.5


def test_giving_up_ends_it(server: ScriptedServer) -> None:
    server.replies["/a"] = lambda connection, _: time.sleep(2)
    with pytest.raises(UnreachableError):
        fetch(
            "http://shop.example/a",
            RULES,
            most_bytes=9,
            timeout_s=60,
            dialer=server.dialer(),
            is_abandoned=lambda: bool(server.requests),
        )


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "file:///etc/passwd",
        "gopher://shop.example/",
        "ftp://shop.example/a",
        "data:image/png;base64,aGVsbG8=",
        "http://other.example/",
        "//other.example/",
        "http://shop.example:6379/",
        "http://user@shop.example/",
        "http://private.cdn.example/",
    ],
)
def test_each_redirect_is_checked_again(server: ScriptedServer, location: str) -> None:
    server.replies["/a"] = redirect(location)
    dialer = server.dialer({"private.cdn.example": ["10.0.0.1"]})
    with pytest.raises(UrlRefusedError):
        fetch("http://shop.example/a", RULES, most_bytes=9, timeout_s=5, dialer=dialer)
    assert len(server.requests) == 1


def test_a_redirect_within_the_rules_is_followed(server: ScriptedServer) -> None:
    server.replies |= {"/a": redirect("//eu.cdn.example/b%20c?d=1"), "/b%20c?d=1": answer(PICTURE)}
    found = fetch("http://shop.example/a", RULES, most_bytes=9999, timeout_s=5, dialer=server.dialer())
    assert isinstance(found, Fetched)
    assert "Host: eu.cdn.example" in server.requests[1] or "host: eu.cdn.example" in server.requests[1]


def test_a_redirect_never_leads_from_https_to_http(server: ScriptedServer) -> None:
    rules = UrlRules(("shop.example",), allow_http=False)
    with pytest.raises(UrlRefusedError, match="only https"):
        fetch("http://shop.example/a", rules, most_bytes=9, timeout_s=5, dialer=server.dialer())
    assert not server.dialled


@pytest.mark.parametrize("first", [["10.0.0.1"], [PUBLIC, "127.0.0.1"], [PUBLIC, "::1"], ["64:ff9b::7f00:1"]])
def test_a_name_with_any_private_address_is_refused(server: ScriptedServer, first: list[str]) -> None:
    with pytest.raises(UrlRefusedError, match="not public"):
        fetch("http://shop.example/a", RULES, most_bytes=9, timeout_s=5, dialer=server.dialer({"shop.example": first}))
    assert not server.dialled


def test_rebinding_changes_nothing_because_a_name_is_resolved_once(server: ScriptedServer) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], ["169.254.169.254"]])
    plain = server.dialer()
    dialer = Dialer(resolve=lambda *_: next(answers), connect=plain.connect)
    server.replies["/a"] = answer(PICTURE)
    fetch("http://shop.example/a", RULES, most_bytes=9999, timeout_s=5, dialer=dialer)
    assert server.dialled == [(PUBLIC, 80)]
    with pytest.raises(UrlRefusedError):
        fetch("http://shop.example/a", RULES, most_bytes=9999, timeout_s=5, dialer=dialer)
    assert len(server.dialled) == 1


def test_an_internal_host_may_be_private_but_never_the_machine_or_its_clouds_metadata(server: ScriptedServer) -> None:
    rules = UrlRules(("internal:images.lan:8080",), allow_http=True)
    server.replies["/a"] = answer(PICTURE)

    def of(address: str) -> Fetched | NotModified:
        dialer = server.dialer({"images.lan": [address]})
        return fetch("http://images.lan:8080/a", rules, most_bytes=9999, timeout_s=5, dialer=dialer)

    for allowed in ("10.1.2.3", "172.20.0.5", "192.168.7.7", "fd12::5"):
        of(allowed)
    for refused in ("127.0.0.1", "169.254.169.254", "::1", "fe80::1", "0.0.0.0", "fd00:ec2::254", "100.100.100.200"):
        with pytest.raises(UrlRefusedError):
            of(refused)


def test_the_machines_own_address_is_refused() -> None:
    assert is_own("127.0.0.1", 80)
    assert not is_own("192.0.2.1", 80)
    dialer = Dialer(resolve=lambda *_: [PUBLIC], is_own=lambda address, _: address == PUBLIC)
    with pytest.raises(UrlRefusedError, match="not public"):
        fetch("http://shop.example/a", RULES, most_bytes=9, timeout_s=5, dialer=dialer)


def test_failures_to_connect_all_read_the_same(server: ScriptedServer) -> None:
    def refused(*_: object) -> socket.socket:
        raise ConnectionRefusedError(111, "refused")

    def unknown(*_: object) -> list[str]:
        raise socket.gaierror(-2, "unknown")

    def slow(*_: object) -> list[str]:
        time.sleep(2)
        return [PUBLIC]

    def silent(*_: object) -> socket.socket:
        raise TimeoutError

    dialers = [
        Dialer(resolve=lambda *_: [PUBLIC], connect=refused),
        Dialer(resolve=lambda *_: [PUBLIC], connect=silent),
        Dialer(resolve=unknown),
        Dialer(resolve=slow),
        server.dialer(),
    ]
    server.replies["/a"] = sends(b"not http")
    texts = set()
    for dialer in dialers:
        for url in ("http://shop.example/a", "https://shop.example/a"):
            with pytest.raises(UnreachableError) as failure:
                fetch(url, RULES, most_bytes=9, timeout_s=0.2, dialer=dialer)
            texts.add(str(failure.value))
    assert texts == {NO_ANSWER}


def test_no_proxy_of_the_environment_is_used(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert get(server, answer(PICTURE))


def test_tls_names_the_host_and_checks_its_certificate(server: ScriptedServer, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout {key}"
    command += f" -out {certificate} -subj /CN=shop.example -addext subjectAltName=DNS:shop.example"
    subprocess.run(command.split(), check=True, capture_output=True)
    asked: list[str] = []
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.load_cert_chain(certificate, key)
    server.tls.sni_callback = lambda _, name, __: asked.append(name)
    trusting = ssl.create_default_context(cafile=str(certificate))
    plain = server.dialer()
    server.replies["/a"] = answer(PICTURE)
    dialer = Dialer(plain.resolve, plain.connect, plain.is_own, trusting)
    assert fetch("https://shop.example/a", RULES, most_bytes=9999, timeout_s=5, dialer=dialer)
    assert asked == ["shop.example"]
    assert server.dialled == [(PUBLIC, 443)]
    for url, used in (("https://eu.cdn.example/a", dialer), ("https://shop.example/a", plain)):
        with pytest.raises(UnreachableError) as failure:
            fetch(url, RULES, most_bytes=9999, timeout_s=5, dialer=used)
        assert str(failure.value) == NO_ANSWER


def test_a_feed_is_whole_or_not_there(server: ScriptedServer, tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    feed = b"id,image\n" * 50_000
    server.replies |= {"/a": answer(feed), "/cut": sends(OK + b"Content-Length: 999999\r\n\r\n" + feed)}
    dialer = server.dialer()
    fetch_to_file("http://shop.example/a", RULES, path, most_bytes=10**6, timeout_s=5, dialer=dialer)
    assert path.read_bytes() == feed
    for url, most in (("http://shop.example/cut", 10**6), ("http://shop.example/a", 1000)):
        with pytest.raises(UnreachableError):
            fetch_to_file(url, RULES, path, most_bytes=most, timeout_s=5, dialer=dialer)
    assert path.read_bytes() == feed
    assert list(tmp_path.iterdir()) == [path]
