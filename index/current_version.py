"""`CURRENT`: a file of one line in a folder of bundles that names the bundle to serve."""

import errno
import os
import re
import secrets
from pathlib import Path

from contracts.errors import BundleError
from storage.durable_files import UNFINISHED_PREFIX, flush_file, flush_folder, replace_file

CURRENT = "CURRENT"
_VERSION = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}", re.ASCII)
_LONGEST_BYTES = 100
# Errors of file systems without hard links, such as FAT and some network shares.
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def is_version(name: str) -> bool:
    """Whether a name has the form of a version: `<UTC time>-<6 hex>`, such as `20261123T101500Z-3f9a2c`."""
    return _VERSION.fullmatch(name) is not None


def current_version(bundles: Path) -> str:
    """The version that CURRENT names.

    Raises:
        BundleError: there is no CURRENT, it cannot be read, or its line is not a version.
    """
    path = bundles / CURRENT
    try:
        with path.open("rb") as stream:
            line = stream.read(_LONGEST_BYTES).decode("ascii", errors="replace")
    except FileNotFoundError as error:
        raise BundleError(f"{bundles} has no index: {path} is missing; run `lookalike index build`") from error
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror}); run `lookalike index build`") from error
    version = line.removesuffix("\n")
    if not is_version(version):
        raise BundleError(
            f"{path} contains {line!r:.60}, which is not a version; make a bundle current with "
            f"`lookalike index promote {bundles} VERSION`"
        )
    return version


def set_current(bundles: Path, version: str) -> None:
    """Make a version current, atomically and durably.

    Raises:
        BundleError: the name is not a version, or there is no such bundle.
        OSError: CURRENT cannot be written.
    """
    replace_file(bundles / CURRENT, _line(bundles, version))


def set_current_if_none(bundles: Path, version: str) -> bool:
    """Make a version current, but only if there is no CURRENT yet.

    If several processes call this at the same moment, the first one wins.

    Returns:
        Whether this version is current now. A damaged CURRENT is left as it is.

    Raises:
        BundleError: the name is not a version, or there is no such bundle.
        OSError: CURRENT cannot be written.
    """
    path = bundles / CURRENT
    unfinished = path.with_name(f"{UNFINISHED_PREFIX}{CURRENT}-{secrets.token_hex(4)}")
    try:
        unfinished.write_bytes(_line(bundles, version))
        flush_file(unfinished)
        try:
            # Unlike a rename, a link never replaces an existing file.
            os.link(unfinished, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if path.exists():
                return False
            unfinished.replace(path)
        flush_folder(bundles)
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def _line(bundles: Path, version: str) -> bytes:
    if not is_version(version) or not (bundles / version).is_dir():
        raise BundleError(f"{bundles} has no bundle {version!r:.60}; `lookalike index list` shows those it has")
    return f"{version}\n".encode("ascii")
