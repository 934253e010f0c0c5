"""The folders whose pictures a worker may read: what a shard names must lie in one of them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from contracts.errors import EmbeddingsError, LaunchError
from storage.beneath import open_beneath

ROOTS_SETTING: Final = "LOOKALIKE_EXTRACT_ROOTS"


class AllowedRoots:
    """Whoever may write into the work folder could otherwise have any file of this machine read.

    Args:
        folders: absolute paths.

    Attributes:
        folders: resolved; links among pictures may lead to them if their job says so.

    Raises:
        LaunchError: there is none, or one is not absolute.
    """

    def __init__(self, folders: Sequence[str]) -> None:
        if not folders or not all(Path(folder).is_absolute() for folder in folders):
            raise LaunchError(
                f"{ROOTS_SETTING} must name the folders that pictures may be read from, absolute paths separated by "
                "commas, such as /data/shop"
            )
        self.folders = tuple(Path(os.path.realpath(folder)) for folder in folders)

    def root(self, named: str, witness: str | None) -> Path:
        """The folder of a job's pictures, resolved.

        Args:
            named: by the job.
            witness: a picture that is below it where the job was planned.

        Raises:
            EmbeddingsError: it is not allowed, or not the same folder here; the message is for whoever started the job.
        """
        if "\0" in named or not Path(named).is_absolute():
            raise EmbeddingsError(f"the folder of pictures {named!r:.200} is no absolute path; start the job again")
        root = Path(os.path.realpath(named))
        if not any(root.is_relative_to(folder) for folder in self.folders):
            raise EmbeddingsError(
                f"the folder of pictures {named:.200} is in none of the {ROOTS_SETTING} of a worker; add it there, and "
                "start the worker again"
            )
        if witness is not None and not self._holds(root, witness):
            raise EmbeddingsError(
                f"a worker does not find {witness:.200} in {named:.200}; mount the same folder there, under the same "
                "path, and let the worker's user read it"
            )
        return root

    def _holds(self, root: Path, image: str) -> bool:
        try:
            open_beneath(root, image, also=self.folders).close()
        except (OSError, ValueError):
            return False
        return True
