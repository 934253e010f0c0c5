"""An OpenAPI document as a Postman collection (format 2.1), which Bruno and others import as well."""

from collections.abc import Iterator
from typing import Any, Final

from tools.collection.captures import script
from tools.collection.sent_bodies import bodies
from tools.collection.variables import VARIABLES, variable_of

_SCHEMA: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
# The catalogue first: its first item is what the requests after it ask for.
_FOLDERS: Final = ("items", "similar", "live catalogue", "jobs", "health")


def collection(document: dict[str, Any], base_url: str) -> dict[str, Any]:
    """A collection with a folder for each tag and a request for each operation and type of body.

    Args:
        document: of OpenAPI.
        base_url: of the service; can be changed in the collection's variables, as the API key.
    """
    folders: dict[str, list[dict[str, Any]]] = {name: [] for name in _FOLDERS}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            folders[operation["tags"][0]] += _requests(path, method.upper(), operation)
    folders["items"].sort(key=lambda request: bool(request["request"]["url"]["path"] != ["items"]))
    return {
        "info": {
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "schema": _SCHEMA,
        },
        "auth": {
            "type": "apikey",
            "apikey": [
                {"key": "key", "value": "X-API-Key", "type": "string"},
                {"key": "value", "value": "{{apiKey}}", "type": "string"},
                {"key": "in", "value": "header", "type": "string"},
            ],
        },
        "variable": [
            {"key": "baseUrl", "value": base_url.rstrip("/")},
            {"key": "apiKey", "value": ""},
            *({"key": name, "value": value} for name, value in VARIABLES.items()),
        ],
        "item": [{"name": name, "item": requests} for name, requests in folders.items() if requests],
    }


def _requests(path: str, method: str, operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for body in bodies(operation):
        headers = [_header(each) for each in operation.get("parameters", ()) if each["in"] == "header"]
        if body.media_type is not None:
            headers.append({"key": "Content-Type", "value": body.media_type})
        request: dict[str, Any] = {
            "method": method,
            "header": headers,
            "url": _url(path, method, operation),
            "description": operation.get("description", ""),
        }
        if body.content is not None:
            request["body"] = body.content
        yield {
            "name": f"{operation['summary']}{body.said}",
            "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": script(operation)}}],
            "request": request,
        }


def _url(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    segments = [
        f"{{{{{variable_of(segment[1:-1], method)}}}}}" if segment.startswith("{") else segment
        for segment in path.strip("/").split("/")
    ]
    query = [entry for each in operation.get("parameters", ()) if each["in"] == "query" for entry in _query(each)]
    asked = "&".join(f"{entry['key']}={entry['value']}" for entry in query if not entry.get("disabled"))
    raw = f"{{{{baseUrl}}}}/{'/'.join(segments)}{'?' if asked else ''}{asked}"
    return {"raw": raw, "host": ["{{baseUrl}}"], "path": segments, "query": query}


def _query(parameter: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A parameter, once for each value of its example; switched off unless it is needed."""
    name = parameter["name"]
    if parameter["required"]:
        yield {"key": name, "value": f"{{{{{variable_of(name, 'GET')}}}}}", "description": parameter["description"]}
        return
    example = parameter.get("example", parameter["schema"].get("default", ""))
    for value in example if isinstance(example, list) else [example]:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield {"key": name, "value": text, "description": parameter["description"], "disabled": True}


def _header(parameter: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": parameter["name"],
        "value": parameter.get("example", ""),
        "description": parameter["description"],
        "disabled": True,
    }
