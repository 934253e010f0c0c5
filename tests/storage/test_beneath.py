"""Files are opened below a folder, whatever links lie there."""

import os
import threading
from pathlib import Path

import pytest

from storage.beneath import NotAFileError, OutsideError, open_beneath

SECRET = b"a secret outside"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "shirts").mkdir(parents=True)
    (root / "shirts" / "1.jpg").write_bytes(b"one")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "1.jpg").write_bytes(SECRET)
    return root.resolve()


def content(root: Path, relative: str) -> bytes:
    with open_beneath(root, relative) as stream:
        return stream.read()


def test_files_below_the_folder_are_opened(root: Path) -> None:
    (root / "link.jpg").symlink_to("shirts/1.jpg")
    (root / "absolute.jpg").symlink_to(root / "shirts" / "1.jpg")
    (root / "folder").symlink_to("shirts")
    for relative in ("shirts/1.jpg", "shirts/../shirts/1.jpg", "./shirts//1.jpg", "link.jpg", "absolute.jpg"):
        assert content(root, relative) == b"one"
    assert content(root, "folder/1.jpg") == b"one"


def test_a_folder_that_cannot_be_listed_can_be_passed(root: Path) -> None:
    (root / "shirts").chmod(0o111)
    assert content(root, "shirts/1.jpg") == b"one"


def test_nothing_outside_is_opened(root: Path) -> None:
    (root / "link.jpg").symlink_to("../outside/1.jpg")
    (root / "folder").symlink_to("../outside")
    (root / "chain").symlink_to("folder")
    outside = root.parent / "outside" / "1.jpg"
    for relative in (
        "../outside/1.jpg",
        str(outside),
        "link.jpg",
        "folder/1.jpg",
        "chain/1.jpg",
        "shirts/../../outside/1.jpg",
    ):
        with pytest.raises(OutsideError):
            open_beneath(root, relative)


def test_what_is_no_file_is_refused(root: Path) -> None:
    os.mkfifo(root / "pipe")
    for relative in ("pipe", "shirts"):
        with pytest.raises(NotAFileError):
            open_beneath(root, relative)
    (root / "loop").symlink_to("loop")
    for relative in ("nothing.jpg", "shirts/1.jpg/2.jpg", "loop", "x" * 5000, ""):
        with pytest.raises(OSError, match=r".*"):
            open_beneath(root, relative)
    with pytest.raises(ValueError, match="null"):
        open_beneath(root, "shirts\0/1.jpg")


def test_no_descriptor_stays_open(root: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for relative in ("shirts/1.jpg", "shirts", "nothing", "shirts/nothing", "../outside/1.jpg", "shirts/1.jpg/x"):
        for _ in range(3):
            try:
                open_beneath(root, relative).close()
            except OSError:
                continue
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_link_that_is_put_in_its_way_never_leads_outside(root: Path) -> None:
    """A thread swaps the folder with a link to the outside, as fast as it can."""
    real, link, place = root / "real", root / "link", root / "place"
    (root / "shirts").rename(place)
    link.symlink_to("../outside")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            place.rename(real)
            link.rename(place)
            place.rename(link)
            real.rename(place)

    swapping = threading.Thread(target=swap)
    swapping.start()
    found, refused = 0, 0
    try:
        for _ in range(20_000):
            try:
                assert content(root, "place/1.jpg") == b"one"
                found += 1
            except OSError:
                refused += 1
    finally:
        done.set()
        swapping.join()
    assert found
    assert refused
