"""The body of a `PUT` or `PATCH` of an item."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.http.json_body import parse_json
from api.http.json_photo import PICTURE_ADDRESS, PICTURE_TEXT, decoded_picture
from api.http.multipart import PICTURE, Part, media_type, parse_multipart
from api.http.names import UnknownName
from api.http.problems import ServiceProblem
from api.http.uploads import check_picture
from api.live.attributes import present, read_attributes
from pictures.without_metadata import without_metadata

ITEM: Final = "item"
ATTRIBUTES: Final = "attributes"
MERGE_PATCH: Final = "application/merge-patch+json"
_JSON: Final = "application/json"
_FORM: Final = "multipart/form-data"
# Texts may hold commas, and some hundred attributes lists.
_MAX_MARKS: Final = 20_000


@dataclass(frozen=True, slots=True)
class SentItem:
    """An item as a request gives it.

    Attributes:
        picture: its picture, checked, without metadata; None if `address` names it.
        address: where the picture is to be fetched from, or None.
        attributes: as they are stored.
    """

    picture: bytes | None
    address: str | None
    attributes: dict[str, str]


def check_media_type(content_type: str | None, method: str) -> None:
    """Refuse a body that is not of the right type, before it is read.

    Args:
        content_type: of the request.
        method: PUT or PATCH.

    Raises:
        ServiceProblem: `unsupported_media_type`.
    """
    kind = media_type(content_type)
    if method == "PATCH":
        if kind != MERGE_PATCH:
            raise _unsupported(
                f'the body must be {MERGE_PATCH}, such as {{"price": 9.9, "colour": null}}; null removes an attribute',
                kind,
            )
    elif kind not in {_JSON, _FORM}:
        raise _unsupported(
            f"the body must be {_FORM} with the parts '{PICTURE}' and '{ITEM}' (JSON of attributes), or {_JSON} with "
            f"'{PICTURE_TEXT}' or '{PICTURE_ADDRESS}' and '{ATTRIBUTES}'; with curl: -F image=@shirt.jpg "
            "-F 'item={\"price\": 9.9}'",
            kind,
        )


def read_item(content_type: str | None, body: bytearray, max_upload_bytes: int) -> SentItem:
    """The item in the body of a PUT, checked; the body is empty afterwards.

    Raises:
        UnknownName: a part or member has another name.
        ServiceProblem: `invalid_parameter`.
        PictureRejected: the picture is not acceptable.
    """
    if media_type(content_type) == _JSON:
        return _of_json(body, max_upload_bytes)
    parts = parse_multipart(content_type, body, max_pictures=1)
    body.clear()
    return _of_form(parts, max_upload_bytes)


def read_patch(body: bytearray) -> dict[str, str | None]:
    """The attributes that a PATCH changes; None removes one.

    Raises:
        ServiceProblem: `invalid_parameter`.
    """
    return read_attributes(parse_json(body, max_marks=_MAX_MARKS), where="the body")


def checked_picture(data: bytes, max_upload_bytes: int) -> bytes:
    """A picture as it is stored: without metadata, after checks that it may be embedded.

    Raises:
        PictureRejected: it may not.
    """
    check_picture(data, max_upload_bytes=max_upload_bytes)
    return without_metadata(data)


def _of_form(parts: Sequence[Part], max_upload_bytes: int) -> SentItem:
    pictures = [part for part in parts if part.name == PICTURE]
    items = [part for part in parts if part.name == ITEM]
    for part in parts:
        if part.name not in {PICTURE, ITEM}:
            raise UnknownName(part.name, "multipart body")
    if len(items) > 1:
        raise ServiceProblem("invalid_parameter", f"'{ITEM}' is given more than once; give it once")
    attributes = {}
    if items:
        attributes = read_attributes(
            parse_json(bytearray(items[0].data), max_marks=_MAX_MARKS), where=f"the part '{ITEM}'"
        )
    if not pictures:
        raise _without_picture(f"the part '{PICTURE}' is missing")
    return SentItem(checked_picture(pictures[0].data, max_upload_bytes), None, present(attributes))


def _of_json(body: bytearray, max_upload_bytes: int) -> SentItem:
    sent = parse_json(body, max_marks=_MAX_MARKS)
    body.clear()
    if not isinstance(sent, dict):
        raise ServiceProblem(
            "invalid_parameter", f'the body must be a JSON object, {{"{PICTURE_TEXT}": "...", "{ATTRIBUTES}": {{...}}}}'
        )
    for name in sent:
        if name not in {PICTURE_TEXT, PICTURE_ADDRESS, ATTRIBUTES}:
            raise UnknownName(name, "JSON body")
    fields = {name: value for name, value in sent.items() if value is not None}
    attributes = present(read_attributes(fields.get(ATTRIBUTES, {}), where=f"'{ATTRIBUTES}'"))
    if PICTURE_TEXT in fields and PICTURE_ADDRESS in fields:
        raise ServiceProblem(
            "invalid_parameter", f"'{PICTURE_TEXT}' and '{PICTURE_ADDRESS}' are both given; send one of them"
        )
    if PICTURE_ADDRESS in fields:
        address = fields[PICTURE_ADDRESS]
        if not isinstance(address, str):
            raise ServiceProblem("invalid_parameter", f"'{PICTURE_ADDRESS}' must be a string")
        return SentItem(None, address, attributes)
    if PICTURE_TEXT not in fields:
        raise _without_picture(f"'{PICTURE_TEXT}' and '{PICTURE_ADDRESS}' are missing")
    picture = decoded_picture(fields.pop(PICTURE_TEXT), max_upload_bytes)
    return SentItem(checked_picture(picture, max_upload_bytes), None, attributes)


def _without_picture(what: str) -> ServiceProblem:
    return ServiceProblem(
        "invalid_parameter",
        f"{what}: PUT sets a whole item, its picture and all its attributes; to change attributes alone, send them "
        f"with PATCH as {MERGE_PATCH}",
    )


def _unsupported(what: str, kind: str) -> ServiceProblem:
    return ServiceProblem("unsupported_media_type", f"{what}; not {kind or 'of no type'!r:.100}")
