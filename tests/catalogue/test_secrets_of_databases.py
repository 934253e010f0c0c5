"""A password is in no error, no log line and no description of any object, however the server refuses it."""

import logging
import traceback
from contextlib import closing
from urllib.parse import quote

import pytest

from catalogue.database import Database
from catalogue.database_url import parse_database_url
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import DatabaseUnavailableError, LookalikeError
from tests.catalogue.made_items import put
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.free_port import free_port

# As it stands in an address, it has other characters.
PASSWORD = "ge%heim/@:#?&=x"
SECRETS = (PASSWORD, quote(PASSWORD, safe=""), "ge%heim", "ge%25heim")


def refused_by(url: str) -> BaseException:
    with closing(LiveCatalogue(Database(url, create=False))) as catalogue, pytest.raises(LookalikeError) as refused:
        catalogue.write(put("a"))
    return refused.value


@pytest.mark.parametrize(
    "option", ["", "&sslmode=never", "&colour=red", "&password={}", "&sslpassword={}", "&service=x"]
)
def test_a_password_is_shown_nowhere(server: PostgresqlServer, caplog: pytest.LogCaptureFixture, option: str) -> None:
    quoted = quote(PASSWORD, safe="")
    urls = [
        server.url("nowhere", user="nobody", password=quoted) + option.format(quoted),
        f"postgresql://nobody:{quoted}@127.0.0.1:{free_port()}/db?connect_timeout=2" + option.format(quoted),
        f"postgresql://nobody:{quoted}@no host/db?connect_timeout=2" + option.format(quoted),
    ]
    with caplog.at_level(logging.DEBUG):
        for url in urls:
            error = refused_by(url)
            shown = "".join(traceback.format_exception(error)) + str(error) + caplog.text
            shown += repr(parse_database_url(url)) + repr(Database(url, create=False).__dict__)
            assert not [secret for secret in SECRETS if secret in shown]


def test_what_a_server_repeats_of_a_password_is_blanked(server: PostgresqlServer) -> None:
    # The name of the role is in the server's message; here it is the password too.
    error = refused_by(server.url("postgres", user="geheim-123", password="geheim-123"))
    assert 'role "***" does not exist' in str(error)


def test_no_connection_is_left_for_a_role(server: PostgresqlServer, postgresql_template: str) -> None:
    name = server.make_database(postgresql_template)
    server.run(
        "CREATE ROLE one LOGIN CONNECTION LIMIT 1; GRANT SELECT ON ALL TABLES IN SCHEMA public TO one", database=name
    )
    try:
        url = server.url(name, user="one", password="geheim")
        with closing(LiveCatalogue.open(url, create=False)) as first, closing(Database(url, create=False)) as second:
            assert first.sequence() == 0
            with pytest.raises(DatabaseUnavailableError, match="has no room for more connections") as refused:
                second.identity()
            assert "raise its max_connections, or run fewer processes" in str(refused.value)
            first.close()
            second.identity()
    finally:
        server.run("DROP OWNED BY one; DROP ROLE one", database=name)
        server.drop_database(name)
