"""`lookalike index list`."""

import argparse
import sys
from typing import TYPE_CHECKING

from commands.index_engine import asked_engine
from commands.options import Verbs, add_bundles_or_url, add_search_url
from contracts.errors import EngineError, SearchUnavailableError
from contracts.object_urls import is_object_url
from contracts.sizes import size_in_words

if TYPE_CHECKING:
    from engines.engine import HeldVersion
    from index.listing import BundleSummary


def add_list(actions: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the action."""
    listing = actions.add_parser(
        "list",
        help="the bundles of a folder, oldest first",
        description="The bundles of a folder, oldest first: build time, items, size, network. * marks the current "
        "one, < the one that `index rollback` would return to. With a search engine: what it holds of each, and what "
        "it holds that is no bundle of the folder. Of an object store: versions and sizes.",
    )
    add_bundles_or_url(listing)
    add_search_url(listing)
    listing.set_defaults(run=_list)


def _list(options: argparse.Namespace) -> int:
    if is_object_url(options.bundles):
        from commands.index_stored import list_stored

        return list_stored(options.bundles)
    from index.listing import bundle_list

    listed = bundle_list(options.bundles)
    held = _held(options)
    for bundle in listed.bundles:
        mark = "*" if bundle.is_current else "<" if bundle.is_rollback_target else " "
        meaning = "  current" if bundle.is_current else "  rollback returns here" if bundle.is_rollback_target else ""
        there = "" if held is None else f"  engine: {_state(held.pop(bundle.version, None))}"
        print(f"{mark} {bundle.version}  {_described(bundle)}{meaning}{there}")
    for version, other in (held or {}).items():
        print(f"  {version}  engine: {_state(other)}; no bundle of {options.bundles}")
    if not listed.bundles:
        print(f"lookalike: there are no bundles in {options.bundles}", file=sys.stderr)
    if listed.problem is not None:
        print(f"lookalike: {listed.problem}", file=sys.stderr)
    return 0


def _held(options: argparse.Namespace) -> "dict[str, HeldVersion] | None":
    """What the engine holds, by version; None if there is no engine, or it cannot say."""
    try:
        with asked_engine(options) as engine:
            return None if engine is None else {held.version: held for held in engine.versions()}
    except (SearchUnavailableError, EngineError) as error:
        print(f"lookalike: {error}", file=sys.stderr)
        return None


def _described(bundle: "BundleSummary") -> str:
    if bundle.problem is not None:
        return bundle.problem
    size = f"{size_in_words(bundle.size_bytes):>13}"
    live = "" if bundle.sequence is None else f"  sequence {bundle.sequence:,}"
    return f"{bundle.created}  {bundle.items:>11,} items {size}  {bundle.model}{live}"


def _state(held: "HeldVersion | None") -> str:
    if held is None:
        return "not loaded"
    if not held.complete:
        return f"{held.loaded:,} of {held.items:,} items loaded"
    if not held.approximate:
        return "exact"
    return "approximate" + ("" if held.recall is None else f", recall {held.recall:.4f}")
