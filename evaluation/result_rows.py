"""The rows of pictures in a report: a query and its results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from contracts.hold_out import TITLE
from contracts.items import Item
from evaluation.bootstrap import numbered
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import Evaluation
from evaluation.examples import Example, Kind, choose_examples
from evaluation.relevance import CLASS_ATTRIBUTE, class_names
from evaluation.spaces import SpaceName
from evaluation.thumbnails import Thumbnails

SHOWN_RESULTS = 10
_MOST_ROWS_A_KIND = 5
_MOST_ATTRIBUTES = 14
_LONGEST_TEXT = 120


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with its caption.

    Attributes:
        source: data URI, or None if the picture is no longer available.
        name: title or id.
        values: attribute -> value; for a result only the judged attributes, for a query all.
    """

    source: str | None
    name: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """An item found.

    Attributes:
        picture: of the item.
        rank: from 1.
        similarity: cosine with the query.
        right: whether it is right for the query.
        differs: judged attributes whose value differs from the query's.
    """

    picture: Picture
    rank: int
    similarity: float
    right: bool
    differs: frozenset[str]


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A query and the first items found for it.

    Attributes:
        query: its picture and attributes.
        relevant: number of right items in the gallery.
        first_right: rank of the first right item; None if no result is right.
        results: at most ten.
    """

    query: Picture
    relevant: int
    first_right: int | None
    results: Sequence[Result]


class RowsOfPictures:
    """Makes rows for each definition of relevant.

    Args:
        gallery, queries: the evaluated sets.
        evaluation: of these two.
        space: the space whose results are shown.
        of_gallery: the gallery's pictures.
        rows: number of rows for one definition of relevant, about; at least one of each kind is shown.
    """

    def __init__(
        self,
        gallery: EvaluatedSet,
        queries: EvaluatedSet,
        evaluation: Evaluation,
        space: SpaceName,
        of_gallery: Thumbnails,
        rows: int,
    ) -> None:
        self._gallery, self._queries = gallery.items, queries.items
        self._evaluation = evaluation
        self._space = space
        self._of_gallery = of_gallery
        # The same catalogue is read once.
        one_folder = queries.embeddings.catalogue_root == gallery.embeddings.catalogue_root
        self._of_queries = of_gallery if one_folder else Thumbnails(Path(queries.embeddings.catalogue_root))
        self._each = max(1, min(_MOST_ROWS_A_KIND, rows // len(get_args(Kind))))

    def of(self, position: int) -> dict[Kind, list[ResultRow]]:
        """Random, best and worst rows for the definition of relevant at this position."""
        judged = self._evaluation.judged[position]
        by = judged.measurement.classes_by
        classes, _ = numbered(class_names([self._queries[query] for query in judged.queries.tolist()], by))
        chosen = choose_examples(
            judged.right[self._space],
            judged.relevant,
            classes,
            # Of few queries, some are left for each kind.
            each=min(self._each, max(1, len(judged.queries) // len(get_args(Kind)))),
            seed=self._evaluation.findings.settings.seed,
        )
        rows: dict[Kind, list[ResultRow]] = {"random": [], "best": [], "worst": []}
        for example in chosen:
            rows[example.kind].append(self._row(position, example))
        return rows

    def _row(self, position: int, example: Example) -> ResultRow:
        judged = self._evaluation.judged[position]
        query = int(judged.queries[example.position])
        item = self._queries[query]
        found = self._evaluation.found[self._space]
        right = judged.right[self._space][example.position]
        attributes = list(judged.measurement.relevant)
        results = []
        for rank, row in enumerate(found.rows[query, :SHOWN_RESULTS].tolist(), start=1):
            if row < 0:
                break
            values = self._gallery[row].attributes
            results.append(
                Result(
                    _picture(self._gallery[row], self._of_gallery, attributes),
                    rank,
                    float(found.similarities[query, rank - 1]),
                    bool(right[rank - 1]),
                    frozenset(self._differing(item, values, attributes, right=bool(right[rank - 1]))),
                )
            )
        others = [name for name in item.attributes if name != TITLE][:_MOST_ATTRIBUTES]
        return ResultRow(
            _picture(item, self._of_queries, others),
            int(judged.relevant[example.position]),
            example.first_right,
            results,
        )

    def _differing(
        self, query: Item, values: Mapping[str, str], attributes: Sequence[str], *, right: bool
    ) -> list[str]:
        if right:
            return []
        class_map = self._evaluation.findings.settings.class_map
        if class_map is None:
            return [name for name in attributes if values.get(name) != query.attributes.get(name)]
        first, *others = attributes
        differing = [name for name in others if values.get(name) != query.attributes.get(name)]
        fits = values.get(first) in class_map.get(query.attributes.get(CLASS_ATTRIBUTE, ""), frozenset())
        return differing if fits else [first, *differing]


def _picture(item: Item, thumbnails: Thumbnails, attributes: Sequence[str]) -> Picture:
    return Picture(
        thumbnails.of(item),
        _short(item.attributes.get(TITLE, item.id)),
        {name: _short(item.attributes[name]) for name in attributes if name in item.attributes},
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
