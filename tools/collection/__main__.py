"""`python -m tools.collection --out DIR`: writes a collection that Postman and Bruno import, and a photo for it."""

import argparse
import base64
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from api.openapi.operations import PICTURE_AS_TEXT
from tools.collection.documents import own_document, served_document
from tools.collection.postman import collection
from tools.collection.sent_bodies import PHOTO

COLLECTION = "lookalike.postman_collection.json"
_USUAL_URL = "http://127.0.0.1:8000"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write both files; returns 1 if a service was to be asked and did not answer."""
    parser = argparse.ArgumentParser(prog="python -m tools.collection", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files; made if it does not exist")
    parser.add_argument("--url", help="of a running service: its examples are of its own catalogue")
    parser.add_argument("--key", help="API key of that service; it does not get into the collection")
    options = parser.parse_args(arguments)
    try:
        document = own_document() if options.url is None else served_document(options.url, options.key)
    except OSError as error:
        print(f"{options.url}: {error}; is this the URL of a running Lookalike?", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(collection(document, options.url or _USUAL_URL), ensure_ascii=False, indent=1)
    (options.out / COLLECTION).write_text(f"{text}\n", encoding="utf-8")
    (options.out / PHOTO).write_bytes(base64.b64decode(PICTURE_AS_TEXT))
    print(options.out / COLLECTION)
    return 0


if __name__ == "__main__":
    sys.exit(main())
