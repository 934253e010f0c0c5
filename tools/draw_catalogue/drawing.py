"""Draws planned pictures, with several processes where that helps."""

import io
import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from PIL import Image

from contracts.errors import CatalogueError
from tools.draw_catalogue.picture import draw_picture
from tools.draw_catalogue.plan import PlannedPicture

# At 300 x 400 pixels no damage shows, and the archive stays near 10 MB; the slowest method makes it 8 % smaller.
_QUALITY, _METHOD = 70, 6
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    """A picture as it is shipped.

    Attributes:
        webp: the file's bytes.
        box: (x1, y1, x2, y2) of the garment, pixels.
    """

    webp: bytes
    box: tuple[int, int, int, int]


def draw_all(planned: Sequence[PlannedPicture], *, processes: int, progress: Progress) -> dict[str, DrawnPicture]:
    """Draw every picture; its bytes do not depend on which process draws it.

    Args:
        planned: what to draw.
        processes: how many to use; 1 draws in this one.
        progress: called with pictures done and pictures in all.

    Returns:
        The pictures by path.

    Raises:
        CatalogueError: a drawing process ended before it was done.
    """
    if processes > 1:
        return _draw_in_processes(planned, processes, progress)
    drawn: dict[str, DrawnPicture] = {}
    for entry in planned:
        drawn[entry.path] = _draw(entry)
        progress(len(drawn), len(planned))
    return drawn


def _draw(entry: PlannedPicture) -> DrawnPicture:
    picture = draw_picture(entry.design, entry.colourway, entry.form_seed, entry.photo_seed)
    buffer = io.BytesIO()
    Image.fromarray(picture.pixels).save(buffer, "WEBP", quality=_QUALITY, method=_METHOD)
    return DrawnPicture(buffer.getvalue(), picture.box)


def _draw_in_processes(
    planned: Sequence[PlannedPicture], processes: int, progress: Progress
) -> dict[str, DrawnPicture]:
    # Spawned, not forked: the caller may run threads.
    context = multiprocessing.get_context("spawn")
    drawn: dict[str, DrawnPicture] = {}
    workers = []
    readers: list[Connection] = []
    try:
        for share in range(processes):
            reader, writer = context.Pipe(duplex=False)
            worker = context.Process(target=_draw_share, args=(planned[share::processes], writer), daemon=True)
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
                    path, picture = reader.recv()
                except EOFError:
                    open_readers.remove(reader)
                    continue
                drawn[path] = picture
                progress(len(drawn), len(planned))
    finally:
        for worker in workers:
            if len(drawn) < len(planned):
                worker.terminate()
            worker.join()
        for reader in readers:
            reader.close()
    if len(drawn) < len(planned):
        raise CatalogueError(
            f"a drawing process ended after {len(drawn)} of {len(planned)} pictures; "
            "free some memory and run the command again"
        )
    return drawn


def _draw_share(planned: Sequence[PlannedPicture], results: Connection) -> None:
    """Body of a drawing process; it ends by itself when nobody reads its results any more."""
    try:
        for entry in planned:
            results.send((entry.path, _draw(entry)))
    except (BrokenPipeError, KeyboardInterrupt):
        return
    finally:
        results.close()
