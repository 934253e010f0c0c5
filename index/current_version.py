"""`CURRENT`: the one line in a folder of bundles that says which of them is served."""

import re
from pathlib import Path

from contracts.errors import BundleError
from index.durable_files import replace_file

CURRENT = "CURRENT"
_VERSION = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}", re.ASCII)
_LONGEST_BYTES = 100


def is_version(name: str) -> bool:
    """Whether a name is a bundle's: `<UTC time>-<6 hex>`, such as `20261123T101500Z-3f9a2c`."""
    return _VERSION.fullmatch(name) is not None


def current_version(bundles: Path) -> str:
    """The version that CURRENT names.

    Raises:
        BundleError: there is no CURRENT, or its line is no version.
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
        raise BundleError(f"{path} holds {line!r:.60}, which is no version; write one of the bundles' names into it")
    return version


def set_current(bundles: Path, version: str) -> None:
    """Make a version the one that is served, in one step that survives a crash.

    Raises:
        BundleError: the name is no version, or there is no such bundle.
        OSError: CURRENT cannot be written.
    """
    if not is_version(version) or not (bundles / version).is_dir():
        raise BundleError(f"{bundles} has no bundle {version!r:.60}; `lookalike index list` names those it has")
    replace_file(bundles / CURRENT, f"{version}\n".encode("ascii"))
