"""The OpenAPI document: complete, and its examples work."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.http.problems import PROBLEM_KINDS
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.live_catalogue import open_shop
from tests.api.small_catalogue import draw, encode

SNAPSHOT = Path(__file__).parent / "openapi_outline.json"
LIVE_SNAPSHOT = Path(__file__).parent / "openapi_outline_live.json"


@pytest.fixture
async def document(client: httpx2.AsyncClient) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.get("/openapi.json")).json()
    return answer


def outline(document: dict[str, Any]) -> dict[str, Any]:
    """Operations with their parameters, bodies and statuses: what clients are generated from."""
    return {
        f"{method.upper()} {path}": {
            "operationId": operation["operationId"],
            "parameters": [
                f"{parameter['in']} {parameter['name']}: {json.dumps(parameter['schema'], sort_keys=True)}"
                for parameter in operation.get("parameters", ())
            ],
            "body": sorted(operation.get("requestBody", {}).get("content", {})),
            "responses": {
                status: {
                    kind: content.get("schema", {}).get("$ref", "").rpartition("/")[2]
                    for kind, content in response.get("content", {}).items()
                }
                for status, response in operation["responses"].items()
            },
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def test_outline_is_the_agreed_one(document: dict[str, Any]) -> None:
    """After a wanted change: write `outline(document)` to openapi_outline.json and look at the difference."""
    assert outline(document) == json.loads(SNAPSHOT.read_text())


async def test_outline_with_a_live_catalogue(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    async with open_shop(tmp_path, bundle, settings) as shop:
        document = (await shop.client.get("/openapi.json")).json()
        more = {name: each for name, each in outline(document).items() if name not in json.loads(SNAPSHOT.read_text())}
        assert more == json.loads(LIVE_SNAPSHOT.read_text())
        test_errors_are_problems_and_nothing_else(document)
        test_references_lead_somewhere(document)
        paths = document["paths"]
        put, patch = paths["/items/{id}"]["put"], paths["/items/{id}"]["patch"]
        for body in _bodies(put):
            assert (await shop.client.put("/items/example", **body)).status_code in {200, 201}
        (kind, content), *_ = patch["requestBody"]["content"].items()
        sent: dict[str, Any] = {"content": json.dumps(content["example"]), "headers": {"Content-Type": kind}}
        assert (await shop.client.patch("/items/example", **sent)).status_code == 200


def test_errors_are_problems_and_nothing_else(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    assert "HTTPValidationError" not in text
    schema = document["components"]["schemas"]["Problem"]
    assert set(schema["required"]) == {"type", "title", "status", "detail", "instance", "code", "request_id"}
    assert set(schema["properties"]["code"]["enum"]) == set(PROBLEM_KINDS)
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and not (status == "503" and "health" in operation["tags"]):
                    assert list(response["content"]) == ["application/problem+json"]
                    assert response["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    references = [part.split('"')[0] for part in json.dumps(document).split('"$ref": "#/components/schemas/')[1:]]
    assert references
    assert set(references) <= set(schemas)


async def test_every_example_works(client: httpx2.AsyncClient, document: dict[str, Any]) -> None:
    tried = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            # A field of the head has none: shown in /docs, it would be sent.
            parameters = [parameter for parameter in operation.get("parameters", ()) if parameter["in"] != "header"]
            assert all("example" in parameter for parameter in parameters if parameter["name"] != "job_id")
            if "{job_id}" in path:
                continue  # only a job that was started has an id: the link of POST /embeddings is tried instead
            target = path
            query: list[tuple[str, Any]] = []
            for parameter in parameters:
                if parameter["in"] == "path":
                    target = target.replace("{" + parameter["name"] + "}", parameter["example"])
                else:
                    example = parameter["example"]
                    values = example if isinstance(example, list) else [example]
                    query += [(parameter["name"], _as_text(value)) for value in values]
            for body in _bodies(operation):
                response = await client.request(method.upper(), target, params=query, **body)
                expected = {"POST /embeddings": 503}.get(f"{method.upper()} {path}", 200)
                assert response.status_code == expected, (method, path, response.text)
                assert str(response.status_code) in operation["responses"]
                tried += 1
    assert tried >= 11


def test_examples_come_from_the_index(document: dict[str, Any], bundle: Bundle) -> None:
    parameters = {
        parameter["name"]: parameter for parameter in document["paths"]["/items/{id}/similar"]["get"]["parameters"]
    }
    assert parameters["id"]["example"] == bundle.items.id(0)
    assert parameters["filter"]["example"] == ["gender:Women"]
    body = document["paths"]["/embeddings"]["post"]["requestBody"]["content"]["application/json"]
    assert body["example"] == {"item_ids": [bundle.items.id(0)]}


async def test_keys_and_root_path_are_documented(bundle: Bundle, connect: Connect) -> None:
    app = create_app(
        ApiSettings(api_keys=(SecretStr("a-key-of-19-letters"),), root_path="/look"), bundle, FakeEmbedder()
    )
    async with connect(app) as client:
        document = (await client.get("/openapi.json")).json()
    assert document["servers"] == [{"url": "/look"}]
    assert set(document["components"]["securitySchemes"]) == {"header", "bearer"}
    assert document["paths"]["/similar"]["post"]["security"]
    assert document["paths"]["/metrics"]["get"]["security"]
    assert "security" not in document["paths"]["/livez"]["get"]


async def test_publishable_keys_and_open_pictures_are_documented(bundle: Bundle, connect: Connect) -> None:
    settings = ApiSettings.model_validate(
        {
            "api_keys": "a-key-of-19-letters",
            "publishable_keys": "pk-of-19-letters-ok@https://shop.example",
            "open_pictures": True,
        }
    )
    async with connect(create_app(settings, bundle, FakeEmbedder())) as client:
        document = (await client.get("/openapi.json")).json()
    assert document["components"]["securitySchemes"]["address"] == {"type": "apiKey", "in": "query", "name": "key"}

    def ways(path: str, method: str = "get") -> set[str]:
        return {name for way in document["paths"][path][method].get("security", ()) for name in way}

    assert ways("/items") == ways("/items/{id}/similar") == {"header", "bearer", "address"}
    assert ways("/similar", "post") == ways("/metrics") == ways("/jobs/{job_id}") == {"header", "bearer"}
    assert ways("/items/{id}/image") == set()


async def test_documentation_needs_nothing_from_elsewhere(client: httpx2.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "http://" not in page.text.replace("http://lookalike.test", "")
    assert "https://" not in page.text
    assert "'self'" in page.headers["content-security-policy"]
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f"/docs/{name}" in page.text
        asset = await client.get(f"/docs/{name}")
        assert asset.status_code == 200
        assert len(asset.content) > 500
        assert (await client.get(f"/docs/{name}", headers={"If-None-Match": asset.headers["etag"]})).status_code == 304
    assert (await client.get("/docs/redoc.standalone.js")).status_code == 404


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bodies(operation: dict[str, Any]) -> list[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return [{}]
    bodies: list[dict[str, Any]] = []
    if "application/json" in content:
        bodies.append({"json": content["application/json"]["example"]})
    forms = content.get("multipart/form-data", {}).get("examples", {}).values()
    return bodies + [{"files": {"image": encode(draw(1), "PNG")}, "data": form["value"]} for form in forms]
