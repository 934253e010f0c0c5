"""Checking the content of an upload: one photo, a box and whether to find garments, or many photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.http.multipart import PICTURE, Part
from api.http.names import UnknownName
from api.http.problems import ServiceProblem
from contracts.box import Box
from contracts.errors import PictureRejected
from pictures.header import PictureHeader, inspect

MAX_JOB_PICTURES = 32
BOX: Final = "box"
DETECT: Final = "detect"
_WITH_CURL: Final = "with curl: -F image=@photo.jpg"


@dataclass(frozen=True, slots=True)
class PhotoUpload:
    """A photo whose header was checked.

    Attributes:
        picture: a file's bytes.
        box: the part to search for, or None.
        detect: whether to find garments; without a box, the most prominent one is searched for.
    """

    picture: bytes
    box: Box | None
    detect: bool = True


def read_photo(parts: Sequence[Part], *, max_upload_bytes: int) -> PhotoUpload:
    """The one photo of a form sent to `POST /similar`.

    Raises:
        UnknownName: a part is called neither `image` nor `box` nor `detect`.
        ServiceProblem: `invalid_parameter`: a part is missing or given twice.
        PictureRejected: the picture's header or the box is not acceptable.
    """
    named = {name: [part for part in parts if part.name == name] for name in (PICTURE, BOX, DETECT)}
    for part in parts:
        if part.name not in named:
            raise UnknownName(part.name, "multipart body")
    pictures = named[PICTURE]
    if not pictures:
        raise _missing_image()
    if len(pictures) > 1:
        raise ServiceProblem(
            "invalid_parameter",
            "'image' is given more than once; send one photo, or several to POST /embeddings",
        )
    for name in (BOX, DETECT):
        if len(named[name]) > 1:
            raise ServiceProblem("invalid_parameter", f"'{name}' is given more than once; give it once")
    try:
        header = check_picture(pictures[0].data, max_upload_bytes=max_upload_bytes)
    except PictureRejected as rejected:
        raise _with_advice(rejected, pictures[0]) from None
    detect = read_detect(named[DETECT][0].text) if named[DETECT] else True
    return _with_box(pictures[0].data, header, Box.parse(named[BOX][0].text) if named[BOX] else None, detect)


def read_detect(value: object) -> bool:
    """Whether to find garments, as a form or a JSON body says it.

    Raises:
        ServiceProblem: `invalid_parameter`: it is neither true nor false.
    """
    if isinstance(value, bool):
        return value
    # Clients that are generated for Python write True.
    if isinstance(value, str) and (text := value.lower()) in {"true", "false"}:
        return text == "true"
    raise ServiceProblem(
        "invalid_parameter",
        f"'{DETECT}' must be true or false, got {value!r:.80}; false finds no garments in the photo",
    )


def checked_photo(picture: bytes, box: Box | None = None, *, detect: bool = True, max_upload_bytes: int) -> PhotoUpload:
    """The photo of a body that is no form, sent to `POST /similar`.

    Raises:
        PictureRejected: its header or the box is not acceptable.
    """
    return _with_box(picture, check_picture(picture, max_upload_bytes=max_upload_bytes), box, detect)


def read_pictures(parts: Sequence[Part]) -> list[Part]:
    """The pictures of `POST /embeddings`; a bad picture gets its own error later.

    Raises:
        UnknownName: a part is not called `image`.
        ServiceProblem: `invalid_parameter`: there is no part.
    """
    for part in parts:
        if part.name != PICTURE:
            raise UnknownName(part.name, "multipart body")
    if not parts:
        raise _missing_image()
    return list(parts)


def check_picture(picture: bytes, *, max_upload_bytes: int) -> PictureHeader:
    """The header of a picture, after checks that it may be embedded.

    Raises:
        PictureRejected: it may not be embedded.
    """
    if len(picture) > max_upload_bytes:
        raise too_many_bytes(len(picture), max_upload_bytes)
    return inspect(picture)


def too_many_bytes(size: int, max_upload_bytes: int) -> PictureRejected:
    """The refusal of a picture of over so many bytes."""
    return PictureRejected(
        "image_too_large", f"the picture has {size:,} bytes; at most {max_upload_bytes:,} are accepted"
    )


def _with_box(picture: bytes, header: PictureHeader, box: Box | None, detect: bool) -> PhotoUpload:
    if box is not None:
        # Refused here and not only by the worker, so that a box that is too small takes no place in the queue.
        box.size_on(header.width, header.height)
    return PhotoUpload(picture, box, detect)


def _with_advice(rejected: PictureRejected, part: Part) -> PictureRejected:
    if rejected.code != "unsupported_media_type" or part.filename is not None:
        return rejected
    # `-F image=photo.jpg` sends the name of the file.
    return PictureRejected(
        rejected.code, f"{rejected.detail}; if this is a file's name, send its content; {_WITH_CURL}"
    )


def _missing_image() -> ServiceProblem:
    return ServiceProblem(
        "invalid_parameter",
        f"the part 'image' is missing, or the body ends before it does; {_WITH_CURL}",
    )
