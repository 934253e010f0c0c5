import fcntl
from pathlib import Path

import pytest

from contracts.errors import BundleError
from storage.held_folder import held

BUSY = BundleError("busy")


def test_one_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    with held(lock, BUSY), pytest.raises(BundleError, match="busy"), held(lock, BUSY):
        pass
    with held(lock, BUSY):
        assert lock.read_bytes() == b""


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / ".lock").symlink_to(elsewhere)
    with pytest.raises(OSError, match=r"\.lock"), held(tmp_path / ".lock", BUSY):
        pass
    assert not elsewhere.exists()
    elsewhere.touch()
    with elsewhere.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(OSError, match=r"\.lock"), held(tmp_path / ".lock", BUSY):
            pass
