from pathlib import Path

import numpy as np
import pytest

from contracts.errors import EmbeddingsError
from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet
from evaluation.sources import Sources
from tests.evaluation.sets import make, written

ITEMS = [
    Item("a", "a.jpg", {"title": "Silk scarf, Größe M"}, partition="query"),
    Item("b", "b.jpg", {"title": "Red shirt"}, partition="gallery"),
    Item("c", "c.jpg", {}, partition="gallery"),
]
VECTORS = np.arange(6, dtype=np.float64).reshape(3, 2)


def ids(evaluated: EvaluatedSet) -> list[str]:
    return [item.id for item in evaluated.items]


def test_partitions() -> None:
    whole = make(ITEMS, VECTORS)
    part = whole.of_partition("gallery", whose="gallery")
    assert ids(part) == ["b", "c"]
    assert part.embeddings.embeddings[:, :2].tolist() == [[2.0, 3.0], [4.0, 5.0]]
    assert len(part.digests) == 2
    with pytest.raises(EmbeddingsError, match=r"queries is in the partition 'test'.*gallery, query.*--query-partition"):
        whole.of_partition("test", whose="queries")
    with pytest.raises(EmbeddingsError, match="its items have no partitions at all"):
        make([Item("a", "a.jpg")], VECTORS[:1]).of_partition("query", whose="gallery")


def test_sources_read_each_side(tmp_path: Path) -> None:
    folder = written(tmp_path / "embeddings", make(ITEMS, VECTORS))
    gallery, queries = Sources(folder, folder, gallery_partition="gallery", query_partition="query").read()
    assert (ids(gallery), ids(queries)) == (["b", "c"], ["a"])
    # Partitions decide, as they do for training: what is not in `train` is not trained on.
    gallery, queries = Sources(folder, folder, held_out=True, query_partition="gallery").read()
    assert (ids(gallery), ids(queries)) == (["a", "b", "c"], ["b", "c"])
    with pytest.raises(EmbeddingsError, match="holds no embeddings"):
        Sources(folder, tmp_path / "nowhere").read()
