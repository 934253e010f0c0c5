from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from contracts.embedding_set import ONE_PART, TWO_PARTS, EmbeddingSet
from contracts.errors import EmbeddingsError
from contracts.items import Item
from storage.durable_files import seal_file
from storage.embeddings_folder import read_digests, read_embeddings, read_identity, write_embeddings
from storage.sealed_json import parse_sealed, render_sealed
from tests.drawn_sets import MODEL

MakeSet = Callable[..., EmbeddingSet]


def digests(rows: int) -> list[bytes]:
    return [bytes([row % 256]) * 32 for row in range(rows)]


@pytest.fixture
def folder(tmp_path: Path, make_set: MakeSet) -> Path:
    write_embeddings(tmp_path / "embeddings", make_set(40), digests(40))
    return tmp_path / "embeddings"


def file_of(folder: Path, kind: str) -> Path:
    (path,) = folder.glob(f"{kind}*")
    return path


def test_what_is_written_is_read_back(folder: Path, make_set: MakeSet) -> None:
    written, read = make_set(40), read_embeddings(folder)
    assert (read.embeddings == written.embeddings).all()
    assert isinstance(read.embeddings, np.memmap)
    assert list(read.items) == list(written.items)
    assert read.model == written.model == read_identity(folder)
    assert read.catalogue_root == "/catalogue"
    assert [row.tobytes() for row in read_digests(folder)] == digests(40)
    assert {path.name.split("-")[0] for path in folder.iterdir()} == {"manifest.json", "embeddings", "items", "digests"}


def test_digests_may_be_left_out(tmp_path: Path, make_set: MakeSet) -> None:
    write_embeddings(tmp_path, make_set(3))
    assert read_digests(tmp_path).shape == (3, 32)
    assert not read_digests(tmp_path).any()


def test_an_empty_set_is_written_and_read(tmp_path: Path, make_set: MakeSet) -> None:
    write_embeddings(tmp_path, make_set(embeddings=np.empty((0, 512), np.float32)), [])
    assert len(read_embeddings(tmp_path).items) == 0
    assert read_digests(tmp_path).shape == (0, 32)


def test_a_set_may_be_replaced_by_one_that_is_mapped_from_it(folder: Path) -> None:
    (folder / "unreadable.csv").write_text("stays")
    old = read_embeddings(folder)
    copy = np.array(old.embeddings)
    half = EmbeddingSet(old.items[:20], old.embeddings[:20], old.model, old.catalogue_root)
    write_embeddings(folder, half, digests(20))
    assert (old.embeddings == copy).all()
    assert (read_embeddings(folder).embeddings == copy[:20]).all()
    assert len(list(folder.iterdir())) == 5


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_embeddings_that_are_not_finite_are_never_written(folder: Path, make_set: MakeSet, value: float) -> None:
    before = sorted(path.name for path in folder.iterdir())
    broken = make_set(10)
    broken.embeddings[7, 500] = value
    with pytest.raises(EmbeddingsError, match=r"äö 7'.*NaN or infinity.*images/7\.jpg"):
        write_embeddings(folder, broken, digests(10))
    assert sorted(path.name for path in folder.iterdir()) == before


def test_other_sets_that_do_not_fit_are_never_written(folder: Path, make_set: MakeSet) -> None:
    before = sorted(path.name for path in folder.iterdir())
    twice = make_set(2, items=[Item("a", "a.jpg"), Item("a", "b.jpg")])
    surrogate = make_set(2, items=[Item("a", "a.jpg"), Item("b", "b.jpg", {"t": "\udfff"})])
    for refused, message in ((twice, "two items have the id 'a'"), (surrogate, "item 'b'")):
        with pytest.raises(EmbeddingsError, match=message):
            write_embeddings(folder, refused, digests(2))
    for wrong in (digests(1), [b"short", b"short"]):
        with pytest.raises(EmbeddingsError, match="digests"):
            write_embeddings(folder, make_set(2), wrong)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_folder_without_embeddings(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        assert read_identity(folder) is None
        for read in (read_embeddings, read_digests):
            with pytest.raises(EmbeddingsError, match="`lookalike extract`"):
                read(folder)


@pytest.mark.parametrize("kind", ["manifest", "embeddings", "items", "digests"])
def test_damage_is_refused_by_the_files_name(folder: Path, kind: str) -> None:
    path = file_of(folder, kind)
    content = path.read_bytes()
    generator = np.random.default_rng(0)
    damaged = [content[:size] for size in (0, 1, 127, 128, len(content) - 1)] + [content + b" "]
    for offset in generator.choice(len(content), 60):
        changed = bytearray(content)
        changed[offset] ^= 1 << int(generator.integers(8))
        damaged.append(bytes(changed))
    for wrong in damaged:
        path.write_bytes(wrong)
        with pytest.raises(EmbeddingsError, match=path.name) as caught:
            read_embeddings(folder)
        assert "`lookalike extract`" in str(caught.value)
        if kind in {"manifest", "digests"}:
            with pytest.raises(EmbeddingsError, match=path.name):
                read_digests(folder)
    path.unlink()
    with pytest.raises(EmbeddingsError, match=path.name):
        read_embeddings(folder)


def test_content_of_another_kind_is_refused_though_the_manifest_agrees(folder: Path) -> None:
    embeddings, items, prints = (file_of(folder, kind) for kind in ("embeddings", "items", "digests"))

    def reseal() -> None:
        fields = parse_sealed((folder / "manifest.json").read_bytes())
        fields["files"] = {
            path.name: {**orjson.loads(orjson.dumps(seal_file(path)))} for path in (embeddings, items, prints)
        }
        (folder / "manifest.json").write_bytes(render_sealed(fields))

    array, lines = np.load(embeddings), items.read_bytes()
    for wrong in (array.astype(object), array.astype(np.float64), array[:-1], array.T):
        np.save(embeddings, wrong, allow_pickle=True)
        reseal()
        with pytest.raises(EmbeddingsError):
            read_embeddings(folder)
    np.save(embeddings, array)
    for text in (lines + lines.split(b"\n")[0] + b"\n", b"{}\n" * 40, b"no JSON\n" * 40, b"[]\n" * 40):
        items.write_bytes(text)
        reseal()
        with pytest.raises(EmbeddingsError, match=items.name):
            read_embeddings(folder)
    np.save(prints, np.zeros((40, 31), np.uint8))
    reseal()
    with pytest.raises(EmbeddingsError, match=prints.name):
        read_digests(folder)


@pytest.mark.parametrize(
    ("old_member", "parts"),
    [({}, ONE_PART), ({"two_parts": False}, ONE_PART), ({"two_parts": True}, TWO_PARTS)],
)
def test_a_folder_from_before_there_were_parts_opens(
    folder: Path, old_member: dict[str, bool], parts: tuple[int, ...]
) -> None:
    fields = parse_sealed((folder / "manifest.json").read_bytes())
    model = {
        "version": "resnet18-0123456789ab",
        "network": "resnet18",
        "source": "imagenet:resnet18",
        "input_size": 224,
        **old_member,
    }
    old = {**fields, "format": "lookalike-embeddings-1", "model": model}
    (folder / "manifest.json").write_bytes(render_sealed(old))
    assert read_embeddings(folder).model == replace(MODEL, parts=parts) == read_identity(folder)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": 7},
        {"image": None},
        {"attributes": ["a"]},
        {"attributes": {"year": 2010}},
        {"crop": [1, 2, 3]},
        {"crop": "abcd"},
        {"partition": 1},
    ],
)
def test_items_of_the_wrong_type_are_refused(folder: Path, make_set: MakeSet, changed: dict[str, object]) -> None:
    write_embeddings(folder, make_set(3))
    [path] = folder.glob("items-*.jsonl")
    lines = path.read_bytes().splitlines()
    lines[1] = orjson.dumps({**orjson.loads(lines[1]), **changed})
    path.write_bytes(b"\n".join(lines) + b"\n")
    fields = parse_sealed((folder / "manifest.json").read_bytes())
    fields["files"][path.name] = asdict(seal_file(path))  # type: ignore[index]
    (folder / "manifest.json").write_bytes(render_sealed(fields))
    with pytest.raises(EmbeddingsError, match="does not contain items"):
        read_embeddings(folder)


def test_a_manifest_that_is_large_is_not_parsed(folder: Path, make_set: MakeSet) -> None:
    write_embeddings(folder, make_set(3))
    with (folder / "manifest.json").open("ab") as stream:
        stream.truncate(300_000)
    with pytest.raises(EmbeddingsError, match="over 262,144 bytes"):
        read_embeddings(folder)


def test_a_set_of_two_parts_says_so(folder: Path, make_set: MakeSet) -> None:
    drawn = make_set(5)
    model = replace(MODEL, parts=TWO_PARTS)
    write_embeddings(folder, EmbeddingSet(drawn.items, drawn.embeddings, model, "/catalogue"))
    fields = orjson.loads((folder / "manifest.json").read_bytes())
    assert (fields["format"], fields["model"]["parts"]) == ("lookalike-embeddings-2", [30, 482])
    assert read_identity(folder) == model


def test_killed_at_any_step_the_folder_holds_the_old_set_or_the_new(
    folder: Path, tmp_path: Path, make_set: MakeSet, die_at: Callable[..., int]
) -> None:
    old, new = make_set(40), make_set(15, seed=8)

    def write() -> None:
        write_embeddings(folder, new, digests(15))

    steps = die_at(None, write, after=False)
    assert steps >= 8
    sizes = []
    for step in range(1, steps + 1):
        write_embeddings(folder, old, digests(40))
        assert die_at(step, write, after=step % 2 == 0) == -1
        read = read_embeddings(folder)
        sizes.append(len(read.items))
        expected = old if len(read.items) == 40 else new
        assert (read.embeddings == expected.embeddings).all()
        assert len(read_digests(folder)) == len(read.items)
    assert sizes == sorted(sizes, reverse=True)
    assert set(sizes) == {40, 15}
    write()
    assert len(list(folder.iterdir())) == 4
