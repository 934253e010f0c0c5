import time

import pytest

from api.http.preferences import prefers_async


def asks(*fields: str) -> bool:
    return prefers_async({"headers": [(b"host", b"x"), *((b"prefer", field.encode()) for field in fields)]})


@pytest.mark.parametrize(
    "fields",
    [
        ("respond-async",),
        ("Respond-Async",),
        (" respond-async ",),
        ("respond-async, wait=10",),
        ("wait=10,respond-async",),
        ("respond-async; wait=10",),
        ("respond-async=",),
        ('respond-async=""',),
        ("wait=5", "respond-async"),
        ("", "respond-async"),
        (", ,respond-async,",),
        ('foo="a, b"; c="d,e", respond-async',),
        (r'foo="a \", b", respond-async',),
        ("handling = lenient , respond-async",),
        ("not a preference, respond-async",),
        ('"broken, respond-async',),
    ],
)
def test_it_is_asked_for(fields: tuple[str, ...]) -> None:
    assert asks(*fields)


@pytest.mark.parametrize(
    "fields",
    [
        (),
        ("",),
        ("wait=10",),
        ("respond-asynchronously",),
        ("respond async",),
        ('foo="a, respond-async"',),
        ('foo="a", bar="respond-async, b"',),
        ("foo; respond-async",),
        ("foo=respond-async",),
        # Whatever this is, RFC 7240 does not define it; and the first counts.
        ("respond-async=no",),
        ("respond-async=no, respond-async",),
        ("x" * 1000 + ", respond-async",),
    ],
)
def test_it_is_not_asked_for(fields: tuple[str, ...]) -> None:
    assert not asks(*fields)


@pytest.mark.parametrize("unit", ['"', '\\"', '"\\', "a=", ",", "; ", " ", "a "])
def test_hostile_fields_cost_little(unit: str) -> None:
    for length in (900, 30_000):
        begun = time.process_time()
        assert not asks(unit * (length // len(unit)))
        assert time.process_time() - begun < 0.1
