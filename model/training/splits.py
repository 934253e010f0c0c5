"""Which items train and which test."""

import hashlib

from contracts.hold_out import is_held_out
from contracts.items import Item

TITLE_ATTRIBUTE = "title"
TEST_SHARE = 0.2
_HASH_BYTES = 8


def is_test(item: Item) -> bool:
    """Whether an item is kept for testing.

    The source's partition decides: all but `train` are the test set. Where it names none, the title does, so that
    pictures of one product stay together; without one, a hash of the id: the same items on every machine, whatever
    else the catalogue holds.
    """
    if item.partition is not None:
        return item.partition != "train"
    title = item.attributes.get(TITLE_ATTRIBUTE)
    if title is not None:
        return is_held_out(title)
    # A hash of its own kind: catalogues are often held out by a plain hash of the id already, and the same one
    # would then find its test set emptied.
    digest = hashlib.blake2b(item.id.encode(), digest_size=_HASH_BYTES, person=b"train/test split").digest()
    share: float = int.from_bytes(digest, "big") / 256**_HASH_BYTES
    return share < TEST_SHARE
