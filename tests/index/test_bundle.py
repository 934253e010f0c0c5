"""What an opened bundle contains, and which older formats still open."""

import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from contracts.embedding_set import ONE_PART, TWO_PARTS, EmbeddingSet, ModelIdentity
from contracts.errors import BundleError
from contracts.items import Item
from index.building import build_bundle
from index.bundle import Bundle, open_bundle, open_current
from index.bundle_manifest import ATTRIBUTE_VALUES, FILES, FULL_EMBEDDINGS, MANIFEST, read_manifest
from index.part_searcher import PartSearcher
from index.query import AUTO, SearchQuery
from storage.durable_files import seal_file
from storage.sealed_json import parse_sealed, render_sealed
from tests.drawn_sets import draw_set
from tests.index.searched_rows import select


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
    arrays = open_bundle(folder).gallery._exact.arrays
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


def test_a_bundle_from_before_the_manifest_had_kinds_opens(folder: Path) -> None:
    fields = parse_sealed((folder / MANIFEST).read_bytes())
    kinds = fields.pop("kinds")
    del fields["resemblance_from"], fields["near_from"]
    fields["rerank_from"] = 0.9
    described = orjson.loads((folder / ATTRIBUTE_VALUES).read_bytes())
    plain = [{name: column[name] for name in ("name", "kind", "values", "counts")} for column in described]
    (folder / ATTRIBUTE_VALUES).write_bytes(orjson.dumps(plain))
    files = {name: asdict(seal_file(folder / name)) for name in FILES}
    (folder / MANIFEST).write_bytes(render_sealed({**fields, "files": files, "format": "lookalike-bundle-5"}))
    assert read_manifest(folder).kinds is None
    assert {name: column.kind.name for name, column in open_bundle(folder).attributes.columns.items()} == kinds


def test_in_a_bundle_that_does_not_know_where_resemblance_ends_everything_is_found(folder: Path) -> None:
    fields = parse_sealed((folder / MANIFEST).read_bytes())
    assert isinstance(fields.pop("resemblance_from"), float)
    fields["rerank_from"] = fields.pop("near_from") or -1.0
    (folder / MANIFEST).write_bytes(render_sealed({**fields, "format": "lookalike-bundle-6"}))
    bundle = open_bundle(folder)
    assert bundle.resemblance_from is None
    found = PartSearcher.of(bundle).find_like(SearchQuery(min_score=AUTO), bundle.items.record(5).id)
    assert found.total == len(bundle.items)


def test_a_bundle_from_before_there_was_a_live_catalogue_opens(folder: Path) -> None:
    fields = parse_sealed((folder / MANIFEST).read_bytes())
    assert (fields.pop("catalogue"), fields.pop("sequence")) == (None, None)
    (folder / MANIFEST).write_bytes(render_sealed({**fields, "format": "lookalike-bundle-8"}))
    bundle = open_bundle(folder)
    assert (bundle.catalogue, bundle.sequence, bundle.numbers) == (None, None, None)


def test_a_bundle_of_a_live_catalogue_knows_its_place(tmp_path: Path, now: datetime) -> None:
    numbers = np.arange(20) * 7 + 3
    build_bundle(draw_set(20), tmp_path, numbers=numbers, sequence=41, catalogue="a catalogue", now=now)
    bundle = open_current(tmp_path)
    assert bundle.numbers is not None
    assert (bundle.catalogue, bundle.sequence, bundle.numbers.tolist()) == ("a catalogue", 41, numbers.tolist())
    wrong_numbers: tuple[NDArray[Any], ...] = (
        numbers[::-1].copy(),
        numbers[1:],
        numbers - 4,
        numbers.astype(np.int32),
        np.zeros(20, np.int64),
    )
    for wrong in wrong_numbers:
        with pytest.raises(ValueError, match="numbers"):
            build_bundle(draw_set(20), tmp_path, numbers=wrong, now=now)


@pytest.mark.parametrize(("two_parts", "parts"), [(False, ONE_PART), (True, TWO_PARTS)])
def test_a_bundle_from_before_there_were_parts_opens(folder: Path, two_parts: bool, parts: tuple[int, ...]) -> None:
    fields = parse_sealed((folder / MANIFEST).read_bytes())
    assert fields["format"] == "lookalike-bundle-9"
    del fields["catalogue"], fields["sequence"]
    model = {
        "version": "resnet18-0123456789ab",
        "network": "resnet18",
        "source": "imagenet:resnet18",
        "input_size": 224,
        "two_parts": two_parts,
    }
    del fields["near_from"]
    fields["rerank_from"] = 0.9
    (folder / MANIFEST).write_bytes(render_sealed({**fields, "format": "lookalike-bundle-4", "model": model}))
    assert open_bundle(folder).model == ModelIdentity(
        "resnet18-0123456789ab", "resnet18", "imagenet:resnet18", 224, parts
    )


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
