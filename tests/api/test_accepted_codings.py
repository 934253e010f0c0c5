"""What Accept-Encoding says."""

import pytest

from api.http.accepted_codings import Accepted, accepted_codings


def accepted(*fields: str) -> Accepted:
    headers = [(b"accept-encoding", field.encode("latin-1")) for field in fields]
    return accepted_codings({"type": "http", "headers": [(b"host", b"shop"), *headers]})


@pytest.mark.parametrize(
    ("field", "best"),
    [
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("  gzip ;  q=0.5 ,br", "gzip"),
        ("gzip;q=1.0, zstd;q=0.9", "gzip"),
        ("gzip;q=0.001", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("*", "zstd"),
        ("zstd;q=0, *", "gzip"),
        ("gzip;q=0.2, *;q=0.1", "gzip"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("", None),
        ("br, deflate", None),
        ("gzip;q=0", None),
        ("gzip;q=0.000, zstd;q=0.", None),
        ("identity", None),
        ("identity;q=1, gzip;q=0.9", None),
        ("*;q=0", None),
        ("identity;q=0, *;q=0", None),
        # What is malformed says nothing.
        ("gzip;q=2", None),
        ("gzip;q=-1", None),
        ("gzip;q=0.1234", None),
        ("gzip;q=", None),
        ("gzip;level=9", None),
        ("gzip zstd", None),
        ("gzip;q=nan", None),
        (";;;,,,=\xff", None),
        ("\xb2gzip, zstd;q=\xb9", None),
        ("gzip;q=7, zstd;q=0.5", "zstd"),
    ],
)
def test_the_best_coding(field: str, best: str | None) -> None:
    assert accepted(field).best == best


@pytest.mark.parametrize(
    ("field", "identity"),
    [
        ("gzip", True),
        ("identity;q=0, gzip", False),
        ("*;q=0, gzip", False),
        ("*;q=0, gzip, identity;q=0.1", True),
        # With nothing left the answer is sent as it is.
        ("identity;q=0", True),
        ("identity;q=0, *;q=0", True),
    ],
)
def test_whether_an_answer_may_stay_as_it_is(field: str, identity: bool) -> None:
    found = accepted(field)
    assert found.identity == identity
    assert found.for_text(2000) == found.best
    assert found.for_text(100) == (None if identity else found.best)
    assert found.for_text(0) is None


def test_several_fields_are_one() -> None:
    assert accepted("br", "gzip;q=0.5", "zstd;q=0.6") == accepted("br, gzip;q=0.5, zstd;q=0.6")
    assert accepted() == accepted("identity") == Accepted(None, frozenset(), identity=True)


def test_a_huge_field_is_read_only_so_far() -> None:
    assert accepted("gzip," + "x," * 100_000).best == "gzip"
    assert accepted("x," * 100_000 + "gzip").best is None
