"""Which items are excluded from training, so that quality can be measured on them."""

import hashlib


def is_held_out(title: str, folds: int = 5) -> bool:
    """Whether items with this title are excluded from training.

    Depends only on the title. So pictures of one product, which mostly share a title, stay together,
    and training and evaluation agree without passing a list around.

    Args:
        title: any text; equal titles always give equal answers.
        folds: one title in this many is held out; 2 or more.

    Raises:
        ValueError: folds is less than 2.
    """
    if folds < 2:
        raise ValueError(f"folds must be 2 or more, otherwise nothing is left to train on; got {folds}")
    digest = hashlib.md5(title.encode(), usedforsecurity=False).hexdigest()
    return int(digest, 16) % folds == 0
