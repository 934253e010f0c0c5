"""What an extraction asks of its workers: a job, and shards of references to pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.items import Item
from contracts.shard_message import MOST_SHARDS, is_job
from model.picture_reading import SeenPicture
from storage.object_facts import ObjectFacts
from storage.sealed_json import parse_sealed, render_sealed

SHARD_REFERENCES: Final = 1024
# Of a shard of any extraction, so that nobody can make a worker read a file without an end.
MOST_REFERENCES: Final = 4096
_FORMAT: Final = "lookalike-shard-1"
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that is to be embedded.

    Attributes:
        image: path relative to the root of the job.
        crop: see `contracts.items.Item`.
        key: digest of picture and crop when it was embedded last, 32 bytes; it is only embedded if it has changed.
        facts: what the object store said of it when it was listed; None in a folder, or if it was not listed.
    """

    image: str
    crop: tuple[int, int, int, int] | None = None
    key: bytes | None = None
    facts: ObjectFacts | None = None


@dataclass(frozen=True, slots=True)
class ShardJob:
    """What all shards of an extraction have in common.

    Attributes:
        job: 32 hexadecimal digits.
        model: version of the network.
        root: what the pictures' paths are relative to.
        follow_links: whether links may lead out of the root, to another folder that the worker allows.
        shards: how many there are.
        witness: a picture that was there when the job was planned. A worker that has not got it has another folder in
            the place of the root; None if there was none.
    """

    job: str
    model: str
    root: str
    follow_links: bool
    shards: int
    witness: str | None = None


def shards_of(
    items: Sequence[Item],
    keys: Mapping[SeenPicture, bytes],
    objects: Mapping[str, ObjectFacts],
    size: int = SHARD_REFERENCES,
) -> list[list[Reference]]:
    """Split items into shards, in their order.

    Args:
        items: whose pictures are to be embedded.
        keys: of pictures when they were embedded last.
        objects: what the object store said of them; empty for pictures in a folder.
        size: references in a shard.
    """
    return [
        [
            Reference(item.image, item.crop, keys.get((item.image, item.crop)), objects.get(item.image))
            for item in items[start : start + size]
        ]
        for start in range(0, len(items), size)
    ]


def render_job(job: ShardJob) -> bytes:
    """The job as a file."""
    return render_sealed(
        {
            "format": _FORMAT,
            "job": job.job,
            "model": job.model,
            "root": job.root,
            "follow_links": job.follow_links,
            "shards": job.shards,
            "witness": job.witness,
        }
    )


def parse_job(content: bytes) -> ShardJob:
    """Parse the file of a job.

    Raises:
        ValueError: it is damaged, or of another format.
    """
    fields = _fields(content)
    job, model, root, links, shards, witness = (
        fields.get(name) for name in ("job", "model", "root", "follow_links", "shards", "witness")
    )
    if not (
        isinstance(job, str)
        and is_job(job)
        and isinstance(model, str)
        and isinstance(root, str)
        and isinstance(links, bool)
        and type(shards) is int
        and 0 <= shards <= MOST_SHARDS
        and (witness is None or isinstance(witness, str))
    ):
        raise ValueError("a member is missing or of the wrong type")
    return ShardJob(job, model, root, links, shards, witness)


def render_shard(job: str, shard: int, references: Sequence[Reference]) -> bytes:
    """A shard as a file."""
    rows = [
        [
            one.image,
            one.crop,
            None if one.key is None else one.key.hex(),
            None if one.facts is None else [one.facts.bytes, one.facts.etag],
        ]
        for one in references
    ]
    return render_sealed({"format": _FORMAT, "job": job, "shard": shard, "references": rows})


def parse_shard(content: bytes, job: str, shard: int) -> list[Reference]:
    """Parse the file of a shard.

    Raises:
        ValueError: it is damaged, of another format, or of another shard.
    """
    fields = _fields(content)
    rows = fields.get("references")
    if fields.get("job") != job or fields.get("shard") != shard or not isinstance(rows, list):
        raise ValueError("it is of another shard")
    if len(rows) > MOST_REFERENCES:
        raise ValueError(f"it has {len(rows):,} references, and at most {MOST_REFERENCES:,} are allowed")
    return [_reference(row) for row in rows]


def _fields(content: bytes) -> dict[str, object]:
    fields = parse_sealed(content)
    if fields.get("format") != _FORMAT:
        raise ValueError(f"it has the format {fields.get('format')!r:.60}, not {_FORMAT!r}")
    return fields


def _reference(row: Any) -> Reference:
    if not isinstance(row, list) or len(row) != 4:
        raise ValueError("a reference is not of four members")
    image, crop, key, facts = row
    if not isinstance(image, str) or not image or "\0" in image:
        raise ValueError("a reference names no picture")
    if crop is not None and not (isinstance(crop, list) and [type(side) for side in crop] == [int] * 4):
        raise ValueError("a crop is not of four numbers")
    digest = None if key is None else bytes.fromhex(key) if isinstance(key, str) else b""
    if digest is not None and len(digest) != _KEY_BYTES:
        raise ValueError("a key is not of 32 bytes")
    return Reference(
        image,
        None if crop is None else (crop[0], crop[1], crop[2], crop[3]),
        digest,
        None if facts is None else _facts(facts),
    )


def _facts(facts: Any) -> ObjectFacts:
    if not (
        isinstance(facts, list)
        and len(facts) == 2
        and type(facts[0]) is int
        and (facts[1] is None or isinstance(facts[1], str))
    ):
        raise ValueError("what a store says of an object is not a size and a tag")
    return ObjectFacts(facts[0], facts[1])
