"""The first version of a folder becomes current, and only the first."""

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contracts.errors import BundleError
from index.current_version import current_version, set_current_if_none

VERSIONS = [f"20261123T10150{n}Z-aaaaaa" for n in range(8)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for version in VERSIONS:
        (tmp_path / version).mkdir()
    return tmp_path


def test_the_second_leaves_the_first_alone(folder: Path) -> None:
    assert set_current_if_none(folder, VERSIONS[1])
    assert not set_current_if_none(folder, VERSIONS[2])
    assert current_version(folder) == VERSIONS[1]
    assert not list(folder.glob(".tmp-*"))


def test_of_several_at_once_exactly_one_is_first(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(lambda version: set_current_if_none(folder, version), VERSIONS))
    assert first.count(True) == 1
    assert current_version(folder) == VERSIONS[first.index(True)]


@pytest.mark.parametrize("content", [b"", b"nonsense\n"])
def test_a_damaged_current_is_left_for_a_person(folder: Path, content: bytes) -> None:
    (folder / "CURRENT").write_bytes(content)
    assert not set_current_if_none(folder, VERSIONS[0])
    assert (folder / "CURRENT").read_bytes() == content


def test_where_there_are_no_hard_links_a_rename_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(number: int) -> Callable[..., None]:
        def link(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        return link

    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    assert set_current_if_none(folder, VERSIONS[0])
    assert not set_current_if_none(folder, VERSIONS[1])
    assert current_version(folder) == VERSIONS[0]
    (folder / "CURRENT").unlink()
    monkeypatch.setattr(os, "link", refuse(errno.ENOSPC))
    with pytest.raises(OSError, match="space"):
        set_current_if_none(folder, VERSIONS[0])
    assert not list(folder.glob(".tmp-*"))


@pytest.mark.parametrize("version", ["../x", "", "20250101T000000Z-000000"])
def test_what_is_no_bundle_is_refused(folder: Path, version: str) -> None:
    with pytest.raises(BundleError, match="lookalike index list"):
        set_current_if_none(folder, version)
    assert not (folder / "CURRENT").exists()
    assert not list(folder.glob(".tmp-*"))
