"""Pictures whose headers are dear to read must not hold up the requests of others: a real server, a real clock."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.bundle import Bundle
from tests.api.livez_lag import MOST_S, best_of_tries_s
from tests.api.real_server import Server, running
from tests.pictures.picture_files import HOSTILE_HEADERS

pytestmark = [pytest.mark.services, pytest.mark.alone]


@pytest.fixture(scope="module")
def server(bundle: Bundle, bundles: Path) -> Iterator[Server]:
    with running(bundles) as server:
        yield server


def post(server: Server, path: str, picture: bytes) -> int:
    """The status of the answer."""
    body = (
        b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + picture + b"\r\n--b--\r\n"
    )
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("POST", path, body, {"Content-Type": "multipart/form-data; boundary=b"})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/similar", "/embeddings"])
@pytest.mark.parametrize("kind", HOSTILE_HEADERS)
def test_livez_is_not_late(server: Server, kind: str, path: str) -> None:
    statuses: list[int] = []
    picture = HOSTILE_HEADERS[kind]()
    assert best_of_tries_s(server, lambda: statuses.append(post(server, path, picture))) <= MOST_S
    # There is no Redis: what passes the check stops there.
    assert set(statuses) <= {422, 503}
