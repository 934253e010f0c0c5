"""The parameter `key` leaves a query string, however it is spelt, and nothing else changes."""

from urllib.parse import parse_qsl, quote

from hypothesis import given
from hypothesis import strategies as st

from api.http.sent_keys import SentKeys, take_from_query

# Pieces of query strings: the name in all its spellings, what looks like it, separators, and any byte.
PIECES = st.sampled_from(
    b"key %6bey %6Bey k%65y ke%79 %6b%65%79 Key key2 akey k+ey %2565y limit & && = %3D %26 + % %6 %00 ; # \xc3\xa9 \xff"
    .split()
)  # fmt: skip
QUERIES = st.lists(st.one_of(PIECES, st.binary(max_size=3))).map(b"".join)


def pairs(query_string: bytes) -> list[tuple[str, str]]:
    return parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)


@given(QUERIES)
def test_all_other_parameters_stay_as_they_are(query_string: bytes) -> None:
    scope = {"query_string": query_string}
    taken = take_from_query(scope)
    before, after = pairs(query_string), pairs(scope["query_string"])
    assert after == [pair for pair in before if pair[0] != "key"]
    # A key without `=` is a parameter too; `parse_qsl` gives it an empty value.
    assert [key.decode() for key in taken] == [value for name, value in before if name == "key"]
    if not taken:
        assert scope["query_string"] == query_string


@given(st.text(max_size=40), QUERIES)
def test_a_key_is_found_whatever_stands_beside_it(key: str, others: bytes) -> None:
    for sent in (f"key={quote(key)}".encode(), f"k%65y={quote(key)}".encode()):
        assert key.encode() in take_from_query({"query_string": others + b"&" + sent})
        assert key.encode() in take_from_query({"query_string": sent + b"&" + others})


def test_which_key_decides() -> None:
    assert SentKeys().deciding is None
    assert not SentKeys()
    assert SentKeys((b"a",)).deciding == b"a"
    assert SentKeys((b"a",), (b"b",)).deciding == b"a"
    assert SentKeys((), (b"b",)).deciding == b"b"
    assert SentKeys((), (b"b",), (b"c",)).deciding == b"c"
    assert SentKeys((b"c",), (b"b",), (b"c",)).deciding == b"c"
    for contradiction in (
        SentKeys((b"a", b"a")),
        SentKeys((b"a", b"b")),
        SentKeys((), (b"a", b"b")),
        SentKeys((b"a",), (), (b"b",)),
        SentKeys((b"a", b"a"), (), (b"a",)),
    ):
        assert contradiction.deciding is None
        assert contradiction
