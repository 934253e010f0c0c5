"""Whether nobody else can put machine code where we would run it from."""

import os
import stat
from pathlib import Path


def is_trusted(folder: Path) -> bool:
    """Whether only we, our group and root can change a folder, or put another in its place.

    Numba reads pickled files from its cache, so whoever can write there runs code in our process.

    Args:
        folder: it and its parents need not all exist yet.
    """
    uid, gid = os.geteuid(), os.getegid()
    folder = folder.resolve()
    for place in (folder, *folder.parents):
        try:
            found = place.stat()
        except FileNotFoundError:
            continue
        except OSError:
            return False
        # In a sticky folder, such as /tmp, nobody can remove or rename what is another's.
        is_kept = place != folder and bool(found.st_mode & stat.S_ISVTX)
        foreign_group = bool(found.st_mode & stat.S_IWGRP) and found.st_gid not in {0, gid}
        if found.st_uid not in {0, uid} or ((found.st_mode & stat.S_IWOTH or foreign_group) and not is_kept):
            return False
    return True
