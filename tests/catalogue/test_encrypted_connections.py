"""What an address asks of the connection, such as `sslmode`, is kept, and a refusal says what is missing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from catalogue.database import Database
from catalogue.database_url import parse_database_url
from catalogue.engines import open_engine
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import DatabaseError, DatabaseUnavailableError


@contextmanager
def server_that_answers(answer: bytes) -> Iterator[str]:
    """A server that answers the question for encryption, and then ends the connection; host and port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.settimeout(2)
                        connection.recv(8)
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("answer", "options", "says"),
    [
        (b"N", "sslmode=require", "does not support SSL, but SSL was required"),
        (b"S", "sslmode=verify-full&sslrootcert=/nowhere/ca.pem", 'certificate file "/nowhere/ca.pem" does not exist'),
        (b"S", "sslmode=verify-ca&sslrootcert=/nowhere/ca.pem", 'certificate file "/nowhere/ca.pem" does not exist'),
    ],
)
def test_a_connection_that_is_not_as_safe_as_asked_is_not_made(answer: bytes, options: str, says: str) -> None:
    with server_that_answers(answer) as host:
        url = f"postgresql://u:geheim@{host}/db?{options}"
        with (
            closing(LiveCatalogue(Database(url, create=False))) as catalogue,
            pytest.raises(DatabaseUnavailableError, match="not reached as safely as its address asks") as refused,
        ):
            catalogue.sequence()
    assert says in str(refused.value)
    assert "let sslrootcert in the address name the certificate" in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_options_of_the_address_reach_the_client_library() -> None:
    url = "postgresql://u@h/db?sslmode=verify-full&sslrootcert=/ca.pem&connect_timeout=3&application_name=shop"
    engine = open_engine(parse_database_url(url))
    _, given = engine.dialect.create_connect_args(engine.url)
    assert given.items() >= {"sslmode": "verify-full", "sslrootcert": "/ca.pem", "connect_timeout": "3"}.items()
    engine.dispose()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("autocommit=1", "must not have the option autocommit"),
        ("prepare_threshold=0", "must not have the option prepare_threshold"),
        ("row_factory=x", "must not have the option row_factory"),
        ("cursor_factory=x", "must not have the option cursor_factory"),
        ("context=x", "must not have the option context"),
        ("sslmode=require&sslmode=disable", "the option sslmode twice"),
        ("password=geheim&password=geheim", "the option password twice"),
    ],
)
def test_options_that_would_change_more_than_the_connection(options: str, says: str) -> None:
    with pytest.raises(DatabaseError, match=says) as refused:
        LiveCatalogue.open(f"postgresql://u:geheim@h/db?{options}", create=False)
    assert "geheim" not in str(refused.value)
