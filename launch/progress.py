"""A progress bar on stderr, with rate and remaining time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from contracts.progress import Progress


@contextmanager
def progress_bar(label: str, unit: str) -> Iterator[Progress]:
    """Show a bar that is updated with (done, total); in a log it prints a line every ten seconds.

    Args:
        label: name of the work.
        unit: of the count, singular.
    """
    interactive = sys.stderr.isatty()
    with tqdm(
        desc=label, unit=f" {unit}", file=sys.stderr, mininterval=0.2 if interactive else 10.0, dynamic_ncols=True
    ) as bar:

        def show(done: int, total: int, figures: str = "", /) -> None:
            if bar.total != total:
                bar.reset(total)
            if figures:
                bar.set_postfix_str(figures, refresh=False)
            bar.update(done - bar.n)

        yield show
