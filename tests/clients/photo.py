"""Posts a photo with the client that openapi-python-client generates: python photo.py ADDRESS PHOTO."""

import importlib
import sys
from pathlib import Path
from typing import Any


def main(address: str, photo: Path) -> None:
    """Print the ids of what is found."""
    # It is generated where this runs.
    sys.path.insert(0, str(Path.cwd()))
    client: Any = importlib.import_module("client")
    models: Any = importlib.import_module("client.models")
    types: Any = importlib.import_module("client.types")
    similar: Any = importlib.import_module("client.api.similar.similar_to_photo")
    with photo.open("rb") as file:
        # No name: the bytes decide.
        body = models.SimilarToPhotoFilesBody(image=types.File(payload=file), box="0,0,1,1")
        answer = similar.sync(client=client.Client(base_url=address), body=body, limit=3)
    if not isinstance(answer, models.SimilarItems):
        sys.exit(f"it was refused: {answer}")
    sys.stdout.write(" ".join(item.id for item in answer.items) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
