"""What the columns of a feed are: the id, the picture, an attribute, or nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from contracts.errors import FeedError
from contracts.text_form import one_form
from feeds.limits import MAX_COLUMNS

ID: Final = "id"
IMAGE: Final = "image"
IMAGE_NAMES: Final = (IMAGE, "image_url", "image_link")

Mapped = Mapping[str, str | None]
"""Column of the feed -> `id`, `image` or the name of an attribute; None leaves it out."""


@dataclass(slots=True)
class Names:
    """Tells what each column is, by a mapping or else by its name.

    Args:
        mapping: columns by name; upper and lower case are the same where no column has just that name.
        plain: the name by which a column is known that the mapping lacks.
    """

    mapping: Mapped
    plain: Callable[[str], str] = one_form
    left_out: frozenset[str] = frozenset()
    _known: dict[str, str | None] = field(default_factory=dict)
    _folded: dict[str, str | None] = field(init=False)
    _maps_id: bool = field(init=False)
    _maps_image: bool = field(init=False)

    def __post_init__(self) -> None:
        self._folded = {one_form(name).casefold(): target for name, target in self.mapping.items()}
        self._maps_id = ID in self._folded.values()
        self._maps_image = IMAGE in self._folded.values()

    def target(self, column: str) -> str | None:
        """`id`, one of `IMAGE_NAMES`, the name of an attribute, or None for a column that is left out."""
        try:
            return self._known[column]
        except KeyError:
            found = self._target(column)
            # Every row of a hostile feed may have names of its own.
            if len(self._known) < MAX_COLUMNS:
                self._known[column] = found
            return found

    def is_mapped(self, column: str) -> bool:
        """Whether the mapping says what a column is."""
        return one_form(column).casefold() in self._folded

    def _target(self, column: str) -> str | None:
        name = one_form(column)
        folded = name.casefold()
        if folded in self._folded:
            return self._folded[folded]
        plain = self.plain(name)
        if plain.casefold() == ID:
            # Where another column is the id, this one would be an attribute that looks like it.
            return None if self._maps_id else ID
        if plain.casefold().replace(" ", "_") in IMAGE_NAMES:
            return None if self._maps_image else plain.casefold().replace(" ", "_")
        return None if plain in self.left_out else plain


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a delimited row has what.

    Attributes:
        columns: number of fields.
        id_at, image_at: position of the field; None: there is no picture.
        attributes: position and name of each attribute.
        nameless: positions of columns without a name, which must be empty.
    """

    columns: int
    id_at: int
    image_at: int | None
    attributes: tuple[tuple[int, str], ...]
    nameless: tuple[int, ...]


def layout_of(header: Sequence[str], names: Names, *, needs_picture: bool, place: str) -> Layout:
    """Read a header.

    Args:
        header: names of columns.
        names: what each is.
        needs_picture: whether there must be a column of pictures.
        place: of the header, for messages.

    Raises:
        FeedError: a column is missing, two have one name, the mapping names one that does not exist, or there are too
            many.
    """
    if len(header) > MAX_COLUMNS:
        raise FeedError(f"{place}: the header has {len(header):,} columns, over {MAX_COLUMNS:,}; leave some out")
    columns = [one_form(name) for name in header]
    folded = {name.casefold() for name in columns}
    absent = [name for name in names.mapping if one_form(name).casefold() not in folded]
    if absent:
        raise FeedError(f"{place}: the mapping names {listed(absent)}, but the columns are {listed(columns)}")
    targets = [names.target(name) if name else None for name in columns]
    id_at = _only(targets, columns, (ID,), place)
    image_at = next((at for name in IMAGE_NAMES if (at := _only(targets, columns, (name,), place)) is not None), None)
    if id_at is None or (image_at is None and needs_picture):
        needed = "'id'" if id_at is None else "'image' (or 'image_url', 'image_link')"
        raise FeedError(
            f"{place}: the header has no column {needed}, only {listed(columns)}; rename one, or map one by a mapping"
        )
    attributes: dict[str, int] = {}
    for at, target in enumerate(targets):
        if target is None or at in {id_at, image_at}:
            continue
        if target in attributes:
            both = listed([columns[attributes[target]], columns[at]])
            raise FeedError(f"{place}: columns {both} are both {target!r:.60}; rename or leave out one")
        attributes[target] = at
    # A first column without a name numbers the rows, such as pandas writes it.
    nameless = tuple(at for at, name in enumerate(columns) if not name and at)
    return Layout(len(columns), id_at, image_at, tuple((at, name) for name, at in attributes.items()), nameless)


def listed(names: Sequence[str]) -> str:
    """Names as a message shows them."""
    return ", ".join(f"{name!r:.60}" for name in names[:20]) + (" ..." if len(names) > 20 else "")


def _only(targets: Sequence[str | None], columns: Sequence[str], wanted: tuple[str, ...], place: str) -> int | None:
    found = [at for at, target in enumerate(targets) if target in wanted]
    if len(found) > 1:
        both = listed([columns[at] for at in found])
        raise FeedError(f"{place}: columns {both} are both {wanted[0]!r}; rename or leave out one")
    return found[0] if found else None
