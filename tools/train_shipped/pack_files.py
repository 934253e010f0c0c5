"""Packs: pictures of one kind in a few files, small enough to be copied to a machine with a GPU one by one.

`<kind>.json` lists the pictures and the files that hold them; it is written last. `<kind>-<n>.safetensors` holds
encoded pictures, one after the other: `bytes`, uint8, and `ends`, int64, where each picture ends.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import safetensors
from safetensors.numpy import load_file, save

from contracts.errors import CatalogueError
from storage.durable_files import replace_file
from tools.train_shipped.records import PictureRecord

PackKind = Literal["products-large", "products-small", "photos", "street"]
MAX_FILE_BYTES = 24 * 2**20


@dataclass(frozen=True, slots=True)
class PackedPicture:
    """A picture as it is packed.

    Attributes:
        record: what is known about it.
        content: bytes of a WebP file.
    """

    record: PictureRecord
    content: bytes


def write_pack(folder: Path, kind: PackKind, pictures: Sequence[PackedPicture]) -> None:
    """Write the pictures of one kind, and remove files of an earlier pack of that kind.

    Raises:
        OSError: the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for number, part in enumerate(_parts(pictures)):
        ends = np.cumsum([len(picture.content) for picture in part], dtype=np.int64)
        content = np.frombuffer(b"".join(picture.content for picture in part), np.uint8)
        names.append(f"{kind}-{number}.safetensors")
        replace_file(folder / names[-1], save({"bytes": content, "ends": ends}))
    listing = {"files": names, "pictures": [picture.record.to_json() for picture in pictures]}
    replace_file(folder / f"{kind}.json", json.dumps(listing, ensure_ascii=False).encode())
    for stale in folder.glob(f"{kind}-*.safetensors"):
        if stale.name not in names:
            stale.unlink(missing_ok=True)


def read_pack(folder: Path, kind: PackKind) -> list[PackedPicture]:
    """Read the pictures of one kind.

    Raises:
        CatalogueError: there is no such pack, a file of it is missing, or it is damaged.
    """
    path = folder / f"{kind}.json"
    fix = "copy the whole folder that `pack` wrote, or run `python -m tools.train_shipped pack` again"
    try:
        listing = json.loads(path.read_text())
        records = [PictureRecord.from_json(fields) for fields in listing["pictures"]]
        contents: list[bytes] = []
        for name in listing["files"]:
            # Only a plain name: a path in the listing would reach outside the folder.
            tensors = load_file(folder / Path(name).name)
            content, start = tensors["bytes"].tobytes(), 0
            for end in tensors["ends"].tolist():
                contents.append(content[start:end])
                start = end
    except FileNotFoundError as error:
        raise CatalogueError(f"{folder} has no complete pack {kind!r} ({error.filename} is missing); {fix}") from error
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise CatalogueError(f"the pack {path} is damaged ({error!s:.200}); {fix}") from error
    if len(contents) != len(records):
        raise CatalogueError(f"the pack {path} lists {len(records)} pictures, its files hold {len(contents)}; {fix}")
    return [PackedPicture(record, content) for record, content in zip(records, contents, strict=True)]


def _parts(pictures: Sequence[PackedPicture]) -> Iterator[list[PackedPicture]]:
    part: list[PackedPicture] = []
    used = 0
    for picture in pictures:
        if part and used + len(picture.content) > MAX_FILE_BYTES:
            yield part
            part, used = [], 0
        part.append(picture)
        used += len(picture.content)
    if part:
        yield part
