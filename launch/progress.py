"""A progress bar on stderr, with rate and remaining time, and lines on stdout beside it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from contracts.progress import Progress


@contextmanager
def progress_bar(label: str, unit: str, *, smoothing: float = 0.3) -> Iterator[Progress]:
    """Show a bar that is updated with (done, total); in a log it prints a line every ten seconds.

    Args:
        label: name of the work.
        unit: of the count, singular.
        smoothing: 0 to 1, how much the latest rate counts for the remaining time; 0 takes the mean rate.
    """
    interactive = sys.stderr.isatty()
    with tqdm(
        desc=label,
        unit=f" {unit}",
        file=sys.stderr,
        mininterval=0.2 if interactive else 10.0,
        dynamic_ncols=True,
        smoothing=smoothing,
    ) as bar:

        def show(done: int, total: int, figures: str = "", /) -> None:
            if bar.total != total:
                # Drawn at once, with the rate of nothing yet.
                bar.initial = 0
                bar.reset(total)
                # What an earlier run did says nothing about the rate of this one.
                bar.initial = bar.n = done
            if figures:
                bar.set_postfix_str(figures, refresh=False)
            bar.update(done - bar.n)

        yield show


def print_line(line: object) -> None:
    """Print a line of results to stdout; bars on the same screen make room for it."""
    if not sys.stderr.isatty():
        print(line, flush=True)
        return
    with tqdm.external_write_mode(file=sys.stdout):
        print(line, flush=True)


def say_beside_bars(line: str) -> None:
    """Write a line to stderr; bars on the same screen make room for it."""
    with tqdm.external_write_mode(file=sys.stderr):
        print(f"lookalike: {line}", file=sys.stderr, flush=True)
