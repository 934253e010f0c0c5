"""Which items training leaves out, so that quality can be measured on them: the one rule of training and evaluation."""

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from contracts.items import Item

TITLE = "title"
SHARE = 0.2
# The most titles that one picture ties together. A picture of more is a stand-in such as "picture follows", which would
# tie half a catalogue together.
MOST_TITLES = 20
# How the training of a network held items out: by `held_out` with pictures; by `held_out` without, as older versions
# did; by the partitions of its catalogue; not at all; it never saw a catalogue; or nothing is known.
HeldOutBy = Literal["pictures", "titles", "partitions", "nothing", "untrained", "unknown"]
_ID, _STAND_IN = "id", "stand-in"
_HASH_BYTES = 8
_Key = tuple[str, str]


def held_out(items: Sequence[Item], pictures: Sequence[Hashable | None] | None = None) -> NDArray[np.bool_]:
    """Which items are left out of training.

    If the source has partitions, all but `train` are left out. Otherwise the title decides, or the id if there is no
    title. What belongs together stays together, see `belonging`: of several titles that share a picture, one decides
    for all, and which one depends on nothing but these titles.

    Args:
        items: N items. For an item that shares no picture, the answer does not depend on the others.
        pictures: N keys, equal for items that show the same picture, None where that is unknown; None: all unknown.

    Returns:
        (N,) bool.
    """
    deciding = _deciding_keys(items, pictures)
    sides = {key: _is_out(key) for key in set(deciding)}
    return np.array(
        [
            sides[key] if item.partition is None else item.partition != "train"
            for item, key in zip(items, deciding, strict=True)
        ],
        np.bool_,
    )


def unseen(items: Sequence[Item], pictures: Sequence[Hashable | None], by: HeldOutBy) -> NDArray[np.bool_]:
    """Which items a network was not trained on, if it was trained on this catalogue.

    Where titles alone decided, that is not all that `held_out` names: another title with the same picture may have been
    trained on. So only those remain that are left out with pictures and without, and share no picture with another item
    that may have been trained on.

    Args:
        items, pictures: as for `held_out`.
        by: how its training held items out. Of a network that was not trained, `held_out` says which items would be
            left out; of one with no record, titles are taken to have decided.

    Returns:
        (N,) bool.
    """
    if by == "nothing":
        return np.zeros(len(items), np.bool_)
    out = held_out(items, pictures)
    if by in {"pictures", "untrained"}:
        return out
    out &= held_out(items)
    trained = {picture for picture, is_out in zip(pictures, out.tolist(), strict=True) if not is_out}
    trained.discard(None)
    return out & np.array([picture not in trained for picture in pictures], np.bool_)


def belonging(items: Sequence[Item], pictures: Sequence[Hashable | None] | None = None) -> NDArray[np.int64]:
    """Number items so that those of one title share a number, and titles that share a picture do too: (N,) int64.

    Args:
        items, pictures: as for `held_out`.
    """
    numbers: dict[_Key, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in _deciding_keys(items, pictures)], np.int64)


def training_holds_out(items: Sequence[Item]) -> HeldOutBy:
    """How a training on these items holds some of them out."""
    return "pictures" if all(item.partition is None for item in items) else "partitions"


def is_held_out(title: str, folds: int = 5) -> bool:
    """Whether items with this title are left out, unless they share a picture with another title.

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


def _deciding_keys(items: Sequence[Item], pictures: Sequence[Hashable | None] | None) -> list[_Key]:
    """For each item the key that decides where it goes; its own unless it shares a picture."""
    own = [_own_key(item) for item in items]
    rows_of: dict[Hashable, list[int]] = defaultdict(list)
    for row, picture in enumerate(() if pictures is None else pictures):
        if picture is not None:
            rows_of[picture].append(row)
    tied = _Ties()
    stand_ins: dict[int, _Key] = {}
    for rows in rows_of.values():
        distinct = {own[row] for row in rows}
        if len(distinct) > MOST_TITLES:
            first_title = min(distinct, key=_rank)
            stand_ins |= dict.fromkeys(rows, (_STAND_IN, "\n".join(first_title)))
        elif len(distinct) > 1:
            tied.tie(distinct)
    first = tied.first_keys()
    return [stand_ins.get(row, first.get(key, key)) for row, key in enumerate(own)]


def _own_key(item: Item) -> _Key:
    # The kind keeps ids and titles apart, since one item's id may be another's title.
    title = item.attributes.get(TITLE)
    return (_ID, item.id) if title is None else (TITLE, title)


def _is_out(key: _Key) -> bool:
    kind, text = key
    if kind == TITLE:
        return is_held_out(text)
    # Not a plain hash: a catalogue is often what is left of a hold-out by a plain hash of the id, and the same hash
    # would then select no test items.
    digest = hashlib.blake2b(text.encode(), digest_size=_HASH_BYTES, person=b"train/test split").digest()
    share: float = int.from_bytes(digest, "big") / 256**_HASH_BYTES
    return share < SHARE


class _Ties:
    """Sets of keys that belong together."""

    def __init__(self) -> None:
        self._set_of: dict[_Key, set[_Key]] = {}

    def tie(self, keys: set[_Key]) -> None:
        sets = {id(found): found for key in keys if (found := self._set_of.get(key)) is not None}
        together = max(sets.values(), key=len, default=set())
        more = keys.union(*sets.values()) - together
        together |= more
        self._set_of |= dict.fromkeys(more, together)

    def first_keys(self) -> Mapping[_Key, _Key]:
        """The first key of each key's set, in an order that has nothing to do with the side."""
        firsts = {id(together): min(together, key=_rank) for together in self._set_of.values()}
        return {key: firsts[id(together)] for key, together in self._set_of.items()}


def _rank(key: _Key) -> bytes:
    return hashlib.sha256("\n".join(key).encode()).digest()
