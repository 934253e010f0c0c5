import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddedBatch
from contracts.embedding_set import ModelIdentity
from contracts.errors import ModelError
from contracts.items import Item
from contracts.progress import unseen
from model.training.article.features import compute_features
from model.training.picture_rows import PictureRows
from model.training.picture_stamps import picture_stamps
from tests.model.training_catalogue import write_picture

SIZE = 8


class MeanEngine:
    """A deterministic engine: the features are the mean of each channel."""

    identity = ModelIdentity("means-000000000001", "means", "means", SIZE)
    input_size = SIZE
    as_srgb = True

    def __init__(self) -> None:
        self.embedded = 0
        self.stop_after: int | None = None
        self.factor = 1.0

    def preprocess(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(pixels[:SIZE, :SIZE].transpose(2, 0, 1))

    def warm_up(self) -> None:
        """Nothing to warm."""

    def embed(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
        if self.stop_after is not None and self.embedded >= self.stop_after:
            raise KeyboardInterrupt
        self.embedded += len(batch)
        return EmbeddedBatch(batch.mean((2, 3), dtype=np.float32) * np.float32(self.factor), [None] * len(batch))


def two_views(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    upright = pixels[:SIZE, :SIZE].transpose(2, 0, 1)
    return np.stack((upright, 255 - upright))


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    found = []
    for number in range(300):
        write_picture(tmp_path / f"{number}.png", (number % 200, 100, 50), number)
        found.append(Item(f"{number}", f"{number}.png"))
    for number in (0, 17, 299):
        (tmp_path / f"{number}.png").write_bytes(b"torn")
    return found


def run(items: list[Item], root: Path, engine: MeanEngine, key: str = "one") -> PictureRows[np.float16]:
    return compute_features(
        items,
        root,
        root / "features",
        engine,
        key=key,
        fit=two_views,
        views=2,
        features=3,
        workers=2,
        progress=unseen,
    )


def test_features_are_in_order_and_unreadable_pictures_are_left_out(items: list[Item], tmp_path: Path) -> None:
    engine = MeanEngine()
    pooled = run(items, tmp_path, engine)
    assert engine.embedded == 2 * 297
    assert pooled.values.shape == (297, 2, 3)
    assert [row for row, _, _ in pooled.unreadable] == [0, 17, 299]
    assert {code for _, code, _ in pooled.unreadable} == {"unsupported_media_type"}
    assert pooled.rows.tolist() == [row for row in range(300) if row not in (0, 17, 299)]
    assert np.abs(pooled.values[:, 0, 0] - np.maximum(pooled.rows % 200, 8)).max() < 20
    assert np.abs(pooled.values[:, 0] + pooled.values[:, 1] - 255).max() < 0.5


def test_a_stopped_run_goes_on_where_it_was(items: list[Item], tmp_path: Path) -> None:
    stopped = MeanEngine()
    stopped.stop_after = 2 * 270
    with pytest.raises(KeyboardInterrupt):
        run(items, tmp_path, stopped)
    # What was written after the last commit is cut off.
    with (tmp_path / "features" / "features.rows").open("ab") as file:
        file.write(b"torn")
    engine = MeanEngine()
    pooled = run(items, tmp_path, engine)
    assert 0 < engine.embedded < 2 * 60
    assert [row for row, _, _ in pooled.unreadable] == [0, 17, 299]
    values = np.array(pooled.values)
    shutil.rmtree(tmp_path / "features")
    assert np.array_equal(values, run(items, tmp_path, MeanEngine()).values)


def test_a_whole_set_is_taken_over_and_another_key_is_not(items: list[Item], tmp_path: Path) -> None:
    run(items, tmp_path, MeanEngine())
    again, other = MeanEngine(), MeanEngine()
    assert run(items, tmp_path, again).values.shape == (297, 2, 3)
    run(items, tmp_path, other, key="two")
    assert (again.embedded, other.embedded) == (0, 2 * 297)


def test_a_torn_file_is_computed_again(items: list[Item], tmp_path: Path) -> None:
    run(items, tmp_path, MeanEngine())
    path = tmp_path / "features" / "features.rows"
    path.write_bytes(path.read_bytes()[:-1])
    engine = MeanEngine()
    run(items, tmp_path, engine)
    assert engine.embedded == 2 * 297


def test_what_half_precision_cannot_hold_is_an_error(items: list[Item], tmp_path: Path) -> None:
    engine = MeanEngine()
    engine.factor = 1e4
    with pytest.raises(ModelError, match=r"not finite.*item '1'"):
        run(items, tmp_path, engine)


def test_nothing_readable_gives_no_rows(tmp_path: Path) -> None:
    pooled = run([Item("a", "nowhere.png")], tmp_path, MeanEngine())
    assert pooled.values.shape == (0, 2, 3)
    assert [code for _, code, _ in pooled.unreadable] == ["missing"]


def test_stamps_change_with_the_picture(items: list[Item], tmp_path: Path) -> None:
    before = picture_stamps(items, tmp_path)
    write_picture(tmp_path / "3.png", (1, 2, 3), 5)
    after = picture_stamps(items, tmp_path)
    assert [row for row in range(300) if before[row] != after[row]] == [3]
    assert picture_stamps([Item("x", "nowhere.png")], tmp_path)[0][3] == -1
