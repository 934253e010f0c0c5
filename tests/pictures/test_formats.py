"""The table of formats, and the places that cannot read it and must say the same."""

import mimetypes
import re

import pytest

from api.routes.page import PAGE_FOLDER
from pictures.formats import (
    FORMATS,
    MEDIA_TYPES,
    SUFFIXES,
    PictureFormat,
    formats_in_words,
    recognised,
    suffixes_in_words,
)
from tests.pictures.picture_files import encoded, shirt

every_format = pytest.mark.parametrize("picture_format", FORMATS, ids=lambda known: known.name)


@every_format
def test_a_file_is_of_one_format_only(picture_format: PictureFormat) -> None:
    data = encoded(shirt(), picture_format.name)
    assert [known for known in FORMATS if known.matches(data)] == [picture_format]
    assert recognised(data) is picture_format


@pytest.mark.parametrize("data", [b"", b"R", b"RIFF", b"RIFF\0\0\0\0WAVE", b"\xff\xd8", b"<svg/>", bytes(100)])
def test_other_bytes_are_of_none(data: bytes) -> None:
    assert recognised(data) is None


@every_format
def test_suffixes_and_media_types_are_those_of_the_world(picture_format: PictureFormat) -> None:
    for suffix in picture_format.suffixes:
        assert mimetypes.guess_type(f"picture{suffix}")[0] in {picture_format.media_type, None}
        assert suffix == suffix.lower()


def test_no_suffix_is_of_two_formats() -> None:
    assert len(set(SUFFIXES)) == len(SUFFIXES)
    assert len(set(MEDIA_TYPES)) == len(MEDIA_TYPES) == len(FORMATS)


def test_sentences() -> None:
    *labels, last = (known.label for known in FORMATS)
    assert formats_in_words() == f"{', '.join(labels)} or {last}"
    assert formats_in_words("nor") == f"{', '.join(labels)} nor {last}"
    assert formats_in_words().startswith("JPEG, PNG")
    assert suffixes_in_words().startswith(".jpg, .jpeg, .png")
    assert suffixes_in_words().endswith(f" or {SUFFIXES[-1]}")


def test_the_page_accepts_what_is_read() -> None:
    page = (PAGE_FOLDER / "index.html").read_text()
    (accepted,) = re.findall(r'id="file"[^>]* accept="([^"]*)"', page)
    assert tuple(accepted.split(",")) == MEDIA_TYPES
    assert f">{formats_in_words()}, up to 10 MB<" in page


def test_the_page_advises_what_is_read() -> None:
    assert f"'Choose a {formats_in_words()} picture.'" in (PAGE_FOLDER / "words.js").read_text()
