"""The held-out check of the article's recipe: test items are searched for among other test items."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import ONE_PART
from model.training.article.head import FeatureRows, HeadTrainer
from model.training.epochs import Scored
from model.training.served_measure import JudgedQueries, ServedMeasure

_QUERIES = 1_000
_GALLERY = 4_000


@dataclass(frozen=True, slots=True)
class HeldOutCheck:
    """Tests the layers behind the frozen backbone.

    The gallery has no training items, because only their augmented views go through the backbone.

    Attributes:
        test_rows: all test items, for top-1.
        gallery: at most 4,000 of them, the queries first.
        judged: the queries, of at most 1,000.
        measure: searches.
    """

    test_rows: FeatureRows
    gallery: FeatureRows
    judged: JudgedQueries
    measure: ServedMeasure

    @classmethod
    def of(cls, test: FeatureRows, groups: NDArray[np.int64], measure: ServedMeasure, seed: int) -> Self:
        """Draw queries and gallery from a seed.

        Args:
            test: all test items.
            groups: (N,) int64, the same number for pictures of the same item.
            measure: searches.
            seed: of the draw.
        """
        rows = np.random.default_rng(seed).permutation(len(test.labels))[:_GALLERY]
        gallery = FeatureRows(test.values[rows], test.labels[rows])
        judged = JudgedQueries.among(gallery.labels[:, None], groups[rows], min(_QUERIES, len(rows)))
        return cls(test, gallery, judged, measure)

    def test(self, trainer: HeadTrainer) -> Scored:
        """Test the layers as they are."""
        right = self.judged.right(self.measure, trainer.embeddings(self.gallery), parts=ONE_PART)
        return Scored(trainer.top1(self.test_rows), tuple(right.tolist()))
