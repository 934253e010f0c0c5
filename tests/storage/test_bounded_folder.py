"""A bounded folder: what it holds, what leaves it, and what cannot lead out of it."""

import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from storage.bounded_folder import BoundedFolder
from tests.full_disk import files_of_at_most

# A share has 4,096 bytes.
MOST_BYTES = 256 * 4096


def name(number: int, outer: str = "ab") -> str:
    return outer + hashlib.sha256(b"%d" % number).hexdigest()[:62]


@pytest.fixture
def folder(tmp_path: Path) -> BoundedFolder:
    return BoundedFolder(tmp_path / "kept", MOST_BYTES)


def files(folder: BoundedFolder) -> list[Path]:
    return [path for path in folder.root.rglob("*") if path.is_file()]


def place(folder: BoundedFolder, number: int) -> Path:
    return folder.root / name(number)[:2] / name(number)[2:]


def test_what_was_put_is_there_also_for_the_next_process(folder: BoundedFolder) -> None:
    assert folder.get(name(1)) is None
    assert folder.put(name(1), b"first") == 0
    folder.put(name(2, "00"), b"")
    folder.put(name(1), b"second")
    for reader in (folder, BoundedFolder(folder.root, MOST_BYTES)):
        assert (reader.get(name(1)), reader.get(name(2, "00")), reader.get(name(3))) == (b"second", b"", None)
    assert len(files(folder)) == 2


def test_the_longest_unused_files_make_room(folder: BoundedFolder) -> None:
    for number in range(4):
        assert folder.put(name(number), bytes(1000)) == 0
    now = time.time()
    for number, age_s in enumerate((5000, 9000, 7000, 3000)):
        os.utime(place(folder, number), (now - age_s, now - age_s))
    # Reading notes the use.
    assert folder.get(name(1)) is not None
    assert folder.put(name(4), bytes(1000)) == 1
    assert [number for number in range(5) if folder.get(name(number)) is not None] == [0, 1, 3, 4]
    # As many as are needed, and no more.
    assert folder.put(name(5), bytes(2500)) == 3
    assert sum(path.stat().st_size for path in files(folder)) <= 4096


def test_reading_writes_seldom(folder: BoundedFolder) -> None:
    folder.put(name(1), b"picture")
    before = place(folder, 1).stat()
    assert folder.get(name(1)) == b"picture"
    assert place(folder, 1).stat().st_ctime_ns == before.st_ctime_ns


def test_it_never_holds_more_than_it_may(folder: BoundedFolder) -> None:
    for number in range(300):
        folder.put(name(number, f"{number % 3:02x}"), bytes(number * 7 % 3000))
        assert max(sum(path.stat().st_size for path in outer.iterdir()) for outer in folder.root.iterdir()) <= 4096
    folder.put(name(301), bytes(4096))
    assert folder.get(name(301)) is None


def test_replacing_a_file_needs_no_room_for_both(folder: BoundedFolder) -> None:
    folder.put(name(1), bytes(1500))
    folder.put(name(2), bytes(1500))
    assert folder.put(name(2), bytes(2000)) == 0
    assert folder.get(name(1)) is not None


def test_threads_that_write_at_once_do_not_exceed_it(folder: BoundedFolder) -> None:
    def write(first: int) -> None:
        for number in range(first, first + 30):
            folder.put(name(number), bytes(900))

    threads = [threading.Thread(target=write, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(path.stat().st_size for path in files(folder)) <= 4096
    assert not [path for path in files(folder) if path.name.startswith(".")]


@pytest.mark.parametrize("damage", [b"", b"short", bytes(40)])
def test_a_damaged_file_is_a_miss_and_is_mended(folder: BoundedFolder, damage: bytes) -> None:
    folder.put(name(1), b"picture")
    place(folder, 1).write_bytes(damage)
    assert folder.get(name(1)) is None
    folder.put(name(1), b"picture")
    assert folder.get(name(1)) == b"picture"


def test_a_file_that_grew_beyond_all_is_not_read(folder: BoundedFolder) -> None:
    folder.put(name(1), b"picture")
    with place(folder, 1).open("r+b") as stream:
        stream.truncate(2**40)
    assert folder.get(name(1)) is None


def test_it_may_be_deleted_at_any_time(folder: BoundedFolder) -> None:
    folder.put(name(1), b"picture")
    place(folder, 1).unlink()
    assert folder.get(name(1)) is None
    place(folder, 1).parent.rmdir()
    folder.root.rmdir()
    assert folder.get(name(1)) is None
    folder.put(name(1), b"picture")
    assert folder.get(name(1)) == b"picture"


def test_links_inside_lead_nowhere(folder: BoundedFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    secret = outside / "secret"
    secret.write_bytes(hashlib.blake2b(b"secret", digest_size=16).digest() + b"secret")
    folder.put(name(1), b"picture")
    place(folder, 1).unlink()
    place(folder, 1).symlink_to(secret)
    assert folder.get(name(1)) is None
    folder.put(name(1), b"picture")
    assert (folder.get(name(1)), secret.read_bytes()[16:]) == (b"picture", b"secret")
    # In place of an inner folder.
    (folder.root / "cd").symlink_to(outside)
    (outside / name(2)[2:]).write_bytes(secret.read_bytes())
    assert folder.get(name(2, "cd")) is None
    with pytest.raises(OSError):
        folder.put(name(3, "cd"), b"picture")
    assert len(list(outside.iterdir())) == 2


def test_a_pipe_holds_nobody(folder: BoundedFolder) -> None:
    folder.put(name(1), b"picture")
    place(folder, 1).unlink()
    os.mkfifo(place(folder, 1))
    assert folder.get(name(1)) is None


def test_a_link_in_place_of_the_folder_is_the_operators(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "kept").symlink_to(tmp_path / "disk")
    folder = BoundedFolder(tmp_path / "kept", MOST_BYTES)
    folder.put(name(1), b"picture")
    assert folder.get(name(1)) == b"picture"
    assert (tmp_path / "disk" / "ab").is_dir()


def test_files_of_others_stay(folder: BoundedFolder) -> None:
    folder.put(name(1), bytes(3000))
    mine = folder.root / "ab" / "holiday.jpg"
    mine.write_bytes(bytes(5000))
    os.utime(mine, (0, 0))
    (folder.root / "notes").mkdir()
    for number in range(2, 6):
        folder.put(name(number), bytes(3000))
    assert mine.exists()
    assert (folder.root / "notes").exists()


def test_what_a_dead_process_left_is_removed(folder: BoundedFolder) -> None:
    folder.put(name(1), b"picture")
    dead, alive = folder.root / "ab" / ".tmp-000000000001", folder.root / "ab" / ".tmp-000000000002"
    for path in (dead, alive):
        path.write_bytes(b"half")
    os.utime(dead, (0, 0))
    folder.put(name(2), b"picture")
    assert (dead.exists(), alive.exists()) == (False, True)


def test_a_full_disk_is_an_error_and_leaves_nothing_behind(folder: BoundedFolder) -> None:
    folder.put(name(1), b"picture")
    with files_of_at_most(100), pytest.raises(OSError):
        folder.put(name(2), bytes(3000))
    assert [path.name for path in files(folder)] == [name(1)[2:]]
    folder.put(name(2), bytes(3000))
    assert folder.get(name(2)) == bytes(3000)


@pytest.mark.parametrize("bad", ["", "..", "ab/../../etc/passwd", "A" * 64, f"{'a' * 63}\n", f"../{'a' * 61}"])
def test_a_name_is_a_hash_and_nothing_else(folder: BoundedFolder, bad: str) -> None:
    for call in (lambda: folder.get(bad), lambda: folder.put(bad, b"")):
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            call()
