"""Photos: what is read, and what becomes of a large one."""

import builtins
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lookalike_client import shrink_photo
from lookalike_client.photos import read_photo


def photo(mode: str = "RGB", size: tuple[int, int] = (1200, 800), kind: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    image = Image.new("RGB", size, (200, 30, 40))
    image.paste((20, 60, 220), (0, 0, size[0] // 2, size[1]))
    image.convert(mode).save(file, kind, **options)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_large_photo_becomes_small() -> None:
    small = opened(shrink_photo(photo(), 300))
    assert (small.size, small.format, small.mode) == ((300, 200), "JPEG", "RGB")
    left, right = np.asarray(small)[100, 40], np.asarray(small)[100, 260]
    assert np.abs(left.astype(int) - (20, 60, 220)).max() < 8
    assert np.abs(right.astype(int) - (200, 30, 40)).max() < 8


def test_it_is_turned_upright_and_nothing_is_kept_but_its_colours() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    profile = b"\0" * 128
    small = opened(shrink_photo(photo(exif=exif, icc_profile=profile), 300))
    assert small.size == (200, 300)
    # Its left half is on top now.
    assert np.asarray(small)[40, 100, 2] > 150
    assert not small.getexif()
    assert small.info["icc_profile"] == profile


def test_a_transparent_picture_stays_so() -> None:
    file, cut_out = io.BytesIO(), opened(photo("RGBA", kind="PNG"))
    cut_out.putalpha(cut_out.getchannel("R"))
    cut_out.save(file, "PNG")
    small = opened(shrink_photo(file.getvalue(), 300))
    assert (small.format, small.mode, small.size) == ("WEBP", "RGBA", (300, 200))


@pytest.mark.parametrize(
    "data",
    [
        photo(size=(200, 300)),
        photo("CMYK"),
        photo("P", kind="PNG"),
        photo()[:300],
        b"no picture",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00",
    ],
    ids=["small", "CMYK", "palette", "truncated", "text", "a bomb's header"],
)
def test_what_the_service_should_see_itself_stays_as_it_is(data: bytes) -> None:
    assert shrink_photo(data, 300) is data


def test_pixels_beyond_what_the_service_takes_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = photo()
    monkeypatch.setattr("lookalike_client.shrinking._MOST_PIXELS", 1200 * 800 - 1)
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("it was decoded"))
    assert shrink_photo(data, 300) is data


def test_a_size_that_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="at least 64"):
        shrink_photo(photo(), 0)


def test_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_pillow(name: str, *rest: Any) -> Any:
        if name == "PIL":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_pillow)
    with pytest.raises(ImportError, match=r"lookalike-client\[pillow\]"):
        shrink_photo(photo(), 300)


def test_a_photo_is_a_file_bytes_an_open_file_or_a_url(tmp_path: Path) -> None:
    file = tmp_path / "photo"
    file.write_bytes(b"a photo")
    with file.open("rb") as stream:
        assert read_photo(stream).data == b"a photo"
    assert read_photo(file).data == read_photo(b"a photo").data == b"a photo"
    assert read_photo(bytearray(b"a photo")).data == b"a photo"  # type: ignore[arg-type]
    assert read_photo("https://shop.example/a.jpg").url == "https://shop.example/a.jpg"


def test_a_text_never_opens_a_file(tmp_path: Path) -> None:
    file = tmp_path / "photo"
    file.write_bytes(b"a photo")
    for text in (str(file), f"file://{file}", "photo", "", "http:", "C:\\photo.jpg"):
        with pytest.raises(ValueError, match="not an http or https URL"):
            read_photo(text)


def test_photos_that_cannot_be_sent(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as large:
        large.truncate(10 * 1024**3)
    with pytest.raises(ValueError, match="over 64 MiB"):
        read_photo(file)
    with pytest.raises(ValueError, match="empty"):
        read_photo(b"")
    with pytest.raises(TypeError, match="mode 'rb'"):
        read_photo(io.StringIO("text"))  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        read_photo(tmp_path / "missing")
