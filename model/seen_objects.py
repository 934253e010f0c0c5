"""What an object store said of the pictures that were embedded, so that a later run reads only those that changed.

An ETag changes whenever an object's content does. So an object with the ETag that it had when it was read has the
content that it had then, and the key of its embedding is known.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from contracts.items import Item
from model.picture_reading import SeenPicture
from storage.durable_files import replace_file
from storage.object_root import ObjectRoot

SEEN_OBJECTS: Final = "seen_objects.json"
_FORMAT: Final = 1


def unchanged_objects(
    folder: Path, root: ObjectRoot, rows: Sequence[tuple[Item, bytes]]
) -> Mapping[SeenPicture, bytes]:
    """The keys of the pictures that are the same as when they were embedded.

    Args:
        folder: of embeddings.
        root: as it was listed now.
        rows: item and key of each embedding in the folder.
    """
    try:
        noted = json.loads((folder / SEEN_OBJECTS).read_bytes())
    except (OSError, ValueError, RecursionError):
        # It only saves requests, so whatever is wrong with it, everything is read.
        return {}
    if not isinstance(noted, dict) or {**_about(root, rows), "tags": noted.get("tags")} != noted:
        return {}
    tags = noted["tags"]
    if not isinstance(tags, list) or len(tags) != len(rows):
        return {}
    return {
        (item.image, item.crop): key
        for (item, key), tag in zip(rows, tags, strict=True)
        if tag is not None and tag == _tag(root, item.image)
    }


def note_objects(folder: Path, root: Path | ObjectRoot, rows: Sequence[tuple[Item, bytes]]) -> None:
    """Write down what the store said of each picture; for a catalogue in a folder, remove what an earlier run wrote.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / SEEN_OBJECTS
    if isinstance(root, Path):
        path.unlink(missing_ok=True)
        return
    noted = {**_about(root, rows), "tags": [_tag(root, item.image) for item, _ in rows]}
    replace_file(path, json.dumps(noted, separators=(",", ":")).encode())


def _about(root: ObjectRoot, rows: Sequence[tuple[Item, bytes]]) -> dict[str, object]:
    # Another endpoint is another store, although the URL is the same.
    store = f"{os.environ.get('AWS_ENDPOINT_URL', '')}\0{root.url}"
    keys = hashlib.sha256()
    for item, key in rows:
        keys.update(f"{item.image}\0{item.crop}\0".encode())
        keys.update(key)
    return {"format": _FORMAT, "store": hashlib.sha256(store.encode()).hexdigest(), "rows": keys.hexdigest()}


def _tag(root: ObjectRoot, image: str) -> str | None:
    facts = root.objects.get(image)
    # A weak one says only that contents are alike.
    if facts is None or not facts.etag or facts.etag.startswith("W/"):
        return None
    return f"{facts.bytes} {facts.etag}"
