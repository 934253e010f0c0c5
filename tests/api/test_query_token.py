"""Query tokens: what they hold comes back, and what nobody was given is refused."""

import base64
import random
import struct
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from api.http.problems import ServiceProblem
from api.items.photo_query import PhotoQuery
from api.items.query_token import MAX_TOKEN_CHARACTERS, read_token, token_of
from api.items.rounded_embedding import RoundedEmbedding
from contracts.box import Box
from tests.api.query_tokens import BOX, content_of, drawn_token, mutated, photo_query, sealed

MODEL = "fake-0123456789ab"
# Of a token without box: where its parts begin.
EXPONENT, SIZE, HAS_BOX, CATEGORY, NUMBERS = 9, 10, 18, 19, 22


def refusal(token: str, model_version: str = MODEL) -> ServiceProblem:
    with pytest.raises(ServiceProblem) as refused:
        read_token(token, model_version=model_version)
    return refused.value


@pytest.mark.parametrize("box", [None, BOX, Box(0.0, 1 / 3, 2 / 3, 1.0)])
@pytest.mark.parametrize("category", [None, ("Tshirts", 0.9312), ("Übergröße", 0.0), ("", 1.0)])
@pytest.mark.parametrize("scale", [1e-20, 0.04, 1.0, 1e8])
def test_what_a_token_holds_comes_back(box: Box | None, category: tuple[str, float] | None, scale: float) -> None:
    photo = photo_query(box=box, category=category, scale=scale)
    token = token_of(photo, model_version=MODEL)
    assert token is not None
    read = read_token(token, model_version=MODEL)
    assert (read.width, read.height, read.box, read.category) == (360, 480, box, category)
    assert read.embedding.full().tobytes() == photo.embedding.full().tobytes()
    assert token_of(read, model_version=MODEL) == token


@pytest.mark.parametrize(("box", "room"), [(None, 71), (BOX, 39)])
def test_a_category_is_left_out_where_its_name_is_too_long(box: Box | None, room: int) -> None:
    for name, fits in (("é" * (room // 2) + "x", True), ("x" * (room + 1), False), ("x" * 10_000, False)):
        token = token_of(photo_query(box=box, category=(name, 0.5)), model_version=MODEL)
        assert token is not None
        assert len(token) <= MAX_TOKEN_CHARACTERS
        assert read_token(token, model_version=MODEL).category == ((name, 0.5) if fits else None)
    assert read_token(drawn_token(box=box), model_version=MODEL).box == box


def test_an_embedding_of_zeros_has_no_token() -> None:
    photo = PhotoQuery(RoundedEmbedding.of(np.zeros(512, np.float32)), 60, 80, None, None)
    assert token_of(photo, model_version=MODEL) is None


def test_a_token_of_another_model_or_format_is_outdated() -> None:
    problem = refusal(drawn_token(), "fake-ba9876543210")
    assert (problem.code, problem.status) == ("token_outdated", 410)
    assert "send the photo again" in problem.detail
    content = content_of(drawn_token())
    content[0] = 2
    assert refusal(sealed(content)).code == "token_outdated"


@pytest.mark.parametrize(
    "spelled",
    [
        lambda token: f"{token}=",
        lambda token: f"{token}==",
        lambda token: token.replace("-", "+").replace("_", "/"),
        lambda token: f" {token}",
        lambda token: f"{token}\n",
        lambda token: f"{token[:700]}.{token[700:]}",
        lambda token: f"{token}A",
        lambda token: f"{token}AAAA",
        lambda token: token[:-1] + chr(ord(token[-1]) + 1),
        lambda token: token.replace(token[5], "é"),
        lambda token: token.replace(token[5], "\ud800"),
        lambda _: "",
        lambda _: "A",
        lambda _: "AQ",
        lambda token: token * 100,
        lambda token: token[:-10],
        lambda token: token[4:],
        lambda token: base64.b32encode(token.encode()).decode()[:1496],
    ],
)
def test_a_token_has_one_spelling(spelled: Callable[[str], str]) -> None:
    token = drawn_token()
    problem = refusal(spelled(token))
    assert (problem.code, problem.status) == ("invalid_parameter", 400)
    assert "POST /similar" in problem.detail
    # It stands for somebody's photo, and details may be logged by whoever gets them.
    assert token[20:40] not in problem.detail


def _halved(content: bytearray) -> None:
    numbers = np.frombuffer(content, "<i2", 512, NUMBERS) // 2
    content[NUMBERS:] = numbers.astype("<i2").tobytes()
    content[EXPONENT] += 1


@pytest.mark.parametrize(
    ("at", "put"),
    [
        # The lowest int16 has no counterpart.
        (NUMBERS, struct.pack("<h", -32_768)),
        (NUMBERS, bytes(1024)),
        (NUMBERS, b"\x01" * 1024),
        (EXPONENT, struct.pack("<b", 31)),
        (EXPONENT, struct.pack("<b", -128)),
        (SIZE, bytes(4)),
        (SIZE + 4, bytes(4)),
        (HAS_BOX, b"\x02"),
        (HAS_BOX, b"\x01"),
        (CATEGORY, struct.pack("<BH", 255, 1)),
        (CATEGORY, struct.pack("<BH", 0, 10_001)),
        (CATEGORY, b"\xfe"),
        (CATEGORY, b"\x01"),
    ],
)
def test_what_no_token_holds_is_refused_although_its_checksum_fits(at: int, put: bytes) -> None:
    content = content_of(drawn_token())
    content[at : at + len(put)] = put
    assert refusal(sealed(content)).code == "invalid_parameter"


def test_a_zero_vector_is_refused() -> None:
    content = content_of(drawn_token())
    content[EXPONENT] = 0
    content[NUMBERS:] = bytes(1024)
    assert refusal(sealed(content)).code == "invalid_parameter"


def test_the_same_embedding_in_another_form_is_refused() -> None:
    content = content_of(drawn_token())
    _halved(content)
    assert refusal(sealed(content)).code == "invalid_parameter"


@pytest.mark.parametrize("corners", [(np.nan, 0, 1, 1), (0, 0, np.inf, 1), (0.5, 0, 0.5, 1), (0, 0, 1, 1.5)])
def test_a_box_that_is_none_is_refused(corners: tuple[float, ...]) -> None:
    content = content_of(drawn_token(box=BOX))
    content[CATEGORY : CATEGORY + 32] = struct.pack("<4d", *corners)
    assert refusal(sealed(content)).code == "invalid_parameter"


def test_names_that_are_not_utf_8_are_refused() -> None:
    content = content_of(drawn_token())
    content[CATEGORY:NUMBERS] = struct.pack("<BH", 2, 5000) + b"\xed\xa0"
    assert refusal(sealed(content)).code == "invalid_parameter"
    content[CATEGORY : NUMBERS + 2] = struct.pack("<BH", 2, 5000) + "é".encode()
    assert read_token(sealed(content), model_version=MODEL).category == ("é", 0.5)


def test_a_hundred_thousand_mutated_tokens() -> None:
    generator = random.Random(16)
    tokens = [drawn_token(1), drawn_token(2, box=BOX)]
    statuses: Counter[int] = Counter()
    for number in range(100_000):
        token = mutated(tokens[number % 2], generator)
        try:
            photo = read_token(token, model_version=MODEL)
        except ServiceProblem as problem:
            statuses[problem.status] += 1
            continue
        # With another number in it, and a checksum that fits, it is another photo's.
        statuses[200] += 1
        assert token_of(photo, model_version=MODEL) == token
        assert np.isfinite(photo.embedding.full()).all()
    assert set(statuses) == {200, 400, 410}
    assert statuses[400] > 50_000
