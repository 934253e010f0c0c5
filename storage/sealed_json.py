"""A JSON file that contains its own SHA-256, so that every changed byte is noticed."""

import hashlib
from collections.abc import Mapping

import orjson

_SEAL = "sha256"


def render_sealed(fields: Mapping[str, object]) -> bytes:
    """Render the object as indented JSON with a last member `sha256`, the hash of the JSON without it."""
    return _render({**fields, _SEAL: _digest(fields)})


def parse_sealed(content: bytes) -> dict[str, object]:
    """Parse and verify the object; returns it without the seal.

    Raises:
        ValueError: it is not JSON, has no seal, or a byte differs from what `render_sealed` wrote.
    """
    fields = orjson.loads(content)
    if not isinstance(fields, dict) or _SEAL not in fields:
        raise ValueError("it is not an object with a sha256")
    seal = fields.pop(_SEAL)
    # Comparing the rendering too catches changes that parse to the same object, such as an added space.
    if seal != _digest(fields) or content != render_sealed(fields):
        raise ValueError("its content was changed or damaged")
    return fields


def _digest(fields: Mapping[str, object]) -> str:
    return hashlib.sha256(_render(fields)).hexdigest()


def _render(fields: Mapping[str, object]) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
