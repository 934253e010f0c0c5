"""Bundles as older versions wrote them give the answers of today's; one of a newer version is refused."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import orjson
import pytest

from contracts.errors import BundleError
from index.building import build_bundle
from index.bundle import open_bundle, open_current
from index.bundle_manifest import FORMAT, FORMATS_READ, MANIFEST
from index.current_version import current_version
from index.part_searcher import PartSearcher
from index.versions.history import HISTORY, read_history
from storage.sealed_json import parse_sealed, render_sealed
from tests.compatibility.older import older_bundle
from tests.drawn_sets import draw_set
from tests.index.live_questions import answers

ITEMS = 60
NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    build_bundle(draw_set(ITEMS), folder, now=NOW)
    return folder


def found(folder: Path) -> list[list[object]]:
    bundle = open_bundle(folder)
    ids = [bundle.items.record(row).id for row in range(ITEMS)]
    generator = np.random.default_rng(3)
    photo = generator.standard_normal(512).astype(np.float32)
    return [answers(PartSearcher.of(bundle), np.random.default_rng(seed), ids, photo) for seed in range(20)]


@pytest.mark.parametrize("number", range(4, 10))
def test_a_bundle_of_each_format_that_is_read_answers_alike(built: Path, tmp_path: Path, number: int) -> None:
    version = current_version(built)
    folder = Path(shutil.copytree(built / version, tmp_path / version))
    older_bundle(folder, number)
    assert parse_sealed((folder / MANIFEST).read_bytes())["format"] == f"lookalike-bundle-{number}"
    assert found(folder) == found(built / version)


def test_the_formats_above_are_all_that_are_read() -> None:
    assert tuple(f"lookalike-bundle-{number}" for number in range(4, 10)) == FORMATS_READ
    assert FORMATS_READ[-1] == FORMAT


@pytest.mark.parametrize("number", [1, 3, 10, 11])
def test_any_other_format_is_refused(built: Path, tmp_path: Path, number: int) -> None:
    folder = Path(shutil.copytree(built / current_version(built), tmp_path / "bundle"))
    fields = parse_sealed((folder / MANIFEST).read_bytes())
    newer = {**fields, "format": f"lookalike-bundle-{number}", "of_tomorrow": 1}
    (folder / MANIFEST).write_bytes(render_sealed(newer))
    with pytest.raises(BundleError, match=rf"has the format 'lookalike-bundle-{number}'; this version .* reads"):
        open_bundle(folder)


def test_a_folder_of_bundles_from_before_there_was_a_history(built: Path) -> None:
    assert not (built / HISTORY).exists()
    assert read_history(built) == []
    assert len(open_current(built).items) == ITEMS


def test_a_history_of_a_newer_version_is_named(built: Path, tmp_path: Path) -> None:
    version = current_version(built)
    line = {"at": "2026-11-23T10:15:00Z", "action": "publish", "from": version, "to": version}
    (tmp_path / HISTORY).write_bytes(orjson.dumps(line) + b"\n")
    with pytest.raises(BundleError, match=r"history\.jsonl, line 1, .*move the file away"):
        read_history(tmp_path)
