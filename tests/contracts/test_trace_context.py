import pytest

from contracts.trace_context import TraceContext

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("parent", "sampled"),
    [
        (PARENT, True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"cc-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-what-comes", True),
    ],
)
def test_a_parent_is_read_whatever_its_version(parent: str, sampled: bool) -> None:
    assert TraceContext.parse(parent) == TraceContext(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "parent",
    [
        "",
        None,
        17,
        [PARENT],
        PARENT.upper(),
        f"{PARENT}\n",
        f" {PARENT}",
        f"{PARENT}-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"cc-{TRACE}-{SPAN}-01-{'x' * 10_000}",
        f"cc-{TRACE}-{SPAN}-01x",
        f"00-{TRACE[:-1]}\uff10-{SPAN}-01",
    ],
)
def test_what_is_no_parent_is_ignored(parent: object) -> None:
    assert TraceContext.parse(parent, "a=1") is None


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        ("a=1", "a=1"),
        (" a=1 , b@c=2 ,,", "a=1,b@c=2"),
        ("a=1,a=2", ""),
        ("a", ""),
        ("A=1", ""),
        ("a=\n", ""),
        ("a=ü", ""),
        (",".join(f"k{number}=1" for number in range(33)), ""),
        ("a=" + "x" * 511, ""),
        (b"a=1", ""),
        (None, ""),
    ],
)
def test_a_state_that_is_not_valid_is_dropped_and_the_parent_kept(state: object, kept: str) -> None:
    assert TraceContext.parse(PARENT, state) == TraceContext(TRACE, SPAN, True, kept)


def test_a_request_has_one_parent_and_any_number_of_states() -> None:
    parent = (b"traceparent", PARENT.encode())
    states = [(b"tracestate", b"a=1"), (b"x", b"y"), (b"tracestate", b"b=2")]
    assert TraceContext.of_request([parent, *states]) == TraceContext(TRACE, SPAN, True, "a=1,b=2")
    assert TraceContext.of_request([parent, *[(b"tracestate", b"a=" + b"x" * 200)] * 3]) == TraceContext(
        TRACE, SPAN, True
    )
    assert TraceContext.of_request([parent, parent]) is None
    assert TraceContext.of_request(states) is None


def test_what_travels_in_a_message_is_read_as_it_was_written() -> None:
    for context in (TraceContext(TRACE, SPAN, True, "a=1"), TraceContext(TRACE, SPAN, False)):
        assert TraceContext.of_message(context.to_headers()) == context
