import pytest
from starlette.requests import Request

from api.http.accept import preferred

AVIF, WEBP, JPEG = OFFERED = ("image/avif", "image/webp", "image/jpeg")
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
SAFARI = "image/webp,image/avif,image/jxl,image/heic,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"


def chosen(*fields: str) -> str:
    headers = [(b"accept", field.encode("latin-1")) for field in fields]
    return preferred(Request({"type": "http", "headers": headers}), OFFERED, otherwise=JPEG)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((), JPEG),
        (("",), JPEG),
        (("*/*",), JPEG),
        (("image/*",), JPEG),
        (("application/json",), JPEG),
        ((CHROME,), AVIF),
        ((SAFARI,), AVIF),
        (("image/webp,*/*",), WEBP),
        (("image/webp", "image/avif"), AVIF),
        (("IMAGE/AVIF",), AVIF),
        ((" image/avif ; q=0.5 , image/webp ; Q=0.6 ",), WEBP),
        (("image/avif;q=0.5, image/webp;q=0.500",), AVIF),
        (("image/avif;q=0, image/webp;q=0.001",), WEBP),
        (("image/avif;q=0, image/webp;q=0.000",), JPEG),
        (("image/jpeg, image/avif;q=0.9",), JPEG),
        (("image/avif;level=1;q=0.1, image/webp;q=0.2",), WEBP),
        # What the RFC does not know as a weight weighs nothing.
        (("image/avif;q=2, image/webp",), WEBP),
        (("image/avif;q=nan, image/webp;q=0.1",), WEBP),
        (("image/avif;q=, image/webp;q=0.1",), WEBP),
        (("image/avif;q=1.0000, image/webp;q=0.1",), WEBP),
        (("image/avif;q=\xb2, image/webp;q=0.1",), WEBP),
        ((";;,,;q=1,/",), JPEG),
        (("image/avif," + "x" * 1000,), JPEG),
    ],
)
def test_it_is_the_type_that_the_client_names_with_the_greatest_weight(fields: tuple[str, ...], expected: str) -> None:
    assert chosen(*fields) == expected
