"""The root of a catalogue in an object store, with what the store said of each object when it was listed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.object_facts import ObjectChangedError, ObjectFacts

if TYPE_CHECKING:
    from storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True, eq=False)
class ObjectRoot:
    """A prefix of a bucket as it was listed.

    Attributes:
        url: `s3://bucket/prefix`, without a `/` at its end.
        store: that reads it.
        objects: below it, by their names.
    """

    url: str
    store: "ObjectStore"
    objects: Mapping[str, ObjectFacts]

    def __str__(self) -> str:
        return self.url

    def read(self, name: str, *, most_bytes: int) -> bytes:
        """The content of an object as it was listed.

        Raises:
            FileNotFoundError: it was not listed.
            ObjectChangedError: it was replaced or removed since it was listed, or has over `most_bytes`, of which none
                is read then.
            StoreUnavailableError: the store cannot be read.
        """
        facts = self.objects.get(name)
        if facts is None:
            raise FileNotFoundError(2, "no such object", name)
        if facts.bytes > most_bytes:
            raise ObjectChangedError(f"{name} has over {most_bytes:,} bytes; save a smaller version of it")
        data = self.store.get(name, most_bytes=most_bytes, facts=facts)
        if data is None or len(data) != facts.bytes:
            raise ObjectChangedError(f"{name} was replaced or removed while the catalogue was read; run this again")
        return data
