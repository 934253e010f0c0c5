"""The sets of queries of one evaluation, as named on the command line: `NAME=FOLDER`, and options for all or one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from contracts.class_map import read_class_map
from contracts.errors import EmbeddingsError
from evaluation.sources import Sources

_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class QuerySet:
    """A set of queries.

    Attributes:
        sources: where gallery and queries come from; its name is unique.
        class_map: query class -> values of the gallery's first attribute that are right for it; None for none.
        class_map_is_own: whether it was given for this set, and not for all that need one.
    """

    sources: Sources
    class_map: Mapping[str, frozenset[str]] | None = None
    class_map_is_own: bool = False


def query_sets(
    gallery: Path,
    queries: Sequence[str],
    *,
    class_maps: Sequence[str] = (),
    gallery_partition: str | None = None,
    query_partitions: Sequence[str] = (),
    held_out: Sequence[str] | None = None,
    against: Sequence[str] = (),
) -> list[QuerySet]:
    """Read the options that name sets of queries.

    Args:
        gallery: folder of the items to search.
        queries: `FOLDER` or `NAME=FOLDER` each; none: what is held out of the gallery.
        class_maps: `FILE` for all sets that need one, or `NAME=FILE`.
        gallery_partition: see `Sources`.
        query_partitions: `PARTITION` for all sets, or `NAME=PARTITION`.
        held_out: names of the sets of which only held-out queries count; empty for all sets, None for no set.
        against: the other network's folders: the gallery, then one for each set that is not the gallery itself, in the
            order of the sets or as `NAME=FOLDER`.

    Raises:
        EmbeddingsError: two sets have one name, a name is not that of a set, something is given twice, or a class map
            cannot be read.
    """
    if not queries:
        queries, held_out = [str(gallery)], []
    folders = _named(queries)
    _check_held_out(held_out, folders)
    maps = _of_sets("--class-map", class_maps, folders)
    partitions = _of_sets("--query-partition", query_partitions, folders)
    others = _others(gallery, folders, against)
    # One file may be for several sets.
    read = {path: read_class_map(Path(path)) for path in dict.fromkeys(maps.values())}
    own = {name for text in class_maps if (name := _name_in(text)) in folders}
    return [
        QuerySet(
            Sources(
                gallery,
                folder,
                gallery_partition=gallery_partition,
                query_partition=partitions.get(name),
                held_out=held_out is not None and (not held_out or name in held_out),
                against=others[name],
                name=name,
            ),
            read[maps[name]] if name in maps else None,
            # A single set is meant, whether it is named or not.
            class_map_is_own=name in own or len(folders) == 1,
        )
        for name, folder in folders.items()
    ]


def _named(queries: Sequence[str]) -> dict[str, Path]:
    """The folder of each set, by its name."""
    folders: dict[str, Path] = {}
    for text in queries:
        name = _name_in(text)
        path = Path(text if name is None else text[len(name) + 1 :])
        name = path.resolve().name if name is None else name.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise EmbeddingsError(
                f"--queries {text!r:.80}: the set needs a name of 1 to {_LONGEST_NAME} characters that can be printed; "
                "write --queries NAME=FOLDER"
            )
        if name in folders:
            raise EmbeddingsError(
                f"two sets of queries are called {name!r}: {folders[name]} and {path}; give each a name of its own: "
                "--queries NAME=FOLDER"
            )
        folders[name] = path
    return folders


def _name_in(text: str) -> str | None:
    """The name in `NAME=VALUE`; None for a value alone, also for a path that holds `=`."""
    name, separator, value = text.partition("=")
    if not separator or not value or "/" in name or Path(text).exists():
        return None
    return name


def _of_sets(option: str, texts: Sequence[str], folders: Mapping[str, Path]) -> dict[str, str]:
    """The value of an option for each set: its own, or that for all sets."""
    for_all: dict[str, str] = {}
    own: dict[str, str] = {}
    for text in texts:
        name = _name_in(text)
        if name is not None and name not in folders:
            raise _unknown(option, name, folders)
        values, names = (for_all, list(folders)) if name is None else (own, [name])
        if names[0] in values:
            whose = "all sets" if name is None else f"the set {name!r}"
            raise EmbeddingsError(f"{option} is given twice for {whose}; leave one of them out")
        values |= dict.fromkeys(names, text if name is None else text[len(name) + 1 :])
    return {**for_all, **own}


def _check_held_out(held_out: Sequence[str] | None, folders: Mapping[str, Path]) -> None:
    for name in held_out or ():
        if name not in folders:
            raise _unknown("--held-out", name, folders)


def _others(gallery: Path, folders: Mapping[str, Path], against: Sequence[str]) -> dict[str, Sequence[Path]]:
    """For each set the other network's gallery, and its queries if they are not the gallery; see `Sources.against`."""
    if len(folders) == 1 or not against:
        # A folder too many or too few is named by `Sources.others`.
        return {name: tuple(map(Path, against)) for name in folders}
    other, *more = against
    own = [name for name, folder in folders.items() if folder != gallery]
    by_name = {name: text for text in more if (name := _name_in(text)) is not None}
    for name in by_name:
        if name not in own:
            raise _unknown("--against", name, dict.fromkeys(own, gallery))
    unnamed = [text for text in more if _name_in(text) is None]
    in_order = dict(zip((name for name in own if name not in by_name), unnamed, strict=False))
    missing = [name for name in own if name not in by_name and name not in in_order]
    if missing or len(more) != len(own):
        needed = " ".join(["GALLERY", *(f"{name}=FOLDER" for name in own)])
        raise EmbeddingsError(
            f"--against needs {1 + len(own)} folders here, not {len(against)}: the other network's embeddings of the "
            f"gallery and of each set of queries that is not the gallery; write --against {needed}"
        )
    paths = {name: Path(text[len(name) + 1 :]) for name, text in by_name.items()}
    paths |= {name: Path(text) for name, text in in_order.items()}
    return {name: (Path(other), paths[name]) if name in paths else (Path(other),) for name in folders}


def _unknown(option: str, name: str, folders: Mapping[str, Path]) -> EmbeddingsError:
    return EmbeddingsError(
        f"{option} names the set {name!r:.80}, but the sets of queries are {', '.join(folders) or 'none'}; correct the "
        "name, or a file's path"
    )


def without_comparison(sets: Sequence[QuerySet]) -> list[QuerySet]:
    """The same sets for the other network that each is compared with.

    Raises:
        EmbeddingsError: see `Sources.others`.
    """
    return [replace(one, sources=one.sources.others()) for one in sets]
