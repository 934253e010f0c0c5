"""Which items are never trained on, so that quality can be measured on them."""

import hashlib


def is_held_out(title: str, folds: int = 5) -> bool:
    """Whether the items of this title are kept away from training.

    It hangs on the title alone: pictures of one product, which mostly share it, stay together, and
    training and evaluation agree without a list that would have to be handed on.

    Args:
        title: any text; equal titles are always treated alike.
        folds: one title in this many is held out, 2 or more.

    Raises:
        ValueError: folds is less than 2.
    """
    if folds < 2:
        raise ValueError(f"folds must be 2 or more, or nothing would be left to train on; got {folds}")
    digest = hashlib.md5(title.encode(), usedforsecurity=False).hexdigest()
    return int(digest, 16) % folds == 0
