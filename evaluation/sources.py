"""Which embeddings are evaluated: two folders, and which of their items."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.errors import EmbeddingsError
from evaluation.evaluated_set import EvaluatedSet
from evaluation.held_out import held_out_queries


@dataclass(frozen=True, slots=True)
class Sources:
    """Where gallery and queries come from.

    Attributes:
        gallery, queries: folders that `lookalike extract` wrote; they may be the same.
        gallery_partition, query_partition: keep only items of this partition; None keeps all.
        against: folders of another network's embeddings to compare with: one that is gallery and queries, or a gallery
            and queries; empty for none.
        name: of the set of queries.
        held_out: keep only queries that were not trained on, see `evaluation.held_out`.
    """

    gallery: Path
    queries: Path
    gallery_partition: str | None = None
    query_partition: str | None = None
    held_out: bool = False
    against: Sequence[Path] = ()
    name: str = ""

    def others(self) -> "Sources":
        """The other network's embeddings, of which the same items are kept.

        Raises:
            EmbeddingsError: a folder is missing in `against`, there is one too many, or they are the same.
        """
        needed = 1 if self.gallery == self.queries else 2
        if len(self.against) != needed:
            raise EmbeddingsError(
                "--against needs one folder here, because gallery and queries are one folder; name the other network's "
                "embeddings of it"
                if needed == 1
                else "--against needs two folders here, because gallery and queries are two; name the other network's "
                "embeddings of the gallery and then those of the queries"
            )
        if self.against[0].resolve() == self.gallery.resolve():
            raise EmbeddingsError(
                f"--against names {self.gallery}, which is what is evaluated; name another network's embeddings of the "
                "same catalogue"
            )
        return replace(self, gallery=self.against[0], queries=self.against[-1], against=())

    def read(self) -> tuple[EvaluatedSet, EvaluatedSet]:
        """Read gallery and queries.

        Raises:
            EmbeddingsError: a folder is missing or damaged, or one of the sets has no items left.
        """
        whole = EvaluatedSet.read(self.gallery)
        queries = self.read_queries(whole)
        return self.searched(whole), queries

    def read_queries(self, whole: EvaluatedSet) -> EvaluatedSet:
        """Read the queries.

        Args:
            whole: the gallery with all partitions.

        Raises:
            EmbeddingsError: the folder is missing or damaged, or has no items left.
        """
        queries = whole if self.queries == self.gallery else EvaluatedSet.read(self.queries)
        if self.held_out:
            # Before parts are taken, because other parts may have been trained on.
            queries = held_out_queries(whole, queries)
        if self.query_partition is not None:
            queries = queries.of_partition(self.query_partition, whose="queries")
        return queries

    def searched(self, whole: EvaluatedSet) -> EvaluatedSet:
        """The items to search of the whole gallery.

        Raises:
            EmbeddingsError: the partition has no items.
        """
        if self.gallery_partition is None:
            return whole
        return whole.of_partition(self.gallery_partition, whose="gallery")
