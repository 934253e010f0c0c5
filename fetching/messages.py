"""Messages between a process and the one that fetches for it: two lengths, JSON, and the bytes of a picture."""

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Final, TypeAlias

from fetching.fetching import Fetched, NotModified
from fetching.rules import UrlRules
from fetching.validators import Validators

HEAD: Final = struct.Struct(">II")
# Of the JSON; the bytes are limited by the request.
MOST_JSON_BYTES: Final = 64 * 1024
MOST_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to fetch; see `fetching.fetching.fetch`.

    Attributes:
        number: tells the answer to this request from others.
    """

    number: int
    url: str
    most_bytes: int
    timeout_s: float
    known: Validators | None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Nobody waits for the answer to a request any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Why nothing was fetched.

    Attributes:
        is_refused: whether the URL was refused; otherwise it is unreachable.
        words: for people.
    """

    is_refused: bool
    words: str


FetchAnswer: TypeAlias = Fetched | NotModified | Failed


def message(members: dict[str, Any], data: bytes = b"") -> bytes:
    """The bytes of a message."""
    written = json.dumps(members).encode("ascii")
    return HEAD.pack(len(written), len(data)) + written + data


def rules_message(rules: UrlRules) -> bytes:
    """The first message of all."""
    return message({"hosts": rules.hosts, "allow_http": rules.allow_http})


def rules_of(members: dict[str, Any]) -> UrlRules:
    """The rules in the first message."""
    return UrlRules(tuple(members["hosts"]), members["allow_http"])


def request_message(request: FetchRequest | Cancellation) -> bytes:
    """A request, or that it is cancelled."""
    return message(asdict(request))


def request_of(members: dict[str, Any]) -> FetchRequest | Cancellation:
    """What a message asks for."""
    if members.keys() == {"number"}:
        return Cancellation(members["number"])
    known = members.pop("known")
    return FetchRequest(**members, known=None if known is None else Validators(**known))


def answer_message(number: int, answer: FetchAnswer) -> bytes:
    """The answer to a request."""
    if isinstance(answer, Fetched):
        return message({"number": number, "validators": asdict(answer.validators)}, answer.data)
    return message({"number": number} | (asdict(answer) if isinstance(answer, Failed) else {}))


def answer_of(members: dict[str, Any], data: bytes) -> tuple[int, FetchAnswer]:
    """The number of a request, and its answer."""
    number = members.pop("number")
    if "validators" in members:
        return number, Fetched(data, Validators(**members["validators"]))
    return number, Failed(**members) if members else NotModified()


def lengths_of(head: bytes) -> tuple[int, int]:
    """Lengths of a message's two parts.

    Raises:
        ValueError: it is longer than any message.
    """
    json_bytes, data_bytes = HEAD.unpack(head)
    if json_bytes > MOST_JSON_BYTES or data_bytes > MOST_BYTES:
        raise ValueError("the message is too long")
    return json_bytes, data_bytes


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Wait for a message; None if there are no more."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    json_bytes, data_bytes = lengths_of(head)
    written, data = stream.read(json_bytes), stream.read(data_bytes)
    if len(written) < json_bytes or len(data) < data_bytes:
        return None
    return json.loads(written), data
