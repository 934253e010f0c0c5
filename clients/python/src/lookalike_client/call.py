"""A call as a value: what is sent, and how its answer is read. Nothing here knows a socket."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Generic, TypeVar

from lookalike_client.answers import Answer
from lookalike_client.feeds import FeedFile
from lookalike_client.reading import read

Result = TypeVar("Result")
Query = tuple[tuple[str, str], ...]


class Repeat(Enum):
    """When a call may be sent again."""

    ALWAYS = auto()
    """Doing it twice is the same as doing it once."""

    IF_REFUSED = auto()
    """Only if the service cannot have begun: doing it twice would be something else."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A body of bytes."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart body.

    Attributes:
        fields: texts by name.
        pictures: each sent as a part `image`.
    """

    fields: Mapping[str, str]
    pictures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Call(Generic[Result]):
    """A request of the service's HTTP interface.

    Attributes:
        method: of HTTP.
        path: below the base URL, percent-encoded.
        read: makes the result of a successful answer.
        query: parameters; a name may occur several times.
        headers: beside those that every request has.
        body: or None.
        repeat: when it may be sent again.
        done_if: code of a problem that means success if an earlier try may have been carried out.
        done_at_once: it means success also without one.
    """

    method: str
    path: str
    read: Callable[[Answer], Result]
    query: Query = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Encoded | Form | FeedFile | None = None
    repeat: Repeat = Repeat.ALWAYS
    done_if: str | None = None
    done_at_once: bool = False


def json_body(value: object, media_type: str = "application/json") -> Encoded:
    """A JSON body.

    Raises:
        ValueError: a number in it is infinite or not a number.
    """
    return Encoded(json.dumps(value, ensure_ascii=False, allow_nan=False).encode(), media_type)


def as_result(kind: type[Result]) -> Callable[[Answer], Result]:
    """What reads an answer into a class of results."""
    return lambda answer: read(kind, answer.json())


def given(**values: str | float | None) -> Query:
    """The parameters that are not None."""
    return tuple((name, as_text(value)) for name, value in values.items() if value is not None)


def as_text(value: str | float) -> str:
    """A value as the service reads it: truth values are `true` and `false`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
