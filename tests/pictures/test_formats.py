"""The table of formats, and the places that cannot read it and must say the same."""

import mimetypes
import re
import subprocess
import sys

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
        # The world has two names for HEIC.
        name = (mimetypes.guess_type(f"picture{suffix}")[0] or "").replace("image/heif", "image/heic")
        assert name in {picture_format.media_type, ""}
        assert suffix == suffix.lower()


def test_no_suffix_is_of_two_formats() -> None:
    assert len(set(SUFFIXES)) == len(SUFFIXES)
    assert len(set(MEDIA_TYPES)) == len(MEDIA_TYPES) == len(FORMATS)


def test_sentences() -> None:
    *labels, last = (known.label for known in FORMATS)
    assert formats_in_words() == f"{', '.join(labels)} or {last}"
    assert formats_in_words("nor") == f"{', '.join(labels)} nor {last}"
    assert formats_in_words().startswith("JPEG, PNG")
    assert suffixes_in_words().startswith(".jpg, .jpeg, .jfif, .jpe, .png")
    assert suffixes_in_words().endswith(f" or {SUFFIXES[-1]}")


# The page does not ask for HEIC: few servers read it, and iPhones turn photos into JPEG for pages that do not.
READ_EVERYWHERE = [known for known in FORMATS if known.label != "HEIC"]
READ_IN_WORDS = " or ".join(", ".join(known.label for known in READ_EVERYWHERE).rsplit(", ", 1))


def test_the_page_accepts_what_is_read() -> None:
    page = (PAGE_FOLDER / "index.html").read_text()
    (accepted,) = re.findall(r'id="file"[^>]* accept="([^"]*)"', page)
    assert accepted.split(",") == [known.media_type for known in READ_EVERYWHERE]
    assert f">{READ_IN_WORDS}, up to 10 MB<" in page


def test_the_page_advises_what_is_read() -> None:
    assert f"'Choose a {READ_IN_WORDS} picture.'" in (PAGE_FOLDER / "words.js").read_text()


def test_without_the_extra_a_heic_is_refused_by_its_name() -> None:
    heic = encoded(shirt(), "HEIF")
    assert recognised(heic) is not None
    hidden = (
        "import sys; sys.modules['pillow_heif'] = None\n"
        "import importlib.util as u; found = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'pillow_heif' else found(name, *rest)\n"
        "from contracts.errors import PictureRejected\n"
        "from pictures.header import inspect\n"
        "try: inspect(sys.stdin.buffer.read())\n"
        "except PictureRejected as rejection: print(rejection.code, rejection.detail)\n"
    )
    said = subprocess.run([sys.executable, "-c", hidden], input=heic, capture_output=True, check=True).stdout.decode()
    assert said.startswith("unsupported_media_type the file is a HEIC photo; save it as JPEG")
