"""`lookalike index load | unload`: versions in a search engine."""

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from commands.options import Verbs, add_bundles, add_search_url, natural, search_url
from contracts.errors import LaunchError
from contracts.settings_names import SEARCH_URL
from index.versions.defaults import MIN_RECALL, SAMPLED

if TYPE_CHECKING:
    from engines.engine import Engine
    from engines.loading import Loaded

# A command waits longer than a search of the API does: it asks for whole lists, and nobody's page waits for it.
_TIMEOUT_S = 60.0


def add_engine_actions(actions: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the actions."""
    load = actions.add_parser(
        "load",
        help="copy a version into a search engine",
        description="Copy a verified bundle into PostgreSQL with pgvector, or into Qdrant, so that the API searches it "
        "there. What was interrupted goes on where it stopped. In: BUNDLES. Out: the version in the engine, to be "
        "promoted like any other. Takes about a minute for a hundred thousand items, --approximate some minutes more.",
    )
    add_bundles(load)
    load.add_argument("version", metavar="VERSION", nargs="?", help="as `index list` names it (the current one)")
    add_search_url(load, "--to")
    load.add_argument(
        "--approximate",
        action="store_true",
        help="also build an index (HNSW) with which searches are quicker, and may miss items (no: exact)",
    )
    load.add_argument(
        "--sample",
        type=natural,
        default=SAMPLED,
        metavar="N",
        help=f"number of items with which the recall of an approximate version is measured ({SAMPLED})",
    )
    load.set_defaults(run=_load)
    unload = actions.add_parser(
        "unload",
        help="remove a version from a search engine",
        description="Remove a version from a search engine, complete or not; the bundle stays. A promotion removes old "
        "versions by itself, so this is for what is no bundle any more, or shall be loaded in another way. Refuses the "
        "version that CURRENT names, unless --current is given.",
    )
    add_bundles(unload)
    unload.add_argument("version", metavar="VERSION", help="as `index list` names it")
    add_search_url(unload, "--from")
    unload.add_argument(
        "--current", action="store_true", help="also the current version, while no API serves it from there"
    )
    unload.set_defaults(run=_unload)


@contextmanager
def asked_engine(options: argparse.Namespace) -> "Iterator[Engine | None]":
    """The search engine that was named, on the command line or in the environment; None if there is none.

    Raises:
        EngineError: its address is wrong.
    """
    url = search_url(options)
    if url is None:
        yield None
        return
    from engines.opening import open_engine

    with closing(open_engine(url, timeout_s=_TIMEOUT_S)) as engine:
        yield engine


def _load(options: argparse.Namespace) -> int:
    from engines.loading import load_version
    from index.current_version import current_version
    from launch.progress import progress_bar

    version = options.version or current_version(options.bundles)
    with asked_engine(options) as engine:
        if engine is None:
            raise _no_engine("--to")
        loaded = load_version(
            engine,
            options.bundles,
            version,
            approximate=options.approximate,
            sample=options.sample,
            progress_bar=progress_bar,
        )
        print(_said(loaded, str(engine)))
    print(_next(loaded, options))
    return 0


def _unload(options: argparse.Namespace) -> int:
    from engines.loading import unload_version

    with asked_engine(options) as engine:
        if engine is None:
            raise _no_engine("--from")
        removed = unload_version(engine, options.bundles, options.version, also_current=options.current)
        print(f"{options.version}: " + (f"removed from {engine}" if removed else f"{engine} does not hold it"))
    return 0


def _no_engine(option: str) -> LaunchError:
    return LaunchError(f"no search engine is named; pass {option} postgresql://user@host/name, or set {SEARCH_URL}")


def _said(loaded: "Loaded", engine: str) -> str:
    new = loaded.items - loaded.found
    if new <= 0:
        said = f"{loaded.version}: {engine} holds all its {loaded.items:,} items already"
    else:
        before = f"; {loaded.found:,} were there before" if loaded.found else ""
        said = (
            f"{loaded.version}: {new:,} items loaded into {engine} in {loaded.seconds:.1f} s "
            f"({new / max(loaded.seconds, 1e-3):,.0f} a second){before}"
        )
    if loaded.recall is None:
        return said
    low = "" if loaded.recall.recall >= MIN_RECALL else f"; a promotion asks for {MIN_RECALL:g}"
    return f"{said}; recall {loaded.recall.recall:.4f} ({loaded.recall.queries:,} queries){low}"


def _next(loaded: "Loaded", options: argparse.Namespace) -> str:
    if loaded.is_current:
        return f"it is the current version; an API with {SEARCH_URL} searches it there from its next start on"
    how = f" with {SEARCH_URL} set" if options.search_url is not None else ""
    return f"to serve it: lookalike index promote {options.bundles} {loaded.version}{how}"
