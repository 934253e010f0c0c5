"""`lookalike extract --on-workers` for the fake engine, to be killed: URL of Redis, work folder, catalogue, output."""

import sys
from pathlib import Path

from tests.worker.shards.handed_out import hand_out

redis_url, shared, root, out = sys.argv[1:]
hand_out(redis_url, Path(shared), Path(root), Path(out))
