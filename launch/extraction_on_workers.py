"""`lookalike extract --on-workers`: hands out a catalogue, and brings a folder of embeddings up to date."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from contracts.embedding_set import ModelIdentity
from contracts.errors import LaunchError
from contracts.items import Item
from contracts.progress import Progress
from launch.progress import say_beside_bars
from model.folder_update import ExtractionReport, update_folder
from model.shards.work_folder import WorkFolder
from model.tolerance import Tolerance
from storage.object_root import ObjectRoot
from worker.settings import read_settings
from worker.shards.app import SHARED_SETTING
from worker.shards.handing_out import WorkersEmbed
from worker.shards.queue import ShardQueue


def extract_on_workers(
    items: Sequence[Item],
    root: Path | ObjectRoot,
    folder: Path,
    identity: ModelIdentity,
    *,
    shared: str | None,
    progress: Progress,
    follow_links: bool,
    tolerance: Tolerance,
    failed_rows: int,
) -> ExtractionReport:
    """Have the pictures of a catalogue embedded by workers; running it again continues a killed run.

    Args:
        items: in catalogue order, with unique ids.
        root: what `Item.image` is relative to; workers see a folder under the same path.
        folder: of the embeddings; made if missing.
        identity: of the network; only workers of its version take part.
        shared: work folder, a path or `s3://bucket/prefix`; None for what the settings say.
        progress, follow_links, tolerance, failed_rows: as for `model.extraction.extract`.

    Raises:
        LaunchError: a setting is missing or invalid.
        EmbeddingsError: as for `extract`; or a worker refuses the job, or shards never come back.
        StoreUnavailableError: the work folder cannot be used.
        OSError: the disk is full; what was embedded so far is kept for the next run.
    """
    settings = read_settings()
    location = shared or settings.extract_shared
    if not location:
        raise LaunchError(
            f"--on-workers needs a folder or bucket that all workers reach: pass --shared, or set {SHARED_SETTING}"
        )
    if isinstance(root, Path):
        root = root.resolve()
    queue = ShardQueue(settings.redis_url, identity.version)
    with (
        _terminated_as_by_ctrl_c(),
        WorkersEmbed(
            items,
            root,
            follow_links=follow_links,
            folder=folder,
            model=identity.version,
            work=WorkFolder(location),
            queue=queue,
            say=say_beside_bars,
        ) as pictures,
    ):
        try:
            return update_folder(
                items,
                root,
                folder,
                identity,
                pictures,
                progress=progress,
                tolerance=tolerance,
                failed_rows=failed_rows,
            )
        finally:
            queue.close()


@contextmanager
def _terminated_as_by_ctrl_c() -> Iterator[None]:
    """Inside, SIGTERM withdraws the job too: whoever stops a container wants its workers to stop."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
