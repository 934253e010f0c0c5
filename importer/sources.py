"""Where the rows of an import come from, as its record says it.

`file:<16 hex>:/path`, `folder:/path` and `embeddings:<16 hex>:/path` are what a command names on its own machine; the
digits are the beginning of the file's SHA-256, so that an interrupted import only goes on with the same rows. `https://`
and `http://` are fetched. `spool:<name>` is what the API was sent.
"""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from contracts.errors import FeedError
from fetching.dialing import Dialer
from fetching.fetching import fetch_to_file
from fetching.rules import UrlRules
from storage.embeddings_folder import MANIFEST
from storage.import_spool import SPOOLED

# Below the folder of bundles: a feed that came from a URL, so that an interrupted import goes on with the same rows.
FETCHED: Final = "fetched-feeds"
# Who asks for an import that a command runs; whoever asks over HTTP has another name, and may name no local path.
COMMAND: Final = "command"
FILE: Final = "file"
FOLDER: Final = "folder"
EMBEDDINGS: Final = "embeddings"
_IMPORT_ID: Final = re.compile(r"[0-9a-f]{8,64}", re.ASCII)
_SPOOLED_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_TIMEOUT_S: Final = 600.0


def source_of(path: Path) -> str:
    """What the record of an import says about a file or folder of this machine.

    Raises:
        FeedError: there is none.
    """
    path = path.resolve()
    try:
        if not path.is_dir():
            return f"{FILE}:{_beginning(path)}:{path}"
        if (path / MANIFEST).is_file():
            return f"{EMBEDDINGS}:{_beginning(path / MANIFEST)}:{path}"
    except OSError as error:
        raise FeedError(f"{path} cannot be read ({error.strerror}); correct the path") from None
    return f"{FOLDER}:{path}"


def is_url(source: str) -> bool:
    """Whether a feed is fetched."""
    return source[:8].lower().startswith(("http://", "https://"))


def local_path(source: str, *, begun: bool) -> Path:
    """The path of a source of `source_of`.

    Args:
        source: not a folder of pictures.
        begun: whether rows of it were imported already.

    Raises:
        FeedError: there is no such file, or, if begun, it is another one now.
    """
    kind, digits, name = source.split(":", 2)
    path = Path(name)
    if begun and source_of(path) != f"{kind}:{digits}:{name}":
        raise FeedError(f"{path} is not the file that the import began with; import it again")
    return path


def fetched_path(work: Path, import_id: str) -> Path:
    """Where the feed of an import that names a URL is kept while it runs."""
    if _IMPORT_ID.fullmatch(import_id) is None:
        raise FeedError(f"{import_id!r:.80} is no import's id")
    return work / FETCHED / import_id


def fetched_feed(
    source: str,
    import_id: str,
    *,
    work: Path,
    rules: UrlRules,
    dialer: Dialer,
    most_bytes: int,
    begun: bool,
    stopping: Callable[[], bool],
) -> Path:
    """The file of a feed that a URL names; it is fetched, unless that was done before.

    Args:
        source: its URL.
        import_id: of the import.
        work: folder that it is kept in.
        rules: from where feeds may be fetched.
        dialer: that connects to them.
        most_bytes: size of the largest feed.
        begun: whether rows of it were imported already, so that it must be the same file.
        stopping: whether to give up.

    Raises:
        FeedError: it was fetched before, and is gone.
        UrlRefusedError, UnreachableError: it cannot be fetched.
        OSError: it cannot be stored.
    """
    path = fetched_path(work, import_id)
    if path.is_file():
        return path
    if begun:
        raise FeedError("the file that was fetched is gone, and the feed may be another one now; import it again")
    path.parent.mkdir(parents=True, exist_ok=True)
    fetch_to_file(
        source, rules, path, most_bytes=most_bytes, timeout_s=_TIMEOUT_S, dialer=dialer, is_abandoned=stopping
    )
    return path


def spooled_feed(source: str, spool: Path) -> Path:
    """The file of a feed that the API was sent.

    Args:
        source: that the import's record names.
        spool: folder that the API puts them into.

    Raises:
        FeedError: there is no such file.
    """
    name = source.removeprefix(SPOOLED)
    if not source.startswith(SPOOLED) or not _SPOOLED_NAME.fullmatch(name):
        raise FeedError(f"the import names {source!r:.80} as its feed, which is none; send the feed again")
    path = spool / name
    if not path.is_file():
        raise FeedError("the feed that was sent is not here; give the importer the folders that the API has")
    return path


def _beginning(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]
