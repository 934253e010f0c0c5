"""A route says its parameters once: what is documented is what is read, and a name in the wrong place is explained."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx2
import pytest

from api.app import create_app
from api.settings import ApiSettings
from tests.api.answers import problem_of
from tests.api.fake_embedder import FakeEmbedder
from tests.api.small_catalogue import draw, encode

PNG = encode(draw(1), "PNG")
QUERY, FORM, JSON = "query string", "multipart body", "JSON body"


class Documented(NamedTuple):
    """What the OpenAPI document says of an operation: the names that it takes, by place."""

    title: str
    names: dict[str, list[str]]

    async def ask(self, client: httpx2.AsyncClient, **options: Any) -> httpx2.Response:
        method, path = self.title.split()
        path = path.replace("{id}", "15010").replace("{job_id}", "0" * 32)
        if method == "POST" and not {"files", "json"} & options.keys():
            options["files"] = {"image": PNG}
        return await client.request(method, path, **options)


def _operations() -> Iterator[Documented]:
    document = create_app(ApiSettings(redis_url="redis://127.0.0.1:1/0"), None, None).openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parameters = operation["parameters"]
            content = operation.get("requestBody", {}).get("content", {})
            yield Documented(
                f"{method.upper()} {path}",
                {
                    QUERY: [parameter["name"] for parameter in parameters if parameter["in"] == "query"],
                    FORM: _properties(content, "multipart/form-data"),
                    JSON: _properties(content, "application/json"),
                },
            )


def _properties(content: dict[str, Any], media_type: str) -> list[str]:
    return list(content[media_type]["schema"]["properties"]) if media_type in content else []


# Prometheus may send what it likes.
OPERATIONS = [operation for operation in _operations() if operation.title != "GET /metrics"]
NAMES = sorted({name for operation in OPERATIONS for names in operation.names.values() for name in names})
WITH_FORM = [operation for operation in OPERATIONS if operation.names[FORM]]
WITH_JSON = [operation for operation in OPERATIONS if operation.names[JSON]]


def _title(value: object) -> str:
    return value.title if isinstance(value, Documented) else str(value)


def check_explanation(detail: str, operation: Documented, name: str, sent_in: str) -> None:
    """A name that an operation does not take where it was sent is said to belong where some operation takes it."""
    own = [place for place, names in operation.names.items() if name in names]
    if QUERY in own:
        assert detail == f"'{name}' goes in the query string, not in the body; for example ?{name}=..."
        return
    explanation, here = detail.split("; ")
    assert here.split(": ")[1] == (", ".join(operation.names[sent_in]) or "none")
    if own:
        assert explanation.endswith(f"it goes in {' or '.join(f'the {place}' for place in own)}")
        return
    named = {place: _titles(explanation, place) for place in operation.names}
    takers = {place: {other.title for other in OPERATIONS if name in other.names[place]} for place in named}
    assert named == takers


def _titles(explanation: str, place: str) -> set[str]:
    titles = re.search(rf"the {place} of ((?:(?:, | or )?(?:GET|POST) [^ ,]+)+)", explanation)
    return set(re.findall(r"(?:GET|POST) [^ ,]+", titles[1])) if titles else set()


@pytest.mark.parametrize("operation", OPERATIONS, ids=_title)
async def test_what_is_documented_is_what_is_read(client: httpx2.AsyncClient, operation: Documented) -> None:
    problem = problem_of(await operation.ask(client, params={"nonsense": "1"}), "invalid_parameter")
    listed = ", ".join(operation.names[QUERY]) or "none"
    assert problem.detail == f"unknown query parameter 'nonsense'; query parameters here: {listed}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=_title)
async def test_every_name_in_the_query_string(client: httpx2.AsyncClient, operation: Documented) -> None:
    for name in NAMES:
        response = await operation.ask(client, params={name: "\\"})
        if name in operation.names[QUERY]:
            # It was read: only the value is refused, or the attribute or condition that it must name.
            assert "query parameter" not in response.text
            assert f"'{name}'" in response.text or name in {
                "filter",
                "exclude",
                "group_by",
                "facets",
                "field",
                "fields",
            }
        else:
            check_explanation(problem_of(response, "invalid_parameter").detail, operation, name, QUERY)


@pytest.mark.parametrize("operation", WITH_FORM, ids=_title)
async def test_every_name_in_the_form(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, operation: Documented
) -> None:
    for name in NAMES:
        response = await operation.ask(client, files={"image": PNG}, data={name: "1"})
        if name in operation.names[FORM]:
            assert "form field" not in response.text
        else:
            check_explanation(problem_of(response, "invalid_parameter").detail, operation, name, FORM)
    assert embedder.asked == 0


@pytest.mark.parametrize("operation", WITH_JSON, ids=_title)
async def test_every_name_in_the_json(client: httpx2.AsyncClient, operation: Documented) -> None:
    for name in NAMES:
        if name not in operation.names[JSON]:
            body = {"item_ids": ["15010"]} if "item_ids" in operation.names[JSON] else {"image_base64": ""}
            response = await operation.ask(client, json={**body, name: 1})
            check_explanation(problem_of(response, "invalid_parameter").detail, operation, name, JSON)


@pytest.mark.parametrize(
    ("operation", "name", "said"),
    [
        ("POST /similar", "group_by", "goes in the query string"),
        ("POST /similar", "facets", "goes in the query string"),
        ("POST /similar", "seed", "belongs in the query string of GET /items;"),
        ("POST /embeddings", "seed", "belongs in the query string of GET /items;"),
        (
            "POST /embeddings",
            "limit",
            "string of GET /items/{id}/similar, POST /similar, GET /similar, GET /items, GET /attributes or GET "
            "/jobs/{job_id};",
        ),
        (
            "POST /embeddings",
            "box",
            "belongs in the multipart body of POST /similar or the JSON body of POST /similar;",
        ),
        ("POST /embeddings", "item_ids", "goes in the JSON body;"),
        ("POST /embeddings", "colour", "unknown form field 'colour'; fields here: image"),
    ],
)
async def test_examples_of_misplaced_form_fields(
    client: httpx2.AsyncClient, operation: str, name: str, said: str
) -> None:
    response = await Documented(operation, {}).ask(client, files={"image": PNG}, data={name: "1"})
    assert said in problem_of(response, "invalid_parameter").detail


async def test_metrics_takes_what_prometheus_sends(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/metrics", params={"match[]": "up", "limit": "x"})).status_code == 200
