"""Files of a bundle that somebody else made: sealed correctly, and wrong all the same.

An input is the name of a file, a line end, and its content. The bundle's manifest is sealed again around it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Final

import orjson

from contracts.errors import BundleError
from index.bundle import Bundle, open_bundle
from index.bundle_manifest import FILES, MANIFEST, read_manifest, write_manifest
from index.conditions import Condition
from index.current_version import current_version
from index.part_searcher import PartSearcher
from index.query import SearchQuery, ValuesQuery
from storage.durable_files import seal_file
from storage.sealed_json import render_sealed
from tools.fuzz.small_index import small_index
from tools.fuzz.target import Check, Target

_found: Final[list[bytes]] = []


@contextmanager
def _opened() -> Iterator[Check]:
    with small_index() as bundles:
        folder = bundles / current_version(bundles)
        whole = {name: (folder / name).read_bytes() for name in (MANIFEST, *FILES)}
        manifest = read_manifest(folder)
        fields = orjson.loads(whole[MANIFEST])
        del fields["sha256"]
        unsealed = orjson.dumps(fields)
        _found[:] = [name.encode() + b"\n" + whole[name] for name in FILES]
        _found.append(MANIFEST.encode() + b"\n" + unsealed)

        def check(data: bytes) -> None:
            first, _, content = data.partition(b"\n")
            name = first.decode(errors="replace")
            if name not in whole:
                return
            try:
                if name == MANIFEST:
                    try:
                        (folder / name).write_bytes(render_sealed(orjson.loads(content)))
                    except (ValueError, TypeError):
                        return
                else:
                    (folder / name).write_bytes(content)
                    seals = {**manifest.files, name: seal_file(folder / name)}
                    write_manifest(folder, replace(manifest, files=seals))
                try:
                    bundle = open_bundle(folder)
                except BundleError:
                    return
                _use(bundle)
            finally:
                for changed in (name, MANIFEST):
                    (folder / changed).write_bytes(whole[changed])

        yield check


def _use(bundle: Bundle) -> None:
    """What was not refused must be answered from."""
    searcher = PartSearcher.of(bundle)
    item_id = bundle.items.id(0)
    with suppress(BundleError):
        searcher.item(item_id)
    fields = [column.name for column in searcher.attributes()]
    orjson.dumps(fields)
    searcher.find_like(SearchQuery(facets=tuple(fields) or None, min_score=0.0), item_id)
    for column in searcher.attributes():
        if column.values:
            condition = Condition(column.name, (column.values[0],))
            group_by = None if column.kind == "list" else column.name
            searcher.find_like(SearchQuery(conditions=(condition,), group_by=group_by), item_id)
            searcher.values(ValuesQuery(column.name, column.values[0][:2]))
            searcher.find_like(SearchQuery(exclusions=(condition,)), item_id)


def _seeds() -> Sequence[bytes]:
    return _found


BUNDLES = Target("bundles", _opened, _seeds, limit_s=2.0)
