"""Parsing a multipart body in memory, so that photos are never written to a disk."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.http.problems import ServiceProblem

PICTURE: Final = "image"

_MAX_FIELD_BYTES: Final = 64 * 1024
_MAX_FIELDS: Final = 16
# Each costs the parser a few steps, also where nothing like a part follows.
_MAX_BOUNDARIES: Final = 200
_MAX_BOUNDARY_BYTES: Final = 70  # RFC 2046, section 5.1.1
# RFC 7578 forbids this spelling of a file name, and some clients send it; the library passes over it.
_ENCODED_FILENAME: Final = re.compile(rb"""filename\*\s*=\s*"?utf-8'[^']*'([^";\s]*)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a form. Its name alone says whether it is a picture or text: clients spell the rest in many ways.

    Attributes:
        name: of the field.
        filename: as the client gave it, or None; only returned to the client.
        data: its bytes; the part's own Content-Type is ignored.
    """

    name: str
    filename: str | None
    data: bytes

    @property
    def text(self) -> str:
        """The bytes as UTF-8; what is not becomes U+FFFD."""
        return _text(self.data)


def media_type(content_type: str | None) -> str:
    """The type without its parameters, in lower case; empty if there is none."""
    return (content_type or "").partition(";")[0].strip().lower()


def parse_multipart(content_type: str | None, body: bytearray, *, max_pictures: int) -> list[Part]:
    """The parts of a multipart/form-data body, in order.

    Args:
        content_type: of the request; contains the boundary.
        body: the whole body; the parts are copies.
        max_pictures: most parts named `image`; one more is an error. Only these may be large.

    Raises:
        ServiceProblem: `unsupported_media_type` if the body is not multipart, `invalid_parameter` if it
            cannot be parsed or has too many or too large parts.
    """
    kind = media_type(content_type)
    if kind != "multipart/form-data":
        raise ServiceProblem(
            "unsupported_media_type",
            f"the body must be multipart/form-data with a part 'image', the picture itself with a Content-Type such "
            f"as image/jpeg, or JSON with 'image_base64', not {kind or 'of no type'!r:.100}; with curl: "
            "-F image=@photo.jpg",
        )
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= _MAX_BOUNDARY_BYTES:
        raise _broken("its Content-Type names no boundary of 1 to 70 characters; let the HTTP library set that header")
    collector = _Collector(max_pictures)
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": collector.begin_part,
            "on_header_field": collector.add_to_header_name,
            "on_header_value": collector.add_to_header_value,
            "on_header_end": collector.end_header,
            "on_headers_finished": collector.end_headers,
            "on_part_data": collector.add_data,
            "on_part_end": collector.end_part,
            "on_end": collector.end,
        },
    )
    if body.count(b"\r\n--" + boundary) > _MAX_BOUNDARIES:
        raise _broken("its boundary occurs inside its parts; let the HTTP library choose another")
    try:
        # It only searches and slices what it gets, so a bytearray does as well.
        parser.write(body)  # type: ignore[arg-type]
        parser.finalize()
    except FormParserError as error:
        raise _broken(str(error)) from None
    if not collector.ended:
        raise _broken(
            "it ends before its last boundary, so a part such as 'image' is missing or cut off; send it again"
        )
    return collector.parts


class _Collector:
    """Collects the parts that the parser finds."""

    def __init__(self, max_pictures: int) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._max_pictures = max_pictures
        self._pictures = 0
        self._fields = 0
        self._header_name = b""
        self._header_value = b""
        self._disposition: Mapping[bytes, bytes] = {}
        self._filename: bytes | None = None
        self._name = ""
        self._data: list[bytes] = []
        self._data_bytes = 0

    def begin_part(self) -> None:
        self._disposition = {}
        self._filename = None
        self._data = []
        self._data_bytes = 0

    def add_to_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def add_to_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = parse_options_header(self._header_value)[1]
            self._filename = self._disposition.get(b"filename", _encoded_filename(self._header_value))
        self._header_name = self._header_value = b""

    def end_headers(self) -> None:
        if b"name" not in self._disposition:
            raise _broken("a part has no Content-Disposition with a name")
        self._name = _text(self._disposition[b"name"])
        if self._name == PICTURE:
            self._pictures += 1
            if self._pictures > self._max_pictures:
                raise _broken(f"it holds over {self._max_pictures} parts '{PICTURE}'")
        else:
            self._fields += 1
            if self._fields > _MAX_FIELDS:
                raise _broken(f"it holds over {_MAX_FIELDS} fields")

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self._data_bytes += end - start
        if self._name != PICTURE and self._data_bytes > _MAX_FIELD_BYTES:
            raise _broken(
                f"the part {self._name!r:.100} has over {_MAX_FIELD_BYTES:,} bytes; only parts named '{PICTURE}' may"
            )
        with memoryview(data) as view:
            self._data.append(bytes(view[start:end]))

    def end_part(self) -> None:
        # The parser passes a part's data in one piece, and then this copies nothing.
        data = b"".join(self._data)
        self._data = []
        self.parts.append(Part(self._name, None if self._filename is None else _text(self._filename), data))

    def end(self) -> None:
        self.ended = True


def _encoded_filename(disposition: bytes) -> bytes | None:
    found = _ENCODED_FILENAME.search(disposition)
    return None if found is None else unquote_to_bytes(found[1])


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def _broken(why: str) -> ServiceProblem:
    return ServiceProblem("invalid_parameter", f"the multipart body cannot be read: {why}")
