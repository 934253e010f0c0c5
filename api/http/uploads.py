"""Checking the content of an upload: one photo and a box, or many photos."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.http.multipart import FieldPart, FilePart
from api.http.names import UnknownName
from api.http.problems import ServiceProblem
from contracts.box import Box
from contracts.errors import PictureRejected
from pictures.header import PictureHeader, inspect

MAX_JOB_PICTURES = 32


@dataclass(frozen=True, slots=True)
class PhotoUpload:
    """A photo whose header was checked, and the box to search for; None for all of it."""

    picture: bytes
    box: Box | None


def read_photo(parts: Sequence[FilePart | FieldPart], *, max_upload_bytes: int) -> PhotoUpload:
    """The one photo of `POST /similar`.

    Raises:
        UnknownName: a part is called neither `image` nor `box`.
        ServiceProblem: `invalid_parameter`: a part is missing, given twice or of the wrong kind.
        PictureRejected: the picture's header or the box is not acceptable.
    """
    pictures = [part for part in parts if isinstance(part, FilePart) and part.name == "image"]
    boxes = [part for part in parts if isinstance(part, FieldPart) and part.name == "box"]
    for part in parts:
        if part.name not in {"image", "box"}:
            raise UnknownName(part.name, "multipart body")
        if part.name == "image" and isinstance(part, FieldPart):
            raise _text_image()
        if part.name == "box" and isinstance(part, FilePart):
            raise ServiceProblem(
                "invalid_parameter", "'box' must be text such as 0.1,0.2,0.9,0.8, not a file; with curl: -F box=..."
            )
    if not pictures:
        raise _missing_image()
    if len(pictures) > 1:
        raise ServiceProblem(
            "invalid_parameter",
            "'image' is given more than once; send one photo, or several to POST /embeddings",
        )
    if len(boxes) > 1:
        raise ServiceProblem("invalid_parameter", "'box' is given more than once; give it once")
    picture = pictures[0].data
    _check_size(picture, max_upload_bytes)
    header = inspect(picture)
    box = Box.parse(boxes[0].text) if boxes else None
    if box is not None:
        # Refused here and not only by the worker, so that a box that is too small takes no place in the queue.
        box.size_on(header.width, header.height)
    return PhotoUpload(picture, box)


def read_pictures(parts: Sequence[FilePart | FieldPart]) -> list[FilePart]:
    """The pictures of `POST /embeddings`; a bad picture gets its own error later.

    Raises:
        UnknownName: a part is not called `image`.
        ServiceProblem: `invalid_parameter`: there is no part, or one is not a file.
    """
    for part in parts:
        if part.name != "image":
            raise UnknownName(part.name, "multipart body")
        if isinstance(part, FieldPart):
            raise _text_image()
    pictures = [part for part in parts if isinstance(part, FilePart)]
    if not pictures:
        raise _missing_image()
    return pictures


def check_picture(picture: bytes, *, max_upload_bytes: int) -> PictureHeader:
    """The header of a picture, after checks that it may be embedded.

    Raises:
        PictureRejected: it may not be embedded.
    """
    _check_size(picture, max_upload_bytes)
    return inspect(picture)


def _check_size(picture: bytes, max_upload_bytes: int) -> None:
    if len(picture) > max_upload_bytes:
        raise PictureRejected(
            "image_too_large",
            f"the picture has {len(picture):,} bytes; at most {max_upload_bytes:,} are accepted",
        )


def _text_image() -> ServiceProblem:
    return ServiceProblem("invalid_parameter", "'image' must be a file, not text; with curl: -F image=@photo.jpg")


def _missing_image() -> ServiceProblem:
    return ServiceProblem(
        "invalid_parameter",
        "the part 'image' is missing, or the body ends before it does; with curl: -F image=@photo.jpg",
    )
