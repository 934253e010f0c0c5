"""`lookalike export-similar`: the look-alikes of every item, for a CDN or a feed."""

import argparse
import csv
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from commands.index_engine import asked_engine
from commands.options import Verbs, add_bundles, add_search_url, natural, positive
from contracts.search_defaults import RERANKED
from contracts.spreadsheet_cells import safe_cells

if TYPE_CHECKING:
    from index.base_part import BasePart
    from index.base_version import BaseVersion
    from index.look_alikes import LookAlikes

_K: Final = 24
# As far as an answer of the API can be paged.
_MOST: Final = 1000
_CSV_HEADER: Final = ("id", "rank", "similar_id", "score")


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    export = verbs.add_parser(
        "export-similar",
        help="the look-alikes of every item, as a file for a CDN or a feed",
        description="Search for the items that look like each item, exactly as GET /items/{id}/similar does: the same "
        "items, order and scores. In: BUNDLES, whose current bundle is searched. Out, on stdout or in FILE: of each "
        'item a line {"id": "...", "items": [{"id": "...", "score": 0.93}, ...]}, best first; or CSV with the columns '
        "id, rank, similar_id, score, where a spreadsheet would take ids for formulas if they had no ' in front. Items "
        "are in catalogue order. Takes about half a millisecond for each item: 15 seconds for 35,000. With a search "
        "engine the items come from there, and it takes longer.",
    )
    add_bundles(export)
    export.add_argument("--k", type=_k, default=_K, metavar="N", help=f"look-alikes of each item, 1 to {_MOST} ({_K})")
    export.add_argument("--format", choices=tuple(_WRITERS), default="jsonl", help="(jsonl)")
    export.add_argument("--out", type=Path, metavar="FILE", help="replaced once all is written (stdout)")
    export.add_argument(
        "--rerank", type=natural, default=RERANKED, metavar="N", help=f"as the API's LOOKALIKE_RERANK ({RERANKED})"
    )
    add_search_url(export)
    export.set_defaults(run=_export_similar)


def _k(text: str) -> int:
    number = positive(text)
    if number > _MOST:
        raise argparse.ArgumentTypeError(f"must be at most {_MOST}, got {number}")
    return number


def _export_similar(options: argparse.Namespace) -> int:
    from engines.held_version import open_served
    from index.current_version import current_version

    with asked_engine(options) as engine:
        base = open_served(options.bundles, current_version(options.bundles), engine)
        try:
            _write(base, options)
        except BrokenPipeError:
            if options.out is not None:
                raise
            # Whoever read the lines, such as `head`, has enough of them. Python would try to write the rest at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
    if options.out is not None:
        print(f"{options.out}: the look-alikes of {len(base.part):,} items of index {base.version}")
    return 0


def _write(base: "BaseVersion[BasePart]", options: argparse.Namespace) -> None:
    from index.look_alikes import all_look_alikes
    from launch.progress import progress_bar

    write = _WRITERS[options.format]
    with _output(options.out) as stream, progress_bar("Searching", "item") as progress:
        stream.write(write(None))
        for done, each in enumerate(all_look_alikes(base, options.k, window=options.rerank), start=1):
            stream.write(write(each))
            progress(done, len(base.part))
        stream.flush()


@contextmanager
def _output(file: Path | None) -> Iterator[BinaryIO]:
    if file is None:
        yield sys.stdout.buffer
        return
    from storage.durable_files import replacing

    with replacing(file) as stream:
        yield stream


def _json_line(each: "LookAlikes | None") -> bytes:
    import orjson

    if each is None:
        return b""
    items = [{"id": item_id, "score": score} for item_id, score in each.found]
    return orjson.dumps({"id": each.item_id, "items": items}, option=orjson.OPT_APPEND_NEWLINE)


def _csv_rows(each: "LookAlikes | None") -> bytes:
    rows = io.StringIO(newline="")
    writer = csv.writer(rows)
    if each is None:
        writer.writerow(_CSV_HEADER)
    else:
        writer.writerows(
            safe_cells((each.item_id, rank, item_id, score)) for rank, (item_id, score) in enumerate(each.found, 1)
        )
    return rows.getvalue().encode("utf-8", "replace")


# Each gives what comes before the first item for None.
_WRITERS: Final[dict[str, Callable[["LookAlikes | None"], bytes]]] = {"jsonl": _json_line, "csv": _csv_rows}
