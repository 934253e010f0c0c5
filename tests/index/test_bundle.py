import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from contracts.embedding_set import ONE_PART, TWO_PARTS, EmbeddingSet, ModelIdentity
from contracts.errors import BundleError
from contracts.items import Item
from index.building import build_bundle
from index.bundle import Bundle, current_version, open_bundle, open_current, read_manifest
from index.bundle_manifest import FILES, FULL_EMBEDDINGS, ITEMS, MANIFEST, write_manifest
from index.current_version import set_current
from index.exact.files import GROUPS, ROWS, VECTORS
from index.listing import list_bundles
from storage.durable_files import seal_file
from storage.sealed_json import parse_sealed, render_sealed
from tests.index.searched_rows import select


@pytest.fixture
def folder(bundles: Path) -> Path:
    return bundles / current_version(bundles)


def reseal(folder: Path) -> None:
    """Make the manifest agree with files that were changed: only their content can give them away."""
    manifest = read_manifest(folder)
    write_manifest(folder, replace(manifest, files={name: seal_file(folder / name) for name in FILES}))


def assert_refused(folder: Path, name: str) -> None:
    with pytest.raises(BundleError) as caught:
        open_bundle(folder)
    assert name in str(caught.value)
    assert "`lookalike index build`" in str(caught.value)


def test_a_bundle_holds_what_was_built(bundles: Path) -> None:
    bundle = open_current(bundles)
    assert len(bundle.items) == len(bundle.gallery) == 60
    assert bundle.model.version == "resnet18-0123456789ab"
    assert bundle.catalogue_root == "/catalogue"
    assert bundle.created == "2026-11-23T10:15:00Z"
    assert bundle.version.startswith("20261123T101500Z-")
    assert bundle.items.row("shop/äö 3") == 3
    assert bundle.items.record(3).crop == (1, 2, 33, 40)
    assert bundle.items.record(4).crop is None
    assert bundle.items.image(4) == "images/4.jpg"
    assert orjson.loads(bundle.items.attributes_json(2)) == {
        "title": "Shirt 2",
        "colour": "Größe: L, weiß",
        "year": "2009",
    }
    assert {name: column.kind.name for name, column in bundle.attributes.columns.items()} == {
        "year": "number",
        "title": "text",
        "colour": "text",
    }
    mask = select(bundle.attributes, [r"colour:Größe\: L\, weiß", "year:2008.."], ["title:Shirt 2"])
    assert mask is not None
    rows = [row for row in range(60) if row % 7 and row % 4 == 2 and row % 5 and row != 2]
    assert mask.as_rows().tolist() == rows


def test_every_item_is_its_own_nearest(bundles: Path) -> None:
    bundle = open_current(bundles)
    for row in range(60):
        assert bundle.gallery.search(bundle.gallery.reduced(row), limit=1).rows.tolist() == [row]


def test_arrays_are_mapped_not_copied(folder: Path) -> None:
    arrays = open_bundle(folder).gallery._exact._arrays
    for array in (arrays.vectors, arrays.rows, arrays.codes):
        assert not array.flags.writeable
        # The flat codes are a view of a view.
        whole = array.base
        while not isinstance(whole, np.memmap):
            assert isinstance(whole, np.ndarray), "a copy"
            whole = whole.base
    full = open_bundle(folder).full_embeddings
    assert isinstance(full.base, np.memmap)
    assert not full.flags.writeable


def test_an_open_bundle_outlives_its_files(bundles: Path, folder: Path) -> None:
    bundle = open_bundle(folder)
    shutil.rmtree(folder)
    assert bundle.gallery.search(bundle.gallery.reduced(5), limit=1).rows.tolist() == [5]
    assert bundle.items.image(5) == "images/5.jpg"


@pytest.mark.parametrize("name", [MANIFEST, *FILES])
def test_any_flipped_byte_is_refused(folder: Path, name: str) -> None:
    path = folder / name
    content = path.read_bytes()
    generator = np.random.default_rng(len(content))
    offsets = range(len(content)) if name == MANIFEST else generator.choice(len(content), 100, replace=False).tolist()
    for offset in offsets:
        changed = bytearray(content)
        changed[offset] ^= 1 << int(generator.integers(8))
        path.write_bytes(changed)
        assert_refused(folder, name)
    path.write_bytes(content)
    assert open_bundle(folder).version


@pytest.mark.parametrize("name", [MANIFEST, *FILES])
def test_a_file_of_another_size_is_refused(folder: Path, name: str) -> None:
    path = folder / name
    content = path.read_bytes()
    for size in {0, 1, 10, 100, 127, 128, 129, len(content) // 2, len(content) - 1}:
        path.write_bytes(content[:size])
        assert_refused(folder, name)
    path.write_bytes(content + b"\n")
    assert_refused(folder, name)


@pytest.mark.parametrize("name", [MANIFEST, *FILES])
def test_a_file_that_is_missing_or_a_folder_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert_refused(folder, name)
    (folder / name).mkdir()
    assert_refused(folder, name)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".npy")])
def test_arrays_of_another_kind_are_refused_though_the_manifest_agrees(folder: Path, name: str) -> None:
    path = folder / name
    array = np.load(path)
    wrong: list[NDArray[np.generic]] = [
        array.astype(object),
        array.astype(np.float64),
        array.astype(">f4"),
        array[..., :-1],
        array[:-1],
        array.reshape(-1, 1),
        array.reshape(1, *array.shape),
        array[:0],
        np.array(3.0),
    ]
    for changed in wrong:
        np.save(path, changed, allow_pickle=True)
        reseal(folder)
        assert_refused(folder, name if name != "item_offsets.npy" else ITEMS)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".npy")])
def test_headers_that_lie_are_refused_though_the_manifest_agrees(folder: Path, name: str) -> None:
    path = folder / name
    content = path.read_bytes()
    shape = str(np.load(path).shape).encode()
    for lie in (b"(30, 60000000000000)", b"(-1, 60)", b"(30, 61)", b"(1e9, 2)", b"(True, 60)", b"(30,"):
        header = content[10:128].replace(shape, lie).rstrip()
        path.write_bytes(content[:10] + header.ljust(117)[:117] + b"\n" + content[128:])
        reseal(folder)
        assert_refused(folder, name if name != "item_offsets.npy" else ITEMS)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.5])
@pytest.mark.parametrize("row", [0, 31, 59])
def test_a_vector_that_is_not_of_length_one_is_refused(folder: Path, value: float, row: int) -> None:
    vectors, rows = np.load(folder / VECTORS), np.load(folder / ROWS)
    vectors[rows == row] *= value
    np.save(folder / VECTORS, vectors)
    reseal(folder)
    assert_refused(folder, f"the vector of row {row} ")


@pytest.mark.parametrize("wrong", [-1, 60, 7])
def test_rows_that_are_no_permutation_are_refused(folder: Path, wrong: int) -> None:
    rows = np.load(folder / ROWS)
    rows[rows == 8] = wrong
    np.save(folder / ROWS, rows)
    reseal(folder)
    assert_refused(folder, ROWS)


def test_groups_of_another_shape_are_refused(folder: Path) -> None:
    with np.load(folder / GROUPS) as arrays:
        whole = dict(arrays)
    for name in whole:
        np.savez(folder / GROUPS, **{**whole, name: whole[name][1:]})
        reseal(folder)
        assert_refused(folder, name)
        np.savez(folder / GROUPS, **{key: value for key, value in whole.items() if key != name})
        reseal(folder)
        assert_refused(folder, name)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2.0])
@pytest.mark.parametrize("row", [0, 31, 59])
def test_a_full_embedding_that_is_not_of_length_one_is_refused(folder: Path, value: float, row: int) -> None:
    full = np.load(folder / FULL_EMBEDDINGS)
    full[row, 511] = value
    np.save(folder / FULL_EMBEDDINGS, full)
    reseal(folder)
    assert_refused(folder, f"the embedding of row {row}")


def test_a_bundle_of_the_format_without_full_embeddings_says_how_to_get_one_with(folder: Path) -> None:
    fields = parse_sealed((folder / MANIFEST).read_bytes())
    del fields["whitened"]
    files = fields["files"]
    assert isinstance(files, dict)
    del files[FULL_EMBEDDINGS]
    (folder / FULL_EMBEDDINGS).unlink()
    (folder / MANIFEST).write_bytes(render_sealed({**fields, "format": "lookalike-bundle-1"}))
    with pytest.raises(BundleError, match=r"'lookalike-bundle-1'.*build it again with `lookalike index build`"):
        open_bundle(folder)


@pytest.mark.parametrize(("two_parts", "parts"), [(False, ONE_PART), (True, TWO_PARTS)])
def test_a_bundle_from_before_there_were_parts_opens(folder: Path, two_parts: bool, parts: tuple[int, ...]) -> None:
    fields = parse_sealed((folder / MANIFEST).read_bytes())
    assert fields["format"] == "lookalike-bundle-5"
    model = {
        "version": "resnet18-0123456789ab",
        "network": "resnet18",
        "source": "imagenet:resnet18",
        "input_size": 224,
        "two_parts": two_parts,
    }
    (folder / MANIFEST).write_bytes(render_sealed({**fields, "format": "lookalike-bundle-4", "model": model}))
    assert open_bundle(folder).model == ModelIdentity(
        "resnet18-0123456789ab", "resnet18", "imagenet:resnet18", 224, parts
    )


def test_parts_that_do_not_fit_each_other_are_refused(folder: Path) -> None:
    manifest = read_manifest(folder)
    for change in ({"items": 61}, {"components": 29}, {"scaling": "minmax"}, {"whitened": True}):
        write_manifest(folder, replace(manifest, **change))
        with pytest.raises(BundleError, match=r"the manifest says|expected"):
            open_bundle(folder)


def test_attribute_values_that_do_not_fit_are_refused(folder: Path) -> None:
    path = folder / "attribute_values.json"
    described = orjson.loads(path.read_bytes())
    fewer_values = [
        {**column, "values": column["values"][:-1], "counts": column["counts"][:-1]} for column in described
    ]
    wrong_descriptions: list[object] = [
        described[:-1],
        fewer_values,
        [{**column, "kind": "date"} for column in described],
        [{**column, "counts": []} for column in described],
        [{**column, "name": "same"} for column in described],
        [{"name": "a"}],
        {},
        "text",
    ]
    for wrong in wrong_descriptions:
        path.write_bytes(orjson.dumps(wrong))
        reseal(folder)
        assert_refused(folder, "attribute_")


def test_a_manifest_of_another_format_is_refused_by_name(folder: Path) -> None:
    fields = parse_sealed((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_bytes(render_sealed({**fields, "format": "lookalike-bundle-9"}))
    with pytest.raises(BundleError, match="lookalike-bundle-9"):
        open_bundle(folder)
    wrong_members: list[dict[str, object]] = [
        {"items": "60"},
        {"items": 0},
        {"version": 3},
        {"model": None},
        {"model": {"version": "resnet18-0123456789ab", "network": "resnet18", "source": "x", "input_size": 0}},
        {"files": {"../../x": {"bytes": 1, "sha256": ""}}},
        {"surprise": 1},
        {"whitened": 0},
        {"rerank_from": 2.0},
        {"rerank_from": "0.9"},
    ]
    for change in wrong_members:
        (folder / MANIFEST).write_bytes(render_sealed({**fields, **change}))
        assert_refused(folder, MANIFEST)
    del fields["catalogue_root"]
    (folder / MANIFEST).write_bytes(render_sealed(fields))
    assert_refused(folder, MANIFEST)


@pytest.mark.parametrize(
    "content", [b"", b"../../etc", b"20261123T101500Z-3f9a2", b"\xff\xfe", b"x" * 10**6, b"a\nb\n"]
)
def test_a_current_that_names_no_version_is_refused(bundles: Path, content: bytes) -> None:
    (bundles / "CURRENT").write_bytes(content)
    with pytest.raises(BundleError, match="CURRENT") as caught:
        open_current(bundles)
    assert len(str(caught.value)) < 500


def test_a_folder_without_an_index_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="`lookalike index build`"):
        open_current(tmp_path)
    with pytest.raises(BundleError, match="`lookalike index build`"):
        open_current(tmp_path / "absent")
    with pytest.raises(BundleError, match="is not a bundle"):
        open_bundle(tmp_path)


def test_current_can_be_pointed_at_another_version(bundles: Path, folder: Path) -> None:
    other = "20250101T000000Z-abcdef"
    shutil.copytree(folder, bundles / other)
    set_current(bundles, other)
    assert current_version(bundles) == other
    for name in ("20250101T000000Z-000000", "../bundles", ""):
        with pytest.raises(BundleError, match="lookalike index list"):
            set_current(bundles, name)
    assert current_version(bundles) == other


def test_bundles_are_listed_oldest_first_and_damaged_ones_say_so(bundles: Path, folder: Path) -> None:
    shutil.copytree(folder, bundles / "20250101T000000Z-abcdef")
    (bundles / "20250101T000000Z-abcdef" / MANIFEST).write_bytes(b"{}")
    (bundles / "notes").mkdir()
    damaged, good = list_bundles(bundles)
    assert (damaged.version, damaged.created, damaged.items, damaged.model, damaged.is_current) == (
        "20250101T000000Z-abcdef",
        None,
        None,
        None,
        False,
    )
    assert damaged.problem is not None
    assert "is damaged" in damaged.problem
    assert (good.version, good.items, good.model, good.is_current, good.problem) == (
        folder.name,
        60,
        "resnet18-0123456789ab",
        True,
        None,
    )
    (bundles / "CURRENT").unlink()
    assert not any(summary.is_current for summary in list_bundles(bundles))
    with pytest.raises(BundleError, match="is not a folder"):
        list_bundles(bundles / "absent")


def test_bundle_is_a_frozen_record(bundles: Path) -> None:
    bundle = open_current(bundles)
    assert isinstance(bundle, Bundle)
    with pytest.raises(AttributeError):
        bundle.version = "x"  # type: ignore[misc]


def test_a_bundle_without_attributes_can_be_opened(tmp_path: Path) -> None:
    embeddings = np.eye(5, 512, dtype=np.float32)
    plain = EmbeddingSet([Item(str(n), "x.jpg") for n in range(5)], embeddings, ModelIdentity("a", "b", "c", 8), "/r")
    build_bundle(plain, tmp_path / "plain", now=datetime.now(UTC))
    bundle = open_current(tmp_path / "plain")
    assert bundle.attributes.columns == {}
    assert bundle.items.attributes_json(3) == b"{}"
    assert bundle.gallery.components == 4
