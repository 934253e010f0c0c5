"""SQLite only on a disk of this machine."""

from pathlib import Path

import pytest

from catalogue.file_systems import kind_of_mount, network_file_system
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import DatabaseError

MOUNTS = """22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:25 / /mnt/share rw - nfs4 server:/export rw
31 30 0:26 / /mnt/share/local rw - ext4 /dev/vdb rw
32 22 0:27 / /mnt/with\\040space rw - fuse.sshfs me@host: rw
33 22 0:28 / /mnt/covered rw - cifs //host/share rw
34 22 0:29 / /mnt/covered rw - tmpfs tmpfs rw
broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv", "ext4"),
        ("/mnt/share", "nfs4"),
        ("/mnt/share/a/b", "nfs4"),
        ("/mnt/shared", "ext4"),
        ("/mnt/share/local/a", "ext4"),
        ("/mnt/with space/a", "fuse.sshfs"),
        ("/mnt/covered", "tmpfs"),
    ],
)
def test_the_file_system_of_a_folder(folder: str, kind: str) -> None:
    assert kind_of_mount(Path(folder), MOUNTS) == kind


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.rclone", "ceph"])
def test_sqlite_on_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 254:0 / / rw - {kind} somewhere rw\n")
    assert network_file_system(tmp_path) is None
    monkeypatch.setattr("catalogue.file_systems._MOUNTS", mounts)
    with pytest.raises(DatabaseError, match="or use PostgreSQL"):
        LiveCatalogue.open(f"sqlite:///{tmp_path}/catalogue.db", create=True)
