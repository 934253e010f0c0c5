"""Reads docker-compose.yml, and the commands that the guide for operators names."""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from tests.images.dockerfile import REPOSITORY

COMPOSE_FILE = REPOSITORY / "docker-compose.yml"
GUIDE = REPOSITORY / "docs" / "production.md"
OURS = ("api", "worker", "worker-cpu", "importer", "importer-cpu", "offline", "offline-cpu")


def compose() -> dict[str, Any]:
    """The file, with its anchors resolved and its variables as they are written."""
    loaded = YAML(typ="safe", pure=True).load(COMPOSE_FILE)
    assert isinstance(loaded, dict)
    return loaded


def services() -> Mapping[str, dict[str, Any]]:
    """Its services by name."""
    found = compose()["services"]
    assert isinstance(found, dict)
    return found


def guide_commands() -> list[list[str]]:
    """Each `lookalike ...` command in the code of the guide, as its arguments."""
    code = re.findall(r"```\w*\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL) + re.findall(
        r"`([^`\n]+)`", GUIDE.read_text()
    )
    commands = [
        shlex.split(line, comments=True)
        for block in code
        for line in block.splitlines()
        if re.search(
            r"(^|\s)lookalike\s+(extract|import|index|serve|demo|train|evaluate|export|benchmark|watch)\s", line
        )
    ]
    return [words[words.index("lookalike") + 1 :] for words in commands]
