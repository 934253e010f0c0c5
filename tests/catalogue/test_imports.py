"""Imports: batches, problems, leases, and what `replace` removes."""

import dataclasses

import pytest

from catalogue.import_records import ImportBatch, ImportRecord, RowChange, RowProblem
from catalogue.items import Delete
from catalogue.leases import MOST_ATTEMPTS
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import CatalogueError, EmbeddingMissingError, LeaseLostError, PreconditionError
from tests.catalogue.made_items import MODEL, content, put


def create(catalogue: LiveCatalogue, key: str | None = None, body: int = 0, caller: str = "shop") -> ImportRecord:
    return catalogue.imports.create(
        key=key,
        body_sha256=content(body),
        caller=caller,
        mode="upsert",
        max_removed=0.05,
        source="feed.csv",
        format=None,
        mapping={"title": "name"},
    )


def batch(first: int, last: int, *, name: str = "x") -> ImportBatch:
    rows = range(first, last)
    changes = [RowChange(row, put(f"item {row}", row, {"name": name})) for row in rows]
    return ImportBatch(last, last - first, changes, [f"item {row}" for row in rows])


def test_a_repeated_key_is_the_same_import(catalogue: LiveCatalogue) -> None:
    first = create(catalogue, "key")
    assert create(catalogue, "key") == first
    with pytest.raises(PreconditionError, match=first.id):
        create(catalogue, "key", body=1)
    others = [create(catalogue, "key", caller="another"), create(catalogue), create(catalogue)]
    assert len({record.id for record in [first, *others]}) == 4
    assert catalogue.imports.latest(2) == [others[2], others[1]]
    assert catalogue.imports.get(first.id) == first
    assert (first.status, first.mapping, first.position) == ("queued", {"title": "name"}, 0)
    for unknown in ("0" * 32, "\x00", "\ud800"):
        assert catalogue.imports.get(unknown) is None
    with pytest.raises(CatalogueError, match="NUL"):
        create(catalogue, "k\x00")


def test_a_batch_is_written_with_all_that_belongs_to_it(catalogue: LiveCatalogue) -> None:
    record = create(catalogue)
    assert catalogue.imports.claim("me", lease_s=60) is not None
    catalogue.write(put("item 1", 1, {"name": "old"}))
    catalogue.write(put("item 2", 2, {"name": "x"}))
    problem = RowProblem(9, "bad\x00id\ud800", "image_unreadable", "it is \x00 no picture" + "x" * 5_000)
    mixed = ImportBatch(
        11,
        11,
        [
            *batch(0, 4).changes,
            RowChange(4, put("item 3", 7, {"name": "later"})),
            RowChange(5, put("item 5", 5, {"name": "\x00"})),
            RowChange(6, put("item/../6", 6)),
            RowChange(7, put("\ud800", 6)),
            RowChange(8, Delete("item 1")),
            RowChange(10, Delete("nobody")),
        ],
        ["item 0", "item 0", "item 1", "bad\x00id"],
        [problem],
    )
    written = catalogue.imports.commit(record.id, "me", mixed)
    assert (written.sequence, written.created, written.replaced) == (3, 2, 2)
    assert (written.unchanged, written.deleted) == (2, 1)
    assert [(refused.row, refused.code) for refused in written.refused] == [
        (5, "invalid_attributes"),
        (6, "invalid_item"),
        (7, "invalid_item"),
    ]
    after = catalogue.imports.get(record.id)
    assert after is not None
    assert (after.position, after.rows, after.created, after.replaced, after.failed) == (11, 11, 2, 2, 4)
    assert (after.unchanged, after.deleted, after.sequence, after.status) == (2, 1, 3, "running")
    problems, total = catalogue.imports.errors(record.id, limit=2, offset=0)
    assert (total, [found.row for found in problems]) == (4, [9, 5])
    assert problems[0].item_id is not None
    assert "\x00" not in problems[0].item_id
    assert len(problems[0].detail) == 1_000
    # All in one transaction, so under one number; of two rows of one id the last one counts.
    assert {item.sequence for item in catalogue.changes(after=2, model=MODEL).items} == {3}
    later = catalogue.item("item 3")
    assert later is not None
    assert (later.attributes, later.version, later.content) == ({"name": "later"}, 2, content(7))
    assert catalogue.imports.seen(record.id, ["item 0", "item 1", "item 2"]) == {"item 0", "item 1"}


def test_a_batch_that_fails_leaves_nothing(catalogue: LiveCatalogue) -> None:
    record = create(catalogue)
    catalogue.imports.claim("me", lease_s=60)
    bare = dataclasses.replace(put("item 9", 99), embedding=None)
    failing = ImportBatch(5, 5, [*batch(0, 4).changes, RowChange(4, bare)], ["item 0"], [RowProblem(1, None, "c", "d")])
    with pytest.raises(EmbeddingMissingError):
        catalogue.imports.commit(record.id, "me", failing)
    after = catalogue.imports.get(record.id)
    assert after is not None
    assert (after.position, after.rows, after.failed, catalogue.sequence()) == (0, 0, 0, 0)
    assert catalogue.imports.errors(record.id, limit=9, offset=0) == ([], 0)
    assert catalogue.imports.seen(record.id, ["item 0"]) == set()
    assert catalogue.imports.commit(record.id, "me", batch(0, 4)).created == 4
    assert catalogue.imports.commit(record.id, "me", batch(0, 4)).unchanged == 4


def test_problems_are_counted_beyond_those_that_are_kept(
    catalogue: LiveCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.import_batches.MOST_PROBLEMS", 5)
    record = create(catalogue)
    catalogue.imports.claim("me", lease_s=60)
    for first in (0, 4):
        problems = [RowProblem(row, None, "c", "d") for row in range(first, first + 4)]
        catalogue.imports.commit(record.id, "me", ImportBatch(first + 4, 4, problems=problems))
    after = catalogue.imports.get(record.id)
    assert after is not None
    assert after.failed == 8
    found, total = catalogue.imports.errors(record.id, limit=9, offset=3)
    assert ([problem.row for problem in found], total) == ([3, 4], 5)


def test_imports_are_done_one_after_the_other(catalogue: LiveCatalogue) -> None:
    first, second = create(catalogue), create(catalogue)
    claimed = catalogue.imports.claim("me", lease_s=60)
    assert claimed is not None
    assert (claimed.id, claimed.status) == (first.id, "running")
    assert catalogue.imports.claim("another", lease_s=60) is None
    for owner, import_id in (("another", first.id), ("me", second.id), ("me", "nothing")):
        with pytest.raises(LeaseLostError):
            catalogue.imports.commit(import_id, owner, batch(0, 2))
    assert catalogue.sequence() == 0
    catalogue.imports.finish(first.id, "me", "succeeded", None)
    with pytest.raises(LeaseLostError):
        catalogue.imports.commit(first.id, "me", batch(0, 2))
    claimed = catalogue.imports.claim("another", lease_s=60)
    assert claimed is not None
    assert claimed.id == second.id
    catalogue.imports.finish(second.id, "another", "failed", "because")
    ended = catalogue.imports.get(second.id)
    assert ended is not None
    assert (ended.status, ended.detail) == ("failed", "because")
    assert catalogue.imports.claim("me", lease_s=60) is None


def test_a_lease_needs_no_clock_that_can_be_set(catalogue: LiveCatalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the watcher's monotonic clock counts, from the last sign of life that it saw."""
    now_s = 1_000.0
    monkeypatch.setattr(catalogue.imports._leases, "_clock", lambda: now_s)
    record = create(catalogue)
    catalogue.imports.claim("dies", lease_s=30)
    # The wall clock is set back by a day: nothing of it matters.
    monkeypatch.setattr("catalogue.import_rows.time.time", lambda: 0.0)
    assert catalogue.imports.claim("other", lease_s=30) is None
    now_s += 29
    catalogue.imports.renew(record.id, "dies")
    now_s += 2
    assert catalogue.imports.claim("other", lease_s=30) is None
    now_s += 29
    assert catalogue.imports.claim("other", lease_s=30) is None
    now_s += 2
    taken = catalogue.imports.claim("other", lease_s=30)
    assert taken is not None
    for late in (
        lambda: catalogue.imports.commit(record.id, "dies", batch(0, 2)),
        lambda: catalogue.imports.renew(record.id, "dies"),
        lambda: catalogue.imports.remove_unseen(record.id, "dies", most=9),
        lambda: catalogue.imports.finish(record.id, "dies", "succeeded", None),
    ):
        with pytest.raises(LeaseLostError):
            late()
    # One that starts again under its own name goes on at once.
    assert catalogue.imports.claim("other", lease_s=30) is not None


def test_an_import_at_which_every_process_dies_fails(catalogue: LiveCatalogue) -> None:
    record, next_one = create(catalogue), create(catalogue)
    for _ in range(MOST_ATTEMPTS):
        catalogue.imports.claim("me", lease_s=60)
    catalogue.imports.commit(record.id, "me", batch(0, 2))
    for _ in range(MOST_ATTEMPTS):
        assert catalogue.imports.claim("me", lease_s=60) is not None
    assert catalogue.imports.claim("me", lease_s=60) is None
    failed = catalogue.imports.get(record.id)
    assert failed is not None
    assert failed.status == "failed"
    assert "at row 3" in (failed.detail or "")
    claimed = catalogue.imports.claim("me", lease_s=60)
    assert claimed is not None
    assert claimed.id == next_one.id


def test_replacing_removes_what_the_feed_did_not_name(catalogue: LiveCatalogue) -> None:
    for number in range(6):
        catalogue.write(put(f"old {number}", number))
    record = create(catalogue)
    catalogue.imports.claim("me", lease_s=60)
    catalogue.write(put("put meanwhile", 50))
    catalogue.imports.commit(record.id, "me", batch(0, 2))
    catalogue.imports.commit(record.id, "me", ImportBatch(3, 1, (), ["old 0"], [RowProblem(3, "old 0", "c", "d")]))
    unseen = catalogue.imports.count_unseen(record.id)
    assert (unseen.unseen, unseen.live) == (5, 9)
    assert [catalogue.imports.remove_unseen(record.id, "me", most=3) for _ in range(3)] == [3, 2, 0]
    left = [item.id for item in catalogue.all_items(MODEL)]
    assert left == ["old 0", "put meanwhile", "item 0", "item 1"]
    after = catalogue.imports.get(record.id)
    assert after is not None
    assert (after.deleted, after.sequence) == (5, catalogue.sequence())
    catalogue.imports.finish(record.id, "me", "succeeded", None)
    assert catalogue.imports.seen(record.id, ["old 0"]) == set()


def test_old_imports_are_forgotten(catalogue: LiveCatalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalogue.purging._KEPT_IMPORTS", 1)
    records = [create(catalogue) for _ in range(3)]
    catalogue.imports.claim("me", lease_s=60)
    problem = ImportBatch(1, 1, problems=[RowProblem(1, None, "c", "d")])
    catalogue.imports.commit(records[0].id, "me", problem)
    catalogue.imports.finish(records[0].id, "me", "succeeded", None)
    catalogue.purge(up_to=0)
    # One that is still queued stays.
    assert [record.id for record in catalogue.imports.latest(9)] == [records[2].id, records[1].id]
    assert catalogue.imports.errors(records[0].id, limit=9, offset=0) == ([], 0)
