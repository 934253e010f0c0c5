"""The snippets of docs/integrate.md, and what runs those that are not for a browser."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from scripts.build_widget import NODE
from scripts.install_client_tools import REPOSITORY, SNIPPET_TOOLS, WIDGET_TOOLS
from tests.browser.shop_site import Site

PAGE: Final = REPOSITORY / "docs" / "integrate.md"
# What the snippets say, and the tests replace by what runs.
SERVICE, KEY, ITEM = "https://search.shop.example", "pk-shop-9f3c2a7b51d84e06", "15970"
_PROGRAMS: Final = REPOSITORY / "tests" / "snippets"
_MISSING: Final = "what runs the snippets is not installed; run scripts/install_client_tools.py, or `make test`"


def snippets() -> dict[str, str]:
    """All fenced snippets that have a name, by it."""
    return dict(re.findall(r"^```[a-z]+ (\S+)\n(.*?)^```$", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL))


def snippet(name: str, site: Site | None = None, item: str | None = None) -> str:
    """A snippet as it stands, or with a service, a key and an item that exist."""
    text = snippets()[name]
    if site is not None:
        assert SERVICE in text or KEY not in text
        text = text.replace(SERVICE, site.api.rstrip("/")).replace(KEY, site.key)
    return text if item is None else text.replace(f'"{ITEM}"', f'"{item}"')


def put(site: Site, html: str, *, policy: str | None = None) -> str:
    """Put up a page that holds this and nothing else; returns its address."""
    path = f"/{len(site.pages)}"
    head = f'<title>Shop</title><link rel="icon" href="{site.api}favicon.ico">'
    site.pages[path] = (f"<!doctype html><html lang=en><head>{head}</head><body>{html}</body></html>", policy)
    return f"{site.origin}{path}"


def run_typescript(folder: Path) -> None:
    """Check the types of a folder's sources."""
    compiler = WIDGET_TOOLS / "node_modules" / "typescript" / "bin" / "tsc"
    if not (compiler.is_file() and SNIPPET_TOOLS.is_dir()):
        pytest.skip(_MISSING)
    (folder / "node_modules").symlink_to(SNIPPET_TOOLS / "node_modules")
    options = {
        "jsx": "react-jsx",
        "target": "es2022",
        "module": "esnext",
        "moduleResolution": "bundler",
        "skipLibCheck": True,
    }
    (folder / "tsconfig.json").write_text(
        json.dumps({"compilerOptions": {**options, "strict": True, "noEmit": True, "types": ["react"]}})
    )
    done = subprocess.run([NODE, compiler, "-p", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run_program(name: str, *arguments: str | Path, given: object = None) -> str:
    """Run one of the programs in tests/snippets; returns what it prints."""
    if not SNIPPET_TOOLS.is_dir():
        pytest.skip(_MISSING)
    done = subprocess.run(
        [NODE, _PROGRAMS / name, SNIPPET_TOOLS, *arguments],
        input=json.dumps(given),
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
