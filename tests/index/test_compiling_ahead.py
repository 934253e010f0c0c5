"""Compiling ahead compiles all that building and serving an index call, and compiles it once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USE = """
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from api.items.open_index import open_index
from api.settings import ApiSettings
from index.base_version import in_memory
from index.building import build_bundle
from contracts.changed_item import ChangedItem
from index.bundle import open_bundle, open_current
from index.compaction import compact
from index.live_index import LiveIndex
from index.query import SearchQuery
from tests.drawn_sets import draw_set

bundles = Path(sys.argv[1])
build_bundle(draw_set(80), bundles, now=datetime.now(UTC))
open_index(in_memory(open_current(bundles)), ApiSettings(), None)

# So do changes, and a bundle that they were compacted into.
drawn = draw_set(80)
changes = [ChangedItem(item.id, row, 1 + row, item, drawn.embeddings[row]) for row, item in enumerate(drawn.items)]
base = open_current(bundles)
version = compact(base, changes[:9], bundles, sequence=9, catalogue="c", now=datetime.now(UTC))
for bundle in (base, open_bundle(bundles / version)):
    live = LiveIndex.of(bundle)
    for change in (*changes[:2], *changes[70:]):
        live = live.changed([change])
        live.searcher.find(SearchQuery(facets=("title",)), np.ones(512, np.float32))
        live.searcher.find(SearchQuery(min_score=0.5, group_by="title"), np.ones(512, np.float32))
    live.searcher.warm_up()
"""


@pytest.mark.services
def test_nothing_is_left_to_compile(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}

    def run(*arguments: str) -> set[str]:
        subprocess.run([sys.executable, *arguments], env=environment, cwd=tmp_path, check=True)
        # An index (.nbi) lists a function's machine codes (.nbc), one for each combination of types.
        return {path.name for path in (tmp_path / "cache").rglob("*.nbc")}

    compiled = run("-m", "index.exact.compiling_ahead")
    assert len(compiled) > 10
    assert run("-c", USE, str(tmp_path / "bundles")) == compiled
