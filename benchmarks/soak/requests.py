"""The requests of a soak, and whether an answer agrees with the one that was recorded when all was well."""

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import quote

_BOUNDARY: Final = "lookalike-soak"
_TIMEOUT_S: Final = 30.0
# A photo's embedding depends a little on the batch that it is computed in.
_TOLERANCE: Final = 0.002
_REFUSALS: Final = (429, 503, 504)

Verdict = Literal["right", "refused", "unanswered", "wrong"]


@dataclass(frozen=True, slots=True)
class Question:
    """One request.

    Attributes:
        kind: `item`, `photo` or `bad picture`.
        method, path: of the request.
        body: None for GET.
    """

    kind: str
    method: str
    path: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What matters of an answer.

    Attributes:
        status: HTTP status; 0 if there was no answer.
        ids: of the items found.
        scores: of these items.
        detail: of a problem document, for people.
    """

    status: int
    ids: tuple[str, ...] = ()
    scores: tuple[float, ...] = field(default=())
    detail: str = ""


def make_questions(ids: Sequence[str], photos: Sequence[bytes]) -> list[Question]:
    """Ask for each item's and each photo's look-alikes, and send some files that are no picture, or half of one."""
    questions = [Question("item", "GET", f"/items/{quote(item_id)}/similar") for item_id in ids]
    questions += [Question("photo", "POST", "/similar", photo) for photo in photos]
    bad = [b"no picture at all", b"GIF89a" + bytes(40), *(photo[: len(photo) // 3] for photo in photos[:3])]
    return questions + [Question("bad picture", "POST", "/similar", picture) for picture in bad]


def ask(host: str, port: int, question: Question) -> Answer:
    """Send a request over a connection of its own, so that a killed process costs no other request."""
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
    try:
        if question.body is None:
            connection.request(question.method, question.path)
        else:
            body = b"".join(
                (
                    f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'.encode(),
                    question.body,
                    f"\r\n--{_BOUNDARY}--\r\n".encode(),
                )
            )
            headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
            connection.request(question.method, question.path, body, headers)
        response = connection.getresponse()
        content = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, detail=repr(error))
    finally:
        connection.close()
    items = content.get("items", []) if response.status == 200 else []
    return Answer(
        response.status,
        tuple(item["id"] for item in items),
        tuple(item["score"] for item in items),
        str(content.get("detail", "")),
    )


def judge(answer: Answer, recorded: Answer) -> Verdict:
    """Compare an answer with the recorded one; a refusal is no answer, but no wrong one either."""
    if answer.status == 0:
        return "unanswered"
    if answer.status in _REFUSALS:
        return "refused"
    if answer.status != recorded.status or len(answer.ids) != len(recorded.ids):
        return "wrong"
    near = all(abs(one - other) <= _TOLERANCE for one, other in zip(answer.scores, recorded.scores, strict=True))
    return "right" if near and _same_order(answer, recorded) else "wrong"


def _same_order(answer: Answer, recorded: Answer) -> bool:
    """Whether the items are the same, except where recorded scores are so near that items may change places.

    An item that is as near as the last one may come from behind it.
    """
    for one, other, score in zip(answer.ids, recorded.ids, recorded.scores, strict=True):
        near = {
            found
            for found, its in zip(recorded.ids, recorded.scores, strict=True)
            if abs(its - score) <= 2 * _TOLERANCE
        }
        if one != other and one not in near and recorded.ids[-1] not in near:
            return False
    return True
