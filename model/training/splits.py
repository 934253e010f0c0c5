"""The split of a catalogue into training and test items."""

import hashlib

from contracts.hold_out import is_held_out
from contracts.items import Item

TITLE_ATTRIBUTE = "title"
TEST_SHARE = 0.2
_HASH_BYTES = 8


def is_test(item: Item) -> bool:
    """Whether an item is kept for testing.

    If the source has partitions, all but `train` are the test set. Otherwise the title decides, so that pictures of
    one product stay together; an item without a title is split by a hash of its id. The result is the same on every
    machine and does not depend on the other items.
    """
    if item.partition is not None:
        return item.partition != "train"
    title = item.attributes.get(TITLE_ATTRIBUTE)
    if title is not None:
        return is_held_out(title)
    # Not a plain hash: a catalogue is often what is left of a hold-out by a plain hash of the id, and the same hash
    # would then select no test items.
    digest = hashlib.blake2b(item.id.encode(), digest_size=_HASH_BYTES, person=b"train/test split").digest()
    share: float = int.from_bytes(digest, "big") / 256**_HASH_BYTES
    return share < TEST_SHARE
