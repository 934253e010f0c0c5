"""A job as it was asked for: its pictures, those of them that can be embedded, and the memory that it needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import orjson

from api.jobs.outcomes import Outcome
from api.jobs.photo_search import NO_REPLY, REPLY_FIELD, SEARCH_FIELD, PhotoSearch
from api.jobs.records import RECORD_BYTES
from contracts.box import Box
from contracts.items import MAX_ID_CHARACTERS

NAMES_PER_BLOCK: Final = 100
# What Redis needs for a value besides its bytes, and for the keys of a job.
_VALUE_BYTES: Final = 64
_KEYS_BYTES: Final = 1024

JobKind = Literal["items", "files", "photo"]


class KnowsItems(Protocol):
    """Tells which items there are."""

    def having(self, item_ids: Sequence[str]) -> Sequence[bool]:
        """For each id, whether there is an item with it."""


@dataclass(frozen=True, slots=True)
class JobPicture:
    """A picture of a job: that of an item, or an uploaded one.

    Attributes:
        index: position in the request.
        item_id: item of the catalogue, or None.
        filename: as uploaded, or None.
        data: the uploaded bytes, or None.
        slot: place of its record, among the pictures of the job that have one.
        box: the part of an uploaded picture to embed, or None.
        detect: whether to find garments in it; the embedding of an item must stay that of its picture.
        keeps_reply: whether the worker's whole reply is kept, for a search.
    """

    index: int
    item_id: str | None = None
    filename: str | None = None
    data: bytes | None = None
    slot: int = 0
    box: Box | None = None
    detect: bool = False
    keeps_reply: bool = False


@dataclass(frozen=True, slots=True)
class JobRequest:
    """The pictures of a job.

    Attributes:
        kind: what `names` are: ids of items, or names of uploaded files; `photo` for a search by one.
        names: of all pictures, in order; None for a file without a name, and for ids that no item can have because
            they are too long.
        outcomes: of all pictures, in order, one byte each: `UNKNOWN` or `PENDING`.
        pictures: the pending ones.
        search: what a search by photo needs, or None.
    """

    kind: JobKind
    names: Sequence[str | None]
    outcomes: bytes
    pictures: tuple[JobPicture, ...]
    search: PhotoSearch | None = None

    @classmethod
    def of_items(cls, item_ids: Sequence[str], items: KnowsItems) -> "JobRequest":
        """A job of catalogue items; takes milliseconds for 10,000 of them, so call it in a thread."""
        names = [item_id if len(item_id) <= MAX_ID_CHARACTERS else None for item_id in item_ids]
        having = iter(items.having([name for name in names if name is not None]))
        known = [name is not None and next(having) for name in names]
        pending = [index for index, is_known in enumerate(known) if is_known]
        return cls(
            "items",
            names,
            bytes(Outcome.PENDING if is_known else Outcome.UNKNOWN for is_known in known),
            tuple(JobPicture(index, item_id=item_ids[index], slot=slot) for slot, index in enumerate(pending)),
        )

    @classmethod
    def of_uploads(cls, uploads: Iterable[tuple[str | None, bytes]]) -> "JobRequest":
        """A job of uploaded pictures, each with its name or None."""
        pictures = tuple(
            JobPicture(index, filename=filename, data=data, slot=index)
            for index, (filename, data) in enumerate(uploads)
        )
        names = [picture.filename for picture in pictures]
        return cls("files", names, bytes([Outcome.PENDING]) * len(pictures), pictures)

    @classmethod
    def of_photo(cls, photo: bytes, search: PhotoSearch) -> "JobRequest":
        """A search by photo as a job of one picture."""
        picture = JobPicture(0, data=photo, box=search.box, detect=search.detect, keeps_reply=True)
        return cls("photo", [None], bytes([Outcome.PENDING]), (picture,), search)

    @property
    def total(self) -> int:
        """Number of pictures, with those that no item has."""
        return len(self.names)

    @property
    def record_bytes(self) -> int:
        """Size of all records together."""
        return len(self.pictures) * RECORD_BYTES

    def packed_names(self) -> Mapping[str, bytes]:
        """The names as JSON lists of 100 each, by the number of the list; beside them what a search needs."""
        starts = range(0, self.total, NAMES_PER_BLOCK)
        packed = {
            str(number): orjson.dumps(self.names[start : start + NAMES_PER_BLOCK])
            for number, start in enumerate(starts)
        }
        if self.search is not None:
            packed |= {SEARCH_FIELD: self.search.packed(), REPLY_FIELD: NO_REPLY}
        return packed


def memory_needed(request: JobRequest, packed_names: Mapping[str, bytes]) -> int:
    """The memory that Redis will need for a job's results, errors and names, bytes."""
    sizes = (len(request.outcomes), request.record_bytes, *map(len, packed_names.values()))
    return _KEYS_BYTES + sum(map(_allocated, sizes))


def _allocated(size: int) -> int:
    """What Redis's allocator takes for a value: sizes are rounded up to a quarter of a power of two."""
    size += _VALUE_BYTES
    quarter = 1 << max(0, size.bit_length() - 3)
    return -(-size // quarter) * quarter
