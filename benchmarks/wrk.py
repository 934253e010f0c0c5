"""Load test of one server with wrk, item by item."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from contracts.errors import LaunchError

CONNECTIONS = 16
_SCRIPT = """
local paths = {{}}
for line in io.lines("{paths}") do paths[#paths + 1] = line end
local n = {first}
request = function() n = n + 1; return wrk.format("GET", paths[n % #paths + 1]) end
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("errors %d\\n", e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def requests_per_s(
    address: str, item_ids: Sequence[str], *, seconds: int, first: int, connections: int = CONNECTIONS, key: str = ""
) -> float:
    """Requests per second of one run of `wrk -t1 -c16` on `GET /items/{id}/similar`.

    Args:
        address: of the server.
        item_ids: asked for in this order, again and again.
        seconds: length of the run.
        first: where in the list to begin.
        connections: that ask at the same time.
        key: API key; empty: none is sent.

    Raises:
        LaunchError: wrk is not installed, or a request failed.
    """
    if shutil.which("wrk") is None:
        raise LaunchError("this benchmark needs wrk; install it (Debian, Ubuntu: apt install wrk)")
    with tempfile.TemporaryDirectory() as folder:
        paths, script = Path(folder) / "paths", Path(folder) / "items.lua"
        paths.write_text("".join(f"/items/{quote(item_id)}/similar\n" for item_id in item_ids))
        script.write_text(_SCRIPT.format(paths=paths, first=first))
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), address]
        command += ["-H", f"X-API-Key: {key}"] if key else []
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate, errors = re.search(r"Requests/sec:\s*([\d.]+)", printed), re.search(r"errors (\d+)", printed)
    if rate is None or errors is None or int(errors[1]):
        raise LaunchError(f"wrk reported failed requests at {address}:\n{printed}")
    return float(rate[1])
