import fcntl
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from contracts.embedding_set import EmbeddingSet
from contracts.errors import BundleError
from contracts.items import Item
from index import full_embeddings
from index.building import build_bundle
from index.bundle import current_version, open_bundle, open_current, read_manifest
from index.bundle_manifest import FULL_EMBEDDINGS, ITEMS
from index.exact.files import LAYOUT_FILES, VECTORS
from index.listing import list_bundles
from storage.unfinished_folder import sweep_abandoned, unfinished_folder
from tests.full_disk import files_of_at_most

MakeSet = Callable[..., EmbeddingSet]
DieAt = Callable[..., int]


def test_the_report_says_what_was_built(tmp_path: Path, make_set: MakeSet, now: datetime) -> None:
    report = build_bundle(make_set(100), tmp_path / "new" / "bundles", now=now)
    assert report.folder == tmp_path / "new" / "bundles" / report.version
    assert (report.items, report.components) == (100, 30)
    assert report.embeddings_bytes == 100 * 512 * 4
    files = [report.folder / name for name in LAYOUT_FILES]
    assert 100 * 30 * 4 < report.gallery_bytes < sum(file.stat().st_size for file in files)
    assert report.full_embeddings_bytes == 100 * 512 * 2
    assert 0.5 < report.explained_variance <= 1.0
    assert report.seconds > 0
    assert current_version(tmp_path / "new" / "bundles") == report.version
    manifest = read_manifest(report.folder)
    assert manifest.explained_variance == report.explained_variance
    assert (manifest.items, manifest.components, manifest.scaling) == (100, 30, "l2")
    assert manifest.whitened is False


def test_similarities_are_those_of_a_slow_reduction(tmp_path: Path, make_set: MakeSet, now: datetime) -> None:
    for scaling in ("minmax", "l2"):
        embedding_set = make_set(150)
        bundle = open_bundle(build_bundle(embedding_set, tmp_path, scaling=scaling, components=20, now=now).folder)
        reduced = bundle.reduction.reduce(embedding_set.embeddings).astype(np.float64)
        units = reduced / np.linalg.norm(reduced, axis=1, keepdims=True)
        query = bundle.reduction.reduce(make_set(1, seed=5).embeddings[0])
        hits = bundle.gallery.search(query, limit=150)
        expected = units @ (query / np.linalg.norm(query.astype(np.float64)))
        assert np.abs(expected[hits.rows] - hits.similarities).max() < 1e-6
        assert (np.argsort(-expected)[:5] == hits.rows[:5]).all()


def test_full_embeddings_are_unit_rows_however_many_there_are(
    tmp_path: Path, make_set: MakeSet, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_embeddings, "_ROWS_AT_ONCE", 7)
    for rows in (6, 7, 8, 50):
        embeddings = make_set(rows).embeddings.copy()
        embeddings[3] = 0.0
        embeddings[4] *= 1e30
        full = open_bundle(build_bundle(make_set(embeddings=embeddings), tmp_path, now=now).folder).full_embeddings
        lengths = np.linalg.norm(embeddings.astype(np.float64), axis=1, keepdims=True)
        lengths[3] = 1.0
        assert full.dtype == np.float16
        assert np.abs(full.astype(np.float64) - embeddings / lengths).max() < 2.0**-12
        assert not full[3].any()


def test_a_whitened_bundle_says_so_and_its_components_weigh_the_same(
    tmp_path: Path, make_set: MakeSet, now: datetime
) -> None:
    embedding_set = make_set(300)
    report = build_bundle(embedding_set, tmp_path, whiten=True, now=now)
    assert read_manifest(report.folder).whitened is True
    bundle = open_current(tmp_path)
    assert bundle.reduction.whitened is True
    assert np.std(bundle.reduction.reduce(embedding_set.embeddings), axis=0, ddof=1) == pytest.approx(1.0, abs=1e-3)
    assert report.explained_variance == build_bundle(embedding_set, tmp_path, now=now).explained_variance
    for row in range(300):
        assert bundle.gallery.search(bundle.reduction.reduce(embedding_set.embeddings[row]), limit=1).rows == [row]


def test_a_full_disk_leaves_the_old_index_and_nothing_half_written(
    bundles: Path, make_set: MakeSet, now: datetime
) -> None:
    before = sorted(path.name for path in bundles.iterdir())
    old = bundles / current_version(bundles)
    sizes = {name: (old / name).stat().st_size for name in (VECTORS, FULL_EMBEDDINGS, ITEMS)}
    assert sizes[FULL_EMBEDDINGS] == max(sizes.values())
    embedding_set = make_set(60)
    for size in (50, 4096, sizes[VECTORS] + 1, 130, sizes[FULL_EMBEDDINGS] - 1024):
        with files_of_at_most(size), pytest.raises(BundleError, match="free disk space") as caught:
            build_bundle(embedding_set, bundles, now=now)
        assert "None" not in str(caught.value)
        assert sorted(path.name for path in bundles.iterdir()) == before
    assert not build_bundle(embedding_set, bundles, now=now).is_current
    assert current_version(bundles) == old.name


def test_the_version_is_the_utc_second(tmp_path: Path, make_set: MakeSet) -> None:
    elsewhere = datetime(2026, 11, 24, 1, 15, 9, tzinfo=timezone(timedelta(hours=5)))
    report = build_bundle(make_set(20), tmp_path, now=elsewhere)
    assert report.version.startswith("20261123T201509Z-")
    assert open_current(tmp_path).created == "2026-11-23T20:15:09Z"
    with pytest.raises(ValueError, match="time zone"):
        build_bundle(make_set(20), tmp_path, now=datetime(2026, 1, 1))


def test_a_tiny_catalogue_gets_as_many_components_as_it_can(tmp_path: Path, make_set: MakeSet, now: datetime) -> None:
    assert build_bundle(make_set(20), tmp_path, now=now).components == 19
    report = build_bundle(make_set(2), tmp_path, now=now)
    assert report.components == 1
    bundle = open_bundle(report.folder)
    assert bundle.gallery.search(bundle.gallery.reduced(1), limit=12).rows.tolist() == [1, 0]


def test_an_item_in_the_very_middle_is_similar_to_nothing(tmp_path: Path, make_set: MakeSet, now: datetime) -> None:
    embeddings = np.zeros((3, 512), np.float32)
    embeddings[0, 7], embeddings[1, 7] = 1.0, -1.0
    build_bundle(make_set(embeddings=embeddings), tmp_path, now=now)
    gallery = open_current(tmp_path).gallery
    hits = gallery.search(gallery.reduced(0), limit=3)
    assert hits.rows.tolist() == [0, 2, 1]
    assert hits.similarities.tolist() == [1.0, 0.0, -1.0]


def test_embeddings_and_arguments_stay_as_they_are(tmp_path: Path, make_set: MakeSet, now: datetime) -> None:
    embedding_set = make_set(50)
    before = embedding_set.embeddings.copy()
    embedding_set.embeddings.flags.writeable = False
    for scaling in ("minmax", "l2"):
        build_bundle(embedding_set, tmp_path, scaling=scaling, now=now)
    assert (embedding_set.embeddings == before).all()


def test_attributes_that_are_no_dict_are_written(tmp_path: Path, make_set: MakeSet, now: datetime) -> None:
    items = [Item(str(n), "x.jpg", MappingProxyType({"a": str(n)})) for n in range(20)]
    build_bundle(make_set(20, items=items), tmp_path, now=now)
    assert open_current(tmp_path).items.attributes_json(3) == b'{"a":"3"}'


def test_what_cannot_be_built_leaves_the_old_index(bundles: Path, make_set: MakeSet, now: datetime) -> None:
    before = sorted(path.name for path in bundles.iterdir())
    broken = make_set(20)
    broken.embeddings[3, 3] = np.nan
    twice = make_set(2, items=[Item("a", "a.jpg"), Item("a", "b.jpg")])
    surrogate = make_set(2, items=[Item("a", "a.jpg"), Item("b", "b.jpg", {"t": "\udfff"})])
    for refused, message in ((broken, "row 3"), (twice, "'a'"), (surrogate, "'b'"), (make_set(1), "two different")):
        with pytest.raises(BundleError, match=message):
            build_bundle(refused, bundles, now=now)
    assert sorted(path.name for path in bundles.iterdir()) == before


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, make_set: MakeSet, now: datetime) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="file"):
        build_bundle(make_set(20), tmp_path / "file", now=now)
    with pytest.raises(BundleError, match="file"):
        build_bundle(make_set(20), tmp_path / "file" / "bundles", now=now)


def test_killed_at_any_step_current_is_missing_or_names_a_whole_bundle(
    bundles: Path, make_set: MakeSet, now: datetime, die_at: DieAt
) -> None:
    new_set = make_set(25)
    (bundles / "CURRENT").unlink()

    def build() -> object:
        return build_bundle(new_set, bundles, now=now)

    steps = die_at(None, build, after=False)
    assert steps >= 13
    (bundles / "CURRENT").unlink()
    seen = set()
    for after in (False, True):
        for step in range(1, steps + 1):
            assert die_at(step, build, after=after) == -1
            # Every folder under a bundle's name is whole, also one that CURRENT does not name yet.
            for summary in list_bundles(bundles):
                assert open_bundle(bundles / summary.version).version == summary.version
            promoted = (bundles / "CURRENT").exists()
            if promoted:
                assert len(open_current(bundles).items) == 25
                (bundles / "CURRENT").unlink()
            seen.add(promoted)
    assert seen == {True, False}
    build()
    assert not [path for path in bundles.iterdir() if path.name.startswith(".tmp-") and path.is_dir()]


def test_builders_at_the_same_time_do_not_disturb_each_other(tmp_path: Path, make_set: MakeSet, now: datetime) -> None:
    with ThreadPoolExecutor(4) as pool:
        sizes = [20, 30, 40, 50, 21, 31, 41, 51]
        reports = list(pool.map(lambda size: build_bundle(make_set(size), tmp_path, now=now), sizes))
    assert len({report.version for report in reports}) == len(sizes)
    for size, report in zip(sizes, reports, strict=True):
        assert len(open_bundle(report.folder).items) == size
    assert current_version(tmp_path) in {report.version for report in reports}
    assert not list(tmp_path.glob(".tmp-*"))


def test_a_living_builders_folder_is_left_and_a_dead_ones_swept_up(tmp_path: Path) -> None:
    dead = tmp_path / ".tmp-dead"
    dead.mkdir()
    (dead / "vectors.npy").write_bytes(b"half")
    fresh, aged, foreign = tmp_path / ".tmp-CURRENT-1", tmp_path / ".tmp-CURRENT-2", tmp_path / "notes"
    for path in (fresh, aged, foreign):
        path.write_bytes(b"")
    os.utime(aged, (0, 0))
    with unfinished_folder(tmp_path) as living:
        (living / "vectors.npy").write_bytes(b"half")
        sweep_abandoned(tmp_path)
        assert (living / "vectors.npy").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tmp-CURRENT-1", "notes"]


def test_a_folder_that_is_swept_up_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock
    taken: list[Path] = []

    def late(descriptor: int, operation: int) -> None:
        if not taken:
            taken.extend(tmp_path.iterdir())
            taken[0].rmdir()
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with unfinished_folder(tmp_path) as folder:
        assert folder.is_dir()
        assert folder != taken[0]


def test_a_sweeper_never_takes_a_folder_that_is_being_made(tmp_path: Path) -> None:
    done = threading.Event()

    def sweep() -> None:
        while not done.is_set():
            sweep_abandoned(tmp_path)

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        for _ in range(300):
            with unfinished_folder(tmp_path) as folder:
                (folder / "a").write_bytes(b"a")
                (folder / "a").rename(folder / "b")
                assert (folder / "b").exists()
    finally:
        done.set()
        sweeper.join()


def test_now_in_utc_is_the_same_second(tmp_path: Path, make_set: MakeSet) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC)
    assert build_bundle(make_set(20), tmp_path, now=moment).version.startswith("20260102T030405Z-")
