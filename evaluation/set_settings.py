"""What a set of queries is judged by: the definitions of relevant that it can answer, and whether by a class map."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.errors import EmbeddingsError
from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet
from evaluation.query_sets import QuerySet
from evaluation.relevance import CLASS_ATTRIBUTE, ID, can_be_judged, check_known
from evaluation.settings import Settings
from evaluation.wording import listed

_NAMED = 8


@dataclass(frozen=True, slots=True)
class PreparedSet:
    """A set of queries ready to be evaluated.

    Attributes:
        name: of the set.
        queries: its items; notes on the set are among its notes.
        settings: those of the evaluation as far as they concern this set.
    """

    name: str
    queries: EvaluatedSet
    settings: Settings


def prepare_set(
    asked: QuerySet, gallery: Sequence[Item], queries: EvaluatedSet, settings: Settings, *, alone: bool
) -> PreparedSet:
    """Choose what a set is judged by.

    A class map for all sets is for those whose queries lack the first attribute of the first definition. Among several
    sets, a definition that none of a set's queries has the attributes for is left out for this set.

    Args:
        asked: the set.
        gallery: the items to search.
        queries: of the set.
        settings: of the evaluation.
        alone: whether it is the only set.

    Raises:
        EmbeddingsError: an attribute is unknown in the gallery, or the set cannot be judged by any definition.
    """
    name, class_map = asked.sources.name, asked.class_map
    for attributes in settings.relevant:
        check_known(attributes, gallery)
    first = settings.relevant[0][0]
    if not asked.class_map_is_own and any(first in item.attributes for item in queries.items):
        class_map = None
    judged = [attributes for attributes in settings.relevant if can_be_judged(queries.items, attributes, class_map)]
    notes: list[str] = []
    if not alone:
        if not judged:
            raise EmbeddingsError(_cannot_be_judged(name, queries.items, settings.relevant, class_map))
        notes += [
            f"Not judged by {listed(attributes)}: no query of this set has "
            f"{_missing(queries.items, attributes[class_map is not None :])}."
            for attributes in settings.relevant
            if attributes not in judged
        ]
    if class_map is not None:
        firsts = {attributes[0] for attributes in judged or settings.relevant}
        notes += _on_class_map(class_map, firsts, queries.items, gallery)
    group = settings.group
    if not alone and group and not any(group in item.attributes for item in queries.items):
        notes.append(f"No query of this set has {group}, by which others are resampled together.")
        group = None
    if class_map is not None or first != ID:
        notes += _on_one_class(queries.items, CLASS_ATTRIBUTE if class_map is not None else first, class_map)
    return PreparedSet(
        name,
        queries.noted(*notes),
        replace(settings, relevant=judged or settings.relevant, class_map=class_map, group=group),
    )


def _cannot_be_judged(
    name: str,
    queries: Sequence[Item],
    relevant: Sequence[Sequence[str]],
    class_map: Mapping[str, frozenset[str]] | None,
) -> str:
    has = sorted({attribute for item in queries for attribute in item.attributes})
    with_map = f" and a {CLASS_ATTRIBUTE} that the class map names" if class_map is not None else ""
    return (
        f"none of the {len(queries):,} queries of the set {name!r} has what --relevant needs "
        f"({'; '.join(', '.join(attributes[class_map is not None :]) or 'nothing' for attributes in relevant)})"
        f"{with_map}; its items have {', '.join(has) or 'no attributes'}: name other attributes with --relevant, or "
        f"give the set a class map: --class-map {name}=FILE"
    )


def _missing(queries: Sequence[Item], attributes: Sequence[str]) -> str:
    lacking = [name for name in attributes if name != ID and not any(name in item.attributes for item in queries)]
    return listed(lacking, "or") if lacking else "all of these at once"


def _on_class_map(
    class_map: Mapping[str, frozenset[str]], firsts: Collection[str], queries: Sequence[Item], gallery: Sequence[Item]
) -> list[str]:
    """Sentences on classes that the map lacks, and on values that it names and no item of the gallery has."""
    classes = Counter(item.attributes.get(CLASS_ATTRIBUTE) for item in queries)
    lacking = {name: count for name, count in classes.items() if name is not None and name not in class_map}
    known = {item.attributes[first] for first in firsts for item in gallery if first in item.attributes}
    unknown = [
        f"{value} (for {name})"
        for name, values in class_map.items()
        if name in classes
        for value in sorted(values - known)
    ]
    notes = []
    if lacking:
        notes.append(
            f"{sum(lacking.values()):,} queries were left out because the class map lacks their class: "
            f"{_shortened([f'{name} ({count:,})' for name, count in lacking.items()])}; add it to the class map if "
            "items of the gallery are right for it."
        )
    if unknown:
        notes.append(
            f"The class map names values of {listed(sorted(firsts), 'or')} that no item of the gallery has: "
            f"{_shortened(unknown)}; correct them if they are misspelt."
        )
    return notes


def _on_one_class(queries: Sequence[Item], by: str, class_map: Mapping[str, frozenset[str]] | None) -> list[str]:
    classes = {item.attributes[by] for item in queries if by in item.attributes}
    if class_map is not None:
        classes &= set(class_map)
    if len(classes) != 1:
        return []
    return [
        f"All judged queries are of one class, {classes.pop()}: the mean over classes is the figure of this class, and "
        "says nothing about others."
    ]


def _shortened(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return listed([*names[:_NAMED], f"{more:,} more"] if more > 0 else names)
