"""The files of shards: what was written is read, and whatever else is there is refused."""

import io
from pathlib import Path

import numpy as np
import orjson
import pytest

from contracts.errors import StoreUnavailableError
from contracts.items import Item
from contracts.shard_message import ShardMessage
from model.shards.plan import (
    MOST_REFERENCES,
    Reference,
    ShardJob,
    parse_job,
    parse_shard,
    render_job,
    render_shard,
    shards_of,
)
from model.shards.result import ShardResult, parse_result, refused, render_result
from model.shards.work_folder import WorkFolder
from storage.object_facts import ObjectFacts
from storage.sealed_json import parse_sealed, render_sealed

JOB = "0123456789abcdef" * 2
KEY = bytes(range(32))


def a_result() -> ShardResult:
    keys = np.zeros((3, 32), np.uint8)
    keys[0], keys[2] = 7, 9
    embedded = np.full((1, 32), 9, np.uint8)
    return ShardResult("m-1", keys, {1: ("missing", "gone.jpg")}, embedded, np.ones((1, 512), np.float32))


def test_a_catalogue_is_split_in_its_order() -> None:
    items = [Item(str(number), f"{number}.jpg", crop=(0, 0, number + 1, 1)) for number in range(5)]
    facts = {"4.jpg": ObjectFacts(7, "tag")}
    shards = shards_of(items, {("3.jpg", (0, 0, 4, 1)): KEY, ("2.jpg", None): KEY}, facts, 2)
    assert [[one.image for one in shard] for shard in shards] == [["0.jpg", "1.jpg"], ["2.jpg", "3.jpg"], ["4.jpg"]]
    # Another part of the same picture is another embedding.
    assert [one.key for one in shards[1]] == [None, KEY]
    assert shards[2][0].facts == facts["4.jpg"]


def test_a_shard_is_read_as_it_was_written() -> None:
    references = [Reference("é/a b.jpg"), Reference("b.jpg", (1, 2, 3, 4), KEY, ObjectFacts(5, None))]
    content = render_shard(JOB, 3, references)
    assert parse_shard(content, JOB, 3) == references
    for job, shard in ((JOB, 4), ("f" * 32, 3)):
        with pytest.raises(ValueError, match="another shard"):
            parse_shard(content, job, shard)
    for at in range(0, len(content), 7):
        with pytest.raises(ValueError):
            parse_shard(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :], JOB, 3)


@pytest.mark.parametrize(
    "row",
    [
        ["a.jpg", None, None],
        ["", None, None, None],
        ["a\0b", None, None, None],
        [7, None, None, None],
        ["a.jpg", [1, 2, 3], None, None],
        ["a.jpg", [1, 2, 3, True], None, None],
        ["a.jpg", None, "00", None],
        ["a.jpg", None, "zz", None],
        ["a.jpg", None, None, ["7", "tag"]],
    ],
)
def test_what_is_no_reference_is_refused(row: list[object]) -> None:
    fields = parse_sealed(render_shard(JOB, 0, []))
    with pytest.raises(ValueError):
        parse_shard(render_sealed({**fields, "references": [row]}), JOB, 0)


def test_a_shard_has_an_end() -> None:
    with pytest.raises(ValueError, match="at most 4,096"):
        parse_shard(render_shard(JOB, 0, [Reference("a")] * (MOST_REFERENCES + 1)), JOB, 0)


def test_a_job_is_read_as_it_was_written() -> None:
    job = ShardJob(JOB, "m-1", "/data", False, 3, "a.jpg")
    assert parse_job(render_job(job)) == job
    fields = parse_sealed(render_job(job))
    wrong: dict[str, object] = {"job": "../x", "root": 7, "shards": "3", "format": "lookalike-shard-0", "witness": []}
    for change in wrong.items():
        with pytest.raises(ValueError):
            parse_job(render_sealed({**fields, **dict([change])}))


def test_a_result_is_read_as_it_was_written() -> None:
    result = a_result()
    read = parse_result(render_result(JOB, 3, result), JOB, 3, "m-1", 3)
    for name in ("keys", "embedded_keys", "embeddings"):
        assert np.array_equal(getattr(read, name), getattr(result, name))
    assert (read.errors, read.refusal) == ({1: ("missing", "gone.jpg")}, None)
    assert parse_result(render_result(JOB, 3, refused("m-1", "why")), JOB, 3, "m-1", 3).refusal == "why"


def test_a_result_that_was_changed_or_is_another_is_refused() -> None:
    content = render_result(JOB, 3, a_result())
    for at in range(0, len(content), 97):
        try:
            read = parse_result(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :], JOB, 3, "m-1", 3)
        except ValueError:
            continue
        # A byte that no array depends on, such as one of the archive's times.
        assert np.array_equal(read.embeddings, a_result().embeddings)
    for about in ((JOB, 4, "m-1", 3), ("f" * 32, 3, "m-1", 3), (JOB, 3, "m-2", 3), (JOB, 3, "m-1", 4)):
        with pytest.raises(ValueError):
            parse_result(content, *about)


def test_a_result_has_a_checksum_of_its_own() -> None:
    # The archive's would be right.
    file = io.BytesIO()
    arrays = dict(np.load(io.BytesIO(render_result(JOB, 3, a_result()))))
    np.savez(file, **{**arrays, "embeddings": arrays["embeddings"] * 2})
    with pytest.raises(ValueError, match="changed or damaged"):
        parse_result(file.getvalue(), JOB, 3, "m-1", 3)


def test_a_result_may_not_hold_objects_or_what_is_no_number() -> None:
    file = io.BytesIO()
    np.savez(file, about=np.array([{}], object))
    with pytest.raises(ValueError):
        parse_result(file.getvalue(), JOB, 3, "m-1", 3)
    spoilt = a_result()
    spoilt.embeddings[0, 0] = np.nan
    with pytest.raises(ValueError, match="do not belong together"):
        parse_result(render_result(JOB, 3, spoilt), JOB, 3, "m-1", 3)


def test_the_first_result_is_kept(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path / "shared")
    assert work.write_result(JOB, 3, a_result())
    assert not work.write_result(JOB, 3, refused("m-1", "late"))
    kept = work.read_result(JOB, 3, "m-1", 3)
    assert kept is not None
    assert kept.refusal is None


def test_a_work_folder_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "others.txt").write_text("not ours")
    work = WorkFolder(tmp_path)
    work.write_job(ShardJob(JOB, "m-1", "/data", False, 2), [[Reference("a")], [Reference("b")]])
    assert work.is_wanted(JOB)
    assert work.read_shard(JOB, 1) == [Reference("b")]
    work.write_result(JOB, 1, a_result())
    assert work.results(JOB) == {1}
    work.withdraw(JOB)
    assert not work.is_wanted(JOB)
    work.sweep()
    assert work.results(JOB) == {1}
    work.remove(JOB)
    # A worker that was too late for that.
    work.write_result(JOB, 0, a_result())
    work.sweep()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["others.txt"]


@pytest.mark.parametrize("job", ["..", "a/b", "", JOB.upper(), f"{JOB}\n", "\u0660" * 32])
def test_a_job_names_nothing_else(tmp_path: Path, job: str) -> None:
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        ShardMessage.from_message(job, 0)
    for use in (WorkFolder(tmp_path).is_wanted, WorkFolder(tmp_path).remove):
        with pytest.raises(StoreUnavailableError, match="no name of a job"):
            use(job)


@pytest.mark.parametrize("shard", [-1, 1_000_000, True, "3", 1.5, None])
def test_a_shard_is_a_number(shard: object) -> None:
    with pytest.raises(ValueError, match="number from 0 on"):
        ShardMessage.from_message(JOB, shard)


def test_reasons_are_of_bounded_length() -> None:
    long = ShardResult("m-1", np.zeros((1, 32), np.uint8), {0: ("missing", "x" * 10_000)})
    read = parse_result(render_result(JOB, 0, long), JOB, 0, "m-1", 1)
    assert len(read.errors[0][1]) == 400
    assert orjson.dumps(read.errors[0][0]) == b'"missing"'
