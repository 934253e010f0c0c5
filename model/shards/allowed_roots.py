"""The folders whose pictures a worker may read: what a shard names must lie in one of them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from contracts.errors import EmbeddingsError, LaunchError
from contracts.object_urls import is_object_url
from model.shards.plan import Reference, ShardJob
from storage.beneath import open_beneath
from storage.object_root import ObjectRoot
from storage.object_store import open_object_store

ROOTS_SETTING: Final = "LOOKALIKE_EXTRACT_ROOTS"


class AllowedRoots:
    """Whoever may write into the work folder could otherwise have any file of this machine read.

    Args:
        named: absolute paths of folders, and `s3://bucket/prefix`.

    Attributes:
        folders: resolved; links among pictures may lead to them if their job says so.

    Raises:
        LaunchError: there is none, or one is neither an absolute path nor a URL.
    """

    def __init__(self, named: Sequence[str]) -> None:
        urls = [one for one in named if is_object_url(one)]
        paths = [one for one in named if not is_object_url(one)]
        if not named or not all(Path(path).is_absolute() for path in paths):
            raise LaunchError(
                f"{ROOTS_SETTING} must name the folders that pictures may be read from, absolute paths or "
                "s3://BUCKET/PREFIX, separated by commas, such as /data/shop"
            )
        # Opened, so that what is wrong with one is said now.
        self._urls = tuple(str(open_object_store(url, any_name=True)) for url in urls)
        self.folders = tuple(Path(os.path.realpath(path)) for path in paths)

    def __str__(self) -> str:
        return ", ".join([*map(str, self.folders), *self._urls])

    def open(self, job: ShardJob, references: Sequence[Reference]) -> Path | ObjectRoot:
        """What the pictures of a shard are read from: a resolved folder, or objects as they were listed.

        Raises:
            EmbeddingsError: it is not allowed, or not the same folder here; the message is for whoever started the job.
        """
        return self._objects(job.root, references) if is_object_url(job.root) else self._folder(job)

    def _objects(self, url: str, references: Sequence[Reference]) -> ObjectRoot:
        try:
            store = open_object_store(url, for_bundles=True, any_name=True)
        except LaunchError as error:
            raise EmbeddingsError(str(error)) from error
        if not any(f"{store}/".startswith(f"{allowed}/") for allowed in self._urls):
            raise _not_allowed(url)
        return ObjectRoot(str(store), store, {one.image: one.facts for one in references if one.facts is not None})

    def _folder(self, job: ShardJob) -> Path:
        if "\0" in job.root or not Path(job.root).is_absolute():
            raise EmbeddingsError(f"the folder of pictures {job.root!r:.200} is no absolute path; start the job again")
        root = Path(os.path.realpath(job.root))
        if not any(root.is_relative_to(folder) for folder in self.folders):
            raise _not_allowed(job.root)
        if job.witness is not None and not self._holds(root, job.witness):
            raise EmbeddingsError(
                f"a worker does not find {job.witness:.200} in {job.root:.200}; mount the same folder there, under the "
                "same path, and let the worker's user read it"
            )
        return root

    def _holds(self, root: Path, image: str) -> bool:
        try:
            open_beneath(root, image, also=self.folders).close()
        except (OSError, ValueError):
            return False
        return True


def _not_allowed(root: str) -> EmbeddingsError:
    return EmbeddingsError(
        f"the folder of pictures {root:.200} is in none of the {ROOTS_SETTING} of a worker; add it there, and start "
        "the worker again"
    )
