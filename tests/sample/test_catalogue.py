"""The sample catalogue is unpacked whole or not at all, and kept while it is whole."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from sample.archive import MANIFEST
from sample.catalogue import unpack_catalogue
from tests.sample.small_archive import FILES, contents, small_archive


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return small_archive(tmp_path / "small.zip")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where to unpack; its parent is not there yet."""
    return tmp_path / "home" / "catalogue"


def test_every_file_is_unpacked(archive: Path, root: Path) -> None:
    assert unpack_catalogue(root, archive=archive) == len(FILES)
    assert {name: (root / name).read_bytes() for name in FILES} == FILES
    assert set(contents(root)) == {*FILES, MANIFEST}
    assert list(root.parent.iterdir()) == [root]


def test_a_whole_catalogue_is_left_as_it_is(archive: Path, root: Path) -> None:
    unpack_catalogue(root, archive=archive)
    (root / "notes.txt").write_text("the user's own")
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert unpack_catalogue(root, archive=archive) == 0
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_damaged_file_is_noticed_and_mended(archive: Path, root: Path, name: str) -> None:
    unpack_catalogue(root, archive=archive)
    content = (root / name).read_bytes()
    (root / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert unpack_catalogue(root, archive=archive) == len(FILES)
    assert (root / name).read_bytes() == content


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_noticed_and_mended(archive: Path, root: Path, name: str) -> None:
    unpack_catalogue(root, archive=archive)
    (root / name).unlink()
    assert unpack_catalogue(root, archive=archive) == len(FILES)
    assert (root / name).read_bytes() == FILES[name]


def test_a_catalogue_that_an_earlier_version_drew_is_replaced(archive: Path, root: Path) -> None:
    (root / "img" / "Old_Tee").mkdir(parents=True)
    (root / "img" / "Old_Tee" / "img_00000001.jpg").write_bytes(b"drawn")
    (root / MANIFEST).write_text('{"format": "lookalike-sample", "version": 1, "seed": 0, "pictures": 1200}')
    unpack_catalogue(root, archive=archive)
    assert set(contents(root)) == {*FILES, MANIFEST}


def test_an_empty_folder_is_filled(archive: Path, root: Path) -> None:
    root.mkdir(parents=True)
    assert unpack_catalogue(root, archive=archive) == len(FILES)


def test_a_folder_of_somebody_else_is_left_alone(archive: Path, root: Path) -> None:
    root.mkdir(parents=True)
    (root / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(CatalogueError, match="not a sample catalogue"):
        unpack_catalogue(root, archive=archive)
    assert [path.name for path in root.iterdir()] == ["holiday.jpg"]


def test_a_file_in_its_place_is_left_alone(archive: Path, root: Path) -> None:
    root.parent.mkdir()
    root.write_text("mine")
    with pytest.raises(CatalogueError, match="not a sample catalogue"):
        unpack_catalogue(root, archive=archive)
    assert root.read_text() == "mine"


def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(
    archive: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpack_catalogue(root, archive=archive)
    (root / "attributes.csv").write_text("damaged")
    before = contents(root)
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "img_00000002.webp":
            real(path, data[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(CatalogueError, match=r"cannot be unpacked into .* \(No space left on device\); free \d+ MB"):
        unpack_catalogue(root, archive=archive)
    assert contents(root) == before
    assert list(root.parent.iterdir()) == [root]


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_moment_it_leaves_nothing_that_looks_whole(
    archive: Path, root: Path, die_at: Callable[..., int], after: bool
) -> None:
    unpack_catalogue(root, archive=archive)
    whole = contents(root)

    def damage() -> None:
        unpack_catalogue(root, archive=archive)
        (root / "attributes.csv").write_text("damaged")

    damage()
    damaged = contents(root)
    steps = die_at(None, lambda: unpack_catalogue(root, archive=archive), after=False)
    assert steps >= 4
    for step in range(1, steps + 1):
        damage()
        assert die_at(step, lambda: unpack_catalogue(root, archive=archive), after=after) == -1
        assert (contents(root) if root.exists() else {}) in ({}, damaged, whole)
    unpack_catalogue(root, archive=archive)
    assert contents(root) == whole
    assert list(root.parent.iterdir()) == [root]
