"""Both clients have the same methods, and neither shows its key."""

import inspect
import logging
import re
from pathlib import Path

import httpx2
import pytest

from lookalike_client import AsyncClient, Client, LookalikeError, Unauthorized
from tests.browser.live_shop import KEY, LiveShop
from tests.client_python.asking import Ask
from tests.client_python.faulty_service import cuts, faulty_service, says

SOURCES = Path(inspect.getfile(Client)).parent


def methods(kind: type) -> dict[str, inspect.Signature]:
    return {name: inspect.signature(member) for name, member in vars(kind).items() if not name.startswith("_")}


def test_they_have_the_same_methods_with_the_same_arguments() -> None:
    sync, loop = methods(Client), methods(AsyncClient)
    assert list(sync) == list(loop)
    for name, signature in sync.items():
        assert signature.parameters == loop[name].parameters, name
        expected = str(signature.return_annotation).replace("Iterator", "AsyncIterator")
        assert str(loop[name].return_annotation) == expected, name
    sync_start, loop_start = (inspect.signature(kind).parameters for kind in (Client, AsyncClient))
    assert [*sync_start] == [*loop_start]
    assert all(sync_start[name].default == loop_start[name].default for name in sync_start)


def test_each_method_of_one_is_described_by_the_other() -> None:
    for name in methods(Client):
        assert inspect.getdoc(getattr(Client, name))
        assert inspect.getdoc(getattr(AsyncClient, name)) == f"As `Client.{name}`."


def test_a_request_without_a_valid_key(ask: Ask, shop: LiveShop) -> None:
    for client in ({}, {"key": "wrong-wrong-wrong-wrong"}):
        with pytest.raises(Unauthorized) as raised:
            ask(shop.address, "item", "new arrivals/0", client=client)
        assert raised.value.code == "unauthorized"
        assert "wrong-wrong" not in str(raised.value)


def test_the_key_is_in_no_log_line_no_message_and_no_repr(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), faulty_service(cuts, says(500, {}), says(200, [])) as service:
        for _ in range(3):
            with pytest.raises(LookalikeError) as raised:
                ask(service.url, "patch_item", "1", {}, if_match='"1"', client={"key": KEY})
            chain = [raised.value, raised.value.__cause__, raised.value.__context__]
            assert KEY not in "".join(f"{error} {error!r}" for error in chain)
        assert all(asked.headers["x-api-key"] == KEY for asked in service.asked)
    assert caplog.records
    assert KEY not in caplog.text
    with Client("https://search.shop.example", key=KEY) as client:
        assert repr(client) == "Client('https://search.shop.example')"
        assert KEY not in repr(vars(client))


def test_a_token_is_in_no_log_line(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), faulty_service(says(410, {})) as service:
        with pytest.raises(LookalikeError):
            ask(service.url, "similar_by_token", "what-a-photo-looks-like", limit=3, client={})
        assert "token=what-a-photo-looks-like" in service.asked[0].line
    assert "/similar?limit=3&token=..." in caplog.text
    assert "what-a-photo-looks-like" not in caplog.text


def test_the_key_does_not_follow_a_redirect(ask: Ask) -> None:
    with (
        faulty_service() as elsewhere,
        faulty_service(says(307, None, f"Location: {elsewhere.url}/items/1")) as service,
    ):
        with pytest.raises(LookalikeError, match="redirects"):
            ask(service.url, "item", "1", client={"key": KEY})
        assert elsewhere.asked == []


async def test_connections_of_the_callers_own_stay_open(shop: LiveShop) -> None:
    with httpx2.Client() as http:
        for _ in range(2):
            with Client(shop.address, key=KEY, http=http) as client:
                client.item("new arrivals/0")
        assert not http.is_closed
        assert KEY not in str(http.headers)
    async with httpx2.AsyncClient() as loop_http:
        for _ in range(2):
            async with AsyncClient(shop.address, key=KEY, http=loop_http) as loop_client:
                await loop_client.item("new arrivals/0")
        assert not loop_http.is_closed


def test_no_source_imports_the_application() -> None:
    rooms = "api|catalogue|contracts|fetching|index|launch|model|pictures|storage|worker|numpy"
    for file in SOURCES.rglob("*.py"):
        text = file.read_text()
        assert not re.search(rf"^\s*(?:from|import) (?:{rooms})\b", text, re.MULTILINE), file
        assert "print(" not in text or file.name == "__init__.py"
