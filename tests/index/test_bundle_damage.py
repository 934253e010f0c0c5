"""A bundle whose files are damaged, or do not fit each other, is refused."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from contracts.errors import BundleError
from index.building import build_bundle
from index.bundle import open_bundle, read_manifest
from index.bundle_manifest import FILES, FULL_EMBEDDINGS, ITEMS, MANIFEST, NUMBERS, write_manifest
from index.current_version import current_version
from index.exact.files import GROUPS, ROWS, VECTORS
from storage.durable_files import seal_file
from storage.sealed_json import parse_sealed, render_sealed
from tests.drawn_sets import draw_set


def reseal(folder: Path) -> None:
    """Make the manifest agree with files that were changed: only their content can give them away."""
    manifest = read_manifest(folder)
    write_manifest(folder, replace(manifest, files={name: seal_file(folder / name) for name in manifest.files}))


def assert_refused(folder: Path, name: str) -> None:
    with pytest.raises(BundleError) as caught:
        open_bundle(folder)
    assert name in str(caught.value)
    assert "`lookalike index build`" in str(caught.value)


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


def test_numbers_that_are_not_those_of_the_items_are_refused(tmp_path: Path, now: datetime) -> None:
    build_bundle(draw_set(20), tmp_path, numbers=np.arange(20), now=now)
    folder = tmp_path / current_version(tmp_path)
    for wrong in (
        np.zeros(20, np.int64),
        np.arange(19),
        np.arange(20) - 1,
        np.arange(20.0),
        np.arange(20)[::-1].copy(),
    ):
        np.save(folder / NUMBERS, wrong)
        reseal(folder)
        assert_refused(folder, NUMBERS)


def test_a_manifest_of_another_format_is_refused_by_name(folder: Path) -> None:
    fields = parse_sealed((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_bytes(render_sealed({**fields, "format": "lookalike-bundle-10"}))
    with pytest.raises(BundleError, match="lookalike-bundle-10"):
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
        {"near_from": 1.0},
        {"catalogue": 7},
        {"catalogue": ""},
        {"sequence": -1},
        {"sequence": 1.0},
        {"sequence": True},
        {"near_from": "0.9"},
        {"rerank_from": 0.9},
    ]
    for change in wrong_members:
        (folder / MANIFEST).write_bytes(render_sealed({**fields, **change}))
        assert_refused(folder, MANIFEST)
    del fields["catalogue_root"]
    (folder / MANIFEST).write_bytes(render_sealed(fields))
    assert_refused(folder, MANIFEST)
