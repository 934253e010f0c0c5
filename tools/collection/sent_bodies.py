"""The bodies that a collection sends, from the examples of the document."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tools.collection.variables import variable_of

PHOTO: Final = "photo.webp"
"""The file that requests send; it lies beside the collection, and can be exchanged."""

_FORM: Final = "multipart/form-data"
_PHOTO_TYPE: Final = "image/webp"


@dataclass(frozen=True, slots=True)
class SentBody:
    """A body of a request.

    Attributes:
        content: as Postman writes it; None: there is none.
        media_type: for Content-Type; None: Postman sets it.
        said: what is added to the request's name.
    """

    content: dict[str, Any] | None
    media_type: str | None
    said: str


def bodies(operation: dict[str, Any]) -> Iterator[SentBody]:
    """A body for each type that the document has an example of, or that takes a photo."""
    contents = operation.get("requestBody", {}).get("content", {})
    if not contents:
        yield SentBody(None, None, "")
    for kind, content in contents.items():
        if kind == _FORM:
            yield SentBody({"mode": "formdata", "formdata": list(_fields(content))}, None, ", as a form")
        elif kind == _PHOTO_TYPE:
            yield SentBody({"mode": "file", "file": {"src": PHOTO}}, kind, ", as the body")
        elif "example" in content:
            yield SentBody({"mode": "raw", "raw": _text(content["example"])}, kind, f", as {kind}")


def _fields(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    examples: dict[str, Any] = {}
    for example in content.get("examples", {}).values():
        examples.update(example["value"])
    for name in content["schema"]["properties"]:
        if name == "image":
            yield {"key": name, "type": "file", "src": PHOTO}
        elif name in examples:
            yield {"key": name, "type": "text", "value": examples[name]}


def _text(example: object) -> str:
    if isinstance(example, dict) and "item_ids" in example:
        # Of a document without a catalogue, it would be the id of no item.
        example = {**example, "item_ids": [f"{{{{{variable_of('id', 'GET')}}}}}"]}
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False, indent=1)
