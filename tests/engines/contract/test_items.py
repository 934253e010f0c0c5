"""A part knows its items by number, id and place."""

import numpy as np
import orjson
import pytest

from index.part import Part
from tests.engines.contract.contents import Content
from tests.engines.contract.oracle import Oracle


def test_numbers_and_places(part: Part, oracle: Oracle) -> None:
    everything = part.candidates((), ())
    assert len(part) == everything.count == len(oracle.numbers)
    assert everything.numbers().tolist() == oracle.numbers
    assert everything.numbers().dtype == np.int64
    assert everything.mask().all()
    places = np.array([len(oracle.numbers) - 1, 0, 5, 5, 100])
    assert part.numbers_at(places).tolist() == [oracle.numbers[place] for place in places]
    assert part.numbers_at(np.empty(0, np.int64)).tolist() == []


def test_which_items_it_holds(part: Part, oracle: Oracle) -> None:
    others = sorted({-1, 0, 2**62, *range(oracle.numbers[0], oracle.numbers[60])}.difference(oracle.numbers))
    numbers = np.array([*oracle.numbers[::3], *others], np.int64)
    assert part.holds(numbers).tolist() == [True] * len(oracle.numbers[::3]) + [False] * len(others)
    assert part.holds(np.empty(0, np.int64)).tolist() == []


def test_pages_of_numbers(part: Part, oracle: Oracle) -> None:
    everything = part.candidates((), ())
    for offset, limit in ((0, 1), (0, 10), (7, 90), (len(part) - 3, 10), (len(part), 5), (10**9, 5), (0, 10**9)):
        assert everything.page(offset, limit).tolist() == oracle.numbers[offset : offset + limit]


def test_items_are_found_by_id(part: Part, content: Content, oracle: Oracle) -> None:
    for number in oracle.numbers[::17]:
        assert part.number(oracle.item(number).id) == number
    for hostile in ("", "unknown", "shop/%", "' OR 1=1 --", "shop/é 1\x00", "\ud800", "x" * 600):
        assert part.number(hostile) is None
    # In another form; one that is stored as it is asked for comes first.
    numbers = content.numbers.tolist()
    assert part.number(" shop/e\u0301 1 ") == numbers[1]
    assert part.number("e\u0301/a") == numbers[20]
    assert part.number("é/a") == numbers[21]
    assert part.number("é/b") == part.number("e\u0301/b") == numbers[22]


def test_ids_are_looked_up_together(part: Part, oracle: Oracle) -> None:
    known = oracle.numbers[::40]
    ids = ["unknown", "e\u0301/a", "é/a", "\ud800", *(oracle.item(number).id for number in known), "\x00"]
    assert part.numbers_of(ids) == [part.number(item_id) for item_id in ids]
    assert part.numbers_of(ids)[4:] == [*known, None]
    assert part.numbers_of([]) == []


def test_items_as_they_are_stored(part: Part, oracle: Oracle) -> None:
    asked = [oracle.numbers[place] for place in (3, 1, 250, 40, 329, 3, 21)]
    listed = part.listed(np.array(asked))
    assert [item_id for item_id, _ in listed] == [oracle.item(number).id for number in asked]
    assert [attributes for _, attributes in listed] == [
        orjson.dumps(dict(oracle.item(number).attributes)) for number in asked
    ]
    assert part.listed(np.empty(0, np.int64)) == []
    for number, (item_id, attributes) in zip(asked, listed, strict=True):
        record, item = part.record(number), oracle.item(number)
        assert (record.id, record.attributes) == (item_id, attributes)
        assert (record.image, record.crop) == (item.image, item.crop)
    everything = part.listed(np.array(oracle.numbers))
    assert [item_id for item_id, _ in everything] == [oracle.item(number).id for number in oracle.numbers]


def test_vectors_of_items(part: Part, content: Content, oracle: Oracle) -> None:
    for number in [*oracle.numbers[::29], content.numbers[7]]:
        row = oracle.rows[int(number)]
        vectors = part.vectors(int(number))
        assert vectors.reduced.dtype == np.float32
        assert vectors.reduced.tobytes() == content.reduced[row].tobytes()
        assert vectors.full is not None
        assert vectors.full.dtype == np.float32
        assert vectors.full.tobytes() == content.full[row].astype(np.float32).tobytes()


@pytest.mark.parametrize("missing", [-1, 0, 2**62])
def test_unknown_numbers(part: Part, missing: int) -> None:
    # As one part says it; several merged parts are asked for items that they hold only.
    for ask in (part.vectors, part.record):
        with pytest.raises((IndexError, StopIteration)):
            ask(missing)


def test_it_is_warmed_up_at_any_time(part: Part) -> None:
    part.warm_up()
    part.warm_up()
