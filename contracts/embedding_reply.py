"""A worker's reply to an embed job: the picture's embedding, or the reason why there is none.

On the wire both are a JSON object with the same members. Members that belong to the other kind are null, empty or
zero.
"""

import base64
import binascii
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast, get_args

import numpy as np
from numpy.typing import NDArray

from contracts.box import Box
from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import RejectionCode
from contracts.found_garments import box_members, garment_members, parse_box, parse_garments
from contracts.garments import Garment

ReplyCode: TypeAlias = RejectionCode | Literal["internal_error", "queue_full"]
# In wire order, with the value of a member that does not apply.
_MEMBERS: Final[Mapping[str, object]] = {
    "job_id": "",
    "model_version": "",
    "category": None,
    "confidence": None,
    "width": 0,
    "height": 0,
    "decode_ms": 0.0,
    "embed_ms": 0.0,
    "embedding": None,
    "rejected": None,
}
# Only where there is something to say; workers of older versions have neither.
_OBJECTS: Final = "objects"
_CHOSEN_BOX: Final = "chosen_box"
# The longest that a worker sends is about 6 KB.
MAX_REPLY_BYTES: Final = 16 * 1024
_LONGEST_SIDE: Final = 1_000_000
_LARGEST_NUMBER: Final = 1e9
_CODES: Final = frozenset({*get_args(RejectionCode), "internal_error", "queue_full"})


@dataclass(frozen=True, slots=True)
class Embedded:
    """The embedding of a picture.

    Attributes:
        job_id: of the job that is answered.
        model_version: of the network that made the embedding.
        embedding: (512,) float32, finite.
        width, height: of the picture after EXIF orientation and before cropping to the box, pixels.
        decode_ms, embed_ms: time spent on each, milliseconds.
        category: best class and its probability, or None if the model has no trained classification head.
        objects: garments that were found, with four decimals; None if none were looked for.
        chosen_box: the part that the embedding is of where the worker chose it; None where the job named a part, or the
            whole picture was embedded.
    """

    job_id: str
    model_version: str
    embedding: NDArray[np.float32]
    width: int
    height: int
    decode_ms: float
    embed_ms: float
    category: tuple[str, float] | None = None
    objects: tuple[Garment, ...] | None = None
    chosen_box: Box | None = None

    def to_bytes(self) -> bytes:
        """Serialise the reply as JSON, with the embedding as base64 of little-endian float32."""
        name, confidence = (None, None) if self.category is None else self.category
        found: dict[str, object] = {}
        if self.objects is not None:
            found[_OBJECTS] = garment_members(self.objects)
        if self.chosen_box is not None:
            found[_CHOSEN_BOX] = box_members(self.chosen_box)
        return _rendered(
            job_id=self.job_id,
            model_version=self.model_version,
            category=name,
            confidence=confidence,
            width=self.width,
            height=self.height,
            decode_ms=self.decode_ms,
            embed_ms=self.embed_ms,
            embedding=base64.b64encode(np.ascontiguousarray(self.embedding, "<f4").tobytes()).decode("ascii"),
            **found,
        )


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a picture has no embedding.

    Attributes:
        job_id: of the job that is answered.
        model_version: of the worker's network.
        code: as in the HTTP contract.
        detail: a sentence for people to read.
    """

    job_id: str
    model_version: str
    code: ReplyCode
    detail: str

    def to_bytes(self) -> bytes:
        """Serialise the reply as JSON."""
        rejected = {"code": self.code, "detail": self.detail}
        return _rendered(job_id=self.job_id, model_version=self.model_version, rejected=rejected)


Reply: TypeAlias = Embedded | Rejected


def parse_reply(data: bytes) -> Reply:
    """Parse a reply.

    Raises:
        ValueError: no worker sends this: it is too long or not JSON, a member is missing or of the wrong type, the
            embedding is not 512 finite numbers, a garment is none, or there is both an embedding and a rejection, or
            neither.
    """
    if len(data) > MAX_REPLY_BYTES:
        raise ValueError(f"a reply has at most {MAX_REPLY_BYTES:,} bytes, got {len(data):,}")
    try:
        fields = json.loads(data)
    except RecursionError:
        raise ValueError("a reply must be a JSON object; this one is nested too deeply") from None
    if not isinstance(fields, dict) or not _MEMBERS.keys() <= fields.keys():
        raise ValueError(f"a reply must be a JSON object with the members {', '.join(_MEMBERS)}")
    job_id, model_version = _text(fields, "job_id"), _text(fields, "model_version")
    if (fields["embedding"] is None) == (fields["rejected"] is None):
        raise ValueError("a reply must contain either an embedding or a rejection")
    if fields["rejected"] is not None:
        return _rejected(job_id, model_version, fields["rejected"])
    return Embedded(
        job_id,
        model_version,
        _embedding(fields["embedding"]),
        width=_side(fields, "width"),
        height=_side(fields, "height"),
        decode_ms=_number(fields, "decode_ms"),
        embed_ms=_number(fields, "embed_ms"),
        category=_category(fields),
        objects=None if fields.get(_OBJECTS) is None else parse_garments(fields[_OBJECTS]),
        chosen_box=None if fields.get(_CHOSEN_BOX) is None else parse_box(fields[_CHOSEN_BOX]),
    )


def _rendered(**members: object) -> bytes:
    return json.dumps({**_MEMBERS, **members}).encode()


def _rejected(job_id: str, model_version: str, fields: object) -> Rejected:
    if not isinstance(fields, dict) or not {"code", "detail"} <= fields.keys():
        raise ValueError("a rejection must be an object with code and detail")
    code = _text(fields, "code")
    if code not in _CODES:
        raise ValueError(f"the code of a rejection must be one of {', '.join(sorted(_CODES))}, got {code!r:.60}")
    return Rejected(job_id, model_version, cast("ReplyCode", code), _text(fields, "detail"))


def _embedding(encoded: object) -> NDArray[np.float32]:
    if not isinstance(encoded, str):
        raise ValueError(f"an embedding must be base64 text, got {type(encoded).__name__}")  # noqa: TRY004
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"an embedding must be base64 text ({error})") from None
    if len(content) != 4 * EMBEDDING_DIMENSIONS:
        raise ValueError(f"an embedding must have {EMBEDDING_DIMENSIONS} float32 numbers, got {len(content)} bytes")
    embedding = np.frombuffer(content, "<f4").astype(np.float32)
    if not np.isfinite(embedding).all():
        raise ValueError("an embedding must be finite; this one contains NaN or infinity")
    if np.abs(embedding).max() > _LARGEST_NUMBER:
        # Its reduction would not be finite.
        raise ValueError(f"an embedding's numbers are at most {_LARGEST_NUMBER:g}")
    return embedding


def _category(fields: Mapping[str, object]) -> tuple[str, float] | None:
    if fields["category"] is None and fields["confidence"] is None:
        return None
    return _text(fields, "category"), _number(fields, "confidence")


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, got {value!r:.60}")  # noqa: TRY004
    try:
        value.encode()
    except UnicodeEncodeError:
        # JSON can escape half a character, which no response could contain.
        raise ValueError(f"{name} must be Unicode, got {value!r:.60}") from None
    return value


def _side(fields: Mapping[str, object], name: str) -> int:
    value = fields[name]
    if type(value) is not int or not 1 <= value <= _LONGEST_SIDE:
        raise ValueError(f"{name} must be a whole number from 1 to {_LONGEST_SIDE:,}, got {value!r:.60}")
    return value


def _number(fields: Mapping[str, object], name: str) -> float:
    value = fields[name]
    if type(value) is float or type(value) is int:
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number) and number >= 0.0:
            return number
    raise ValueError(f"{name} must be a finite number, 0 or above, got {value!r:.60}")
