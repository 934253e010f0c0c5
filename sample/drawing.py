"""Draws planned pictures into a folder, with several processes where that helps."""

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path

from contracts.errors import CatalogueError
from sample.layout import Boxes
from sample.picture import draw_picture
from sample.plan import PlannedPicture

Drawn = tuple[str, tuple[int, int, int, int]]


def draw_all(
    root: Path, planned: Sequence[PlannedPicture], *, processes: int, progress: Callable[[int, int], None] | None
) -> Boxes:
    """Draw every picture; a picture's bytes do not depend on who draws it.

    Args:
        root: of the catalogue; the style folders are created in it.
        planned: what to draw.
        processes: how many to use; 1 draws in this one.
        progress: called with pictures done and pictures in all.

    Returns:
        The garments' boxes by path.

    Raises:
        CatalogueError: a drawing process ended before it was done.
    """
    for folder in sorted({(root / entry.path).parent for entry in planned}):
        folder.mkdir(parents=True)
    if processes <= 1:
        boxes: Boxes = {}
        for entry in planned:
            path, box = _draw(root, entry)
            boxes[path] = box
            if progress is not None:
                progress(len(boxes), len(planned))
        return boxes
    return _draw_in_processes(root, planned, processes, progress)


def _draw(root: Path, entry: PlannedPicture) -> Drawn:
    picture = draw_picture(entry.design, entry.colourway, entry.form_seed, entry.photo_seed)
    (root / entry.path).write_bytes(picture.jpeg)
    return entry.path, picture.box


def _draw_in_processes(
    root: Path, planned: Sequence[PlannedPicture], processes: int, progress: Callable[[int, int], None] | None
) -> Boxes:
    # Spawned, not forked: the caller may run threads.
    context = multiprocessing.get_context("spawn")
    boxes: Boxes = {}
    workers = []
    readers: list[Connection] = []
    try:
        for share in range(processes):
            reader, writer = context.Pipe(duplex=False)
            worker = context.Process(target=_draw_share, args=(root, planned[share::processes], writer), daemon=True)
            worker.start()
            # Only the worker holds this end now: its death ends the pipe.
            writer.close()
            workers.append(worker)
            readers.append(reader)
        open_readers = list(readers)
        while open_readers:
            for ready in wait(open_readers):
                reader = next(candidate for candidate in open_readers if candidate is ready)
                try:
                    path, box = reader.recv()
                except EOFError:
                    open_readers.remove(reader)
                    continue
                boxes[path] = box
                if progress is not None:
                    progress(len(boxes), len(planned))
    finally:
        for worker in workers:
            if len(boxes) < len(planned):
                worker.terminate()
            worker.join()
        for reader in readers:
            reader.close()
    if len(boxes) < len(planned):
        raise CatalogueError(
            f"a drawing process ended after {len(boxes)} of {len(planned)} pictures in {root}; "
            "free some memory and run the command again"
        )
    return boxes


def _draw_share(root: Path, planned: Sequence[PlannedPicture], results: Connection) -> None:
    """Body of a drawing process; it ends by itself when nobody reads its results any more."""
    try:
        for entry in planned:
            results.send(_draw(root, entry))
    except (BrokenPipeError, KeyboardInterrupt):
        return
    finally:
        results.close()
