"""An extraction on workers of the fake engine, small and quick."""

from collections.abc import Callable
from pathlib import Path

from contracts.items import Item
from contracts.progress import Progress, unseen
from model.folder_update import ExtractionReport, update_folder
from model.shards.work_folder import WorkFolder
from model.tolerance import EVERYTHING, Tolerance
from storage.object_root import ObjectRoot
from tests.worker.fake_engine import FakeEngine
from worker.shards.handing_out import WorkersEmbed
from worker.shards.pace import Pace
from worker.shards.queue import ShardQueue

QUICK = Pace(look=0.02, look_most=0.05, tend=0.1, lost=0.3, silent=0.5)
SIZE = 8


def items_of(root: Path) -> list[Item]:
    return [Item(path.stem, path.name, {"name": path.stem}) for path in sorted(root.iterdir())]


def hand_out(
    redis_url: str,
    shared: Path | str,
    root: Path | ObjectRoot,
    out: Path,
    *,
    items: list[Item] | None = None,
    progress: Progress = unseen,
    say: Callable[[str], object] = lambda _line: None,
    tolerance: Tolerance = EVERYTHING,
    after: Callable[[], object] = lambda: None,
) -> ExtractionReport:
    """Extract a folder of pictures on whatever workers there are; `after` is called once it is handed out."""
    identity = FakeEngine().identity
    queue = ShardQueue(redis_url, identity.version)
    if items is None:
        items = items_of(Path(str(root)))
    embedding = WorkersEmbed(
        items,
        root,
        follow_links=False,
        folder=out,
        model=identity.version,
        work=WorkFolder(shared),
        queue=queue,
        say=lambda line: (say(line), after() if "handed out to" in line else None),
        pace=QUICK,
        size=SIZE,
    )
    with embedding as pictures:
        try:
            return update_folder(items, root, out, identity, pictures, progress=progress, tolerance=tolerance)
        finally:
            queue.close()
