"""The sample catalogue as a whole: pictures, lists and attributes."""

from collections.abc import Callable

from tools.draw_catalogue.drawing import draw_all
from tools.draw_catalogue.layout import render_lists
from tools.draw_catalogue.plan import plan_pictures


def draw_catalogue(
    *, pictures: int, seed: int, processes: int, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> dict[str, bytes]:
    """Draw a catalogue in DeepFashion's layout; the same pictures and seed always give the same bytes.

    Args:
        pictures: how many; at least one per category.
        seed: of everything random, from 0.
        processes: how many draw; 1 draws in this one.
        progress: called with pictures done and pictures in all.

    Returns:
        Every file's content by its path below the catalogue's root.

    Raises:
        CatalogueError: a drawing process ended before it was done.
    """
    planned = plan_pictures(pictures, seed)
    drawn = draw_all(planned, processes=min(processes, pictures), progress=progress)
    lists = render_lists(planned, {path: picture.box for path, picture in drawn.items()})
    return {path: picture.webp for path, picture in drawn.items()} | lists
