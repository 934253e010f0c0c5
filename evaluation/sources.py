"""Which embeddings are evaluated: two folders, and which of their items."""

from dataclasses import dataclass
from pathlib import Path

from evaluation.evaluated_set import EvaluatedSet
from evaluation.held_out import held_out_queries


@dataclass(frozen=True, slots=True)
class Sources:
    """Where gallery and queries come from.

    Attributes:
        gallery, queries: folders that `lookalike extract` wrote; they may be the same.
        gallery_partition, query_partition: keep only items of this partition; None keeps all.
        held_out: keep only queries that were not trained on, see `evaluation.held_out`.
    """

    gallery: Path
    queries: Path
    gallery_partition: str | None = None
    query_partition: str | None = None
    held_out: bool = False

    def read(self) -> tuple[EvaluatedSet, EvaluatedSet]:
        """Read gallery and queries.

        Raises:
            EmbeddingsError: a folder is missing or damaged, or one of the sets has no items left.
        """
        gallery = EvaluatedSet.read(self.gallery)
        queries = gallery if self.queries == self.gallery else EvaluatedSet.read(self.queries)
        if self.held_out:
            # Before parts are taken, because other parts may have been trained on.
            queries = held_out_queries(gallery, queries)
        if self.gallery_partition is not None:
            gallery = gallery.of_partition(self.gallery_partition, whose="gallery")
        if self.query_partition is not None:
            queries = queries.of_partition(self.query_partition, whose="queries")
        return gallery, queries
