"""Whether a folder is on a file system of the network, where SQLite's write-ahead log does not work."""

import re
from pathlib import Path
from typing import Final

_MOUNTS: Final = Path("/proc/self/mountinfo")
# Processes share the log's index through mapped memory, which works only within one machine.
_OF_NETWORK: Final = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs",
        "nfs4", "ocfs2", "orangefs", "pvfs2", "smb2", "smb3", "smbfs", "vboxsf",
    }
)  # fmt: skip
# Other file systems in user space, such as an encrypted or a merged folder, are on this machine.
_FUSE_OF_NETWORK: Final = re.compile(
    r"fuse\.(sshfs|s3fs|s3ql|goofys|geesefs|gcsfuse|rclone|curlftpfs|davfs2?|glusterfs|ceph.*|juicefs|mount-s3|"
    r"blobfuse2?|seaweedfs|weed|moosefs|mfs|lizardfs|grpcfuse|osxfs|gvfsd-fuse)"
)


def network_file_system(folder: Path) -> str | None:
    """The name of the network file system that a folder is on; None: it is on none, or that is not known."""
    try:
        mounts = _MOUNTS.read_text(errors="surrogateescape")
    except OSError:
        return None
    kind = kind_of_mount(folder.resolve(), mounts)
    return kind if kind in _OF_NETWORK or _FUSE_OF_NETWORK.fullmatch(kind) else None


def kind_of_mount(folder: Path, mounts: str) -> str:
    """The kind of file system that a folder is on; empty if it is not known.

    Args:
        folder: absolute, without links.
        mounts: content of `/proc/self/mountinfo`.
    """
    found, kind = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields, of = before.split(" "), after.split(" ")
        if len(fields) < 5:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4]))
        # Of two on one folder, the later one covers the other.
        if len(point.parts) >= found and folder.is_relative_to(point):
            found, kind = len(point.parts), of[0]
    return kind
