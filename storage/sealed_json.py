"""A JSON object in a file that carries its own SHA-256, so that no changed byte goes unnoticed."""

import hashlib
from collections.abc import Mapping

import orjson

_SEAL = "sha256"


def render_sealed(fields: Mapping[str, object]) -> bytes:
    """The object as indented JSON with a last member `sha256` over all that precedes it."""
    return _render({**fields, _SEAL: _digest(fields)})


def parse_sealed(content: bytes) -> dict[str, object]:
    """The object of its bytes, without the seal.

    Raises:
        ValueError: not JSON, no seal, or a byte differs from what `render_sealed` wrote.
    """
    fields = orjson.loads(content)
    if not isinstance(fields, dict) or _SEAL not in fields:
        raise ValueError("it is not an object with a sha256")
    seal = fields.pop(_SEAL)
    # Comparing the rendering too catches a byte that parses to the same object, such as a space.
    if seal != _digest(fields) or content != render_sealed(fields):
        raise ValueError("its content was changed or damaged")
    return fields


def _digest(fields: Mapping[str, object]) -> str:
    return hashlib.sha256(_render(fields)).hexdigest()


def _render(fields: Mapping[str, object]) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
