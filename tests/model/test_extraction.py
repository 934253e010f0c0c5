import csv
import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from contracts.embedding_engine import EmbeddedBatch
from contracts.embedding_set import ModelIdentity
from contracts.errors import EmbeddingsError
from contracts.items import Item
from model.extraction import extract
from model.folder_update import ExtractionReport
from model.picture_reading import crop_box
from storage.embeddings_folder import read_embeddings
from tests.pictures.picture_files import encoded, jpeg, jpeg_with_orientation, shirt

SIZE = 16


class PixelEngine:
    """A deterministic engine: the embedding is the picture itself, shrunk; counts what it was given."""

    def __init__(self, version: str = "pixels-000000000001") -> None:
        self.identity = ModelIdentity(version, "pixels", f"imagenet:{version}", SIZE)
        self.input_size = SIZE
        self.as_srgb = True
        self.embedded = 0
        self.stop_after: int | None = None

    def preprocess(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        resized = Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.BOX)
        return np.asarray(resized).transpose(2, 0, 1)

    def warm_up(self) -> None:
        """Nothing to warm."""

    def embed(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
        if self.stop_after is not None and self.embedded >= self.stop_after:
            raise KeyboardInterrupt
        self.embedded += len(batch)
        embeddings = batch.reshape(len(batch), -1)[:, :512].astype(np.float32)
        return EmbeddedBatch(embeddings, [None] * len(batch))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    for number in range(25):
        image = Image.new("RGB", (30, 40), (number * 10, 100, 255 - number * 10))
        image.save(folder / f"{number:02}.png")
    return folder


@pytest.fixture
def items(root: Path) -> list[Item]:
    return [Item(path.stem, path.name, {"colour": path.stem}) for path in sorted(root.iterdir())]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "embeddings"


def run(items: list[Item], root: Path, out: Path, engine: PixelEngine | None = None) -> ExtractionReport:
    return extract(items, root, out, engine or PixelEngine(), batch_size=4, workers=2)


def test_embeddings_are_in_catalogue_order(items: list[Item], root: Path, out: Path) -> None:
    shown: list[tuple[int, int]] = []
    report = extract(
        items,
        root,
        out,
        PixelEngine(),
        batch_size=4,
        progress=lambda done, of, _figures="", /: shown.append((done, of)),
    )
    embedding_set = read_embeddings(out)
    assert (report.items, report.added, report.embedded, report.unreadable) == (25, 25, 25, 0)
    assert list(embedding_set.items) == items
    assert embedding_set.catalogue_root == str(root)
    assert embedding_set.embeddings[:, 0].tolist() == [number * 10 for number in range(25)]
    assert shown[-1] == (25, 25)
    assert not (out / "journal.bin").exists()


def test_a_second_run_takes_only_what_changed(items: list[Item], root: Path, out: Path) -> None:
    run(items, root, out)
    unchanged = run(items, root, out)
    assert (unchanged.added, unchanged.changed, unchanged.removed, unchanged.embedded) == (0, 0, 0, 0)

    Image.new("RGB", (30, 40), "green").save(root / "03.png")
    Image.new("RGB", (30, 40), "olive").save(root / "new.png")
    (root / "05.png").write_bytes(b"torn")
    now = [item for item in items if item.id != "07"] + [Item("new", "new.png")]
    now[0] = dataclasses.replace(now[0], attributes={"colour": "blue"})
    engine = PixelEngine()
    report = run(now, root, out, engine)
    assert dataclasses.astuple(report)[:8] == (24, 1, 1, 1, 1, 22, 1, 2)
    embedding_set = read_embeddings(out)
    assert [item.id for item in embedding_set.items] == [item.id for item in now if item.id != "05"]
    assert embedding_set.items[0].attributes == {"colour": "blue"}
    assert embedding_set.embeddings[3, 256] == 128  # green, in the second channel


def test_a_second_run_takes_over_what_is_known_of_the_model_now(items: list[Item], root: Path, out: Path) -> None:
    run(items, root, out)
    engine = PixelEngine()
    engine.identity = dataclasses.replace(engine.identity, held_out_by="titles")
    assert run(items, root, out, engine).embedded == 0
    assert read_embeddings(out).model == engine.identity


def test_same_content_is_embedded_once(items: list[Item], root: Path, out: Path) -> None:
    shutil.copy(root / "01.png", root / "99.png")
    report = run([*items, Item("99", "99.png")], root, out)
    assert (report.items, report.embedded) == (26, 25)
    embeddings = read_embeddings(out).embeddings
    assert np.array_equal(embeddings[1], embeddings[25])


def test_unreadable_pictures_are_listed_and_skipped(items: list[Item], root: Path, out: Path) -> None:
    (root / "00.png").write_bytes(b"")
    (root / "01.png").write_bytes(b"a text file, in truth")
    (root / "02.png").unlink()
    (root / "03.png").write_bytes(encoded(shirt(), "PNG")[:100])
    (root / "04.png").write_bytes(encoded(shirt(), "JPEG"))  # the bytes decide, not the name
    (root / "05.png").unlink()
    (root / "05.png").symlink_to("/etc/hostname")
    report = run(items, root, out)
    assert (report.items, report.unreadable) == (20, 5)
    with (out / "unreadable.csv").open() as file:
        rows = {row["id"]: row["code"] for row in csv.DictReader(file)}
    assert rows == {
        "00": "image_unreadable",
        "01": "unsupported_media_type",
        "02": "missing",
        "03": "image_unreadable",
        "05": "image_unreadable",
    }


def test_nothing_readable_is_an_error(root: Path, out: Path) -> None:
    with pytest.raises(EmbeddingsError, match=r"none of the 1 pictures.*unreadable\.csv"):
        run([Item("a", "nowhere.jpg")], root, out)
    assert not (out / "manifest.json").exists()


def test_a_stopped_run_continues_where_it_was(items: list[Item], root: Path, out: Path) -> None:
    stopped = PixelEngine()
    stopped.stop_after = 12
    with pytest.raises(KeyboardInterrupt):
        run(items, root, out, stopped)
    assert not (out / "manifest.json").exists()
    engine = PixelEngine()
    report = run(items, root, out, engine)
    assert engine.embedded == 25 - stopped.embedded == 13
    assert report.items == report.added == 25
    whole = out.with_name("whole")
    run(items, root, whole)
    assert np.array_equal(read_embeddings(out).embeddings, read_embeddings(whole).embeddings)


def test_another_models_folder_is_refused(items: list[Item], root: Path, out: Path) -> None:
    run(items, root, out)
    with pytest.raises(EmbeddingsError, match="--checkpoint imagenet:pixels-000000000001"):
        run(items, root, out, PixelEngine("pixels-000000000002"))


def test_two_extractions_into_one_folder_are_refused(items: list[Item], root: Path, out: Path) -> None:
    class Nested(PixelEngine):
        def embed(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
            with pytest.raises(EmbeddingsError, match="another extraction"):
                run(items, root, out)
            return super().embed(batch)

    assert run(items, root, out, Nested()).items == 25


def test_a_moved_catalogue_is_taken_over_without_embedding(items: list[Item], root: Path, out: Path) -> None:
    run(items, root, out)
    moved = root.rename(root.with_name("moved"))
    report = run(items, moved, out)
    assert report.embedded == 0
    assert read_embeddings(out).catalogue_root == str(moved)


def test_the_crop_is_what_is_embedded(root: Path, out: Path) -> None:
    (root / "shirt.jpg").write_bytes(jpeg())
    whole, left = Item("whole", "shirt.jpg"), Item("left", "shirt.jpg", crop=(10, 20, 28, 60))
    run([whole, left], root, out)
    embeddings = read_embeddings(out).embeddings
    assert np.abs(embeddings[1][:256] - 220).max() < 8
    assert embeddings[0].std() > 50


@pytest.mark.parametrize(
    ("crop", "expected"),
    [
        (None, None),
        ((0, 0, 30, 40), (0, 0, 0.5, 0.5)),
        ((0, 0, 61, 40), None),
        ((-1, 0, 30, 40), None),
        ((10, 10, 14, 40), None),
        ((30, 40, 10, 10), None),
    ],
)
def test_a_crop_counts_where_it_lies_inside(
    crop: tuple[int, int, int, int] | None, expected: tuple[float, ...] | None
) -> None:
    box = crop_box(jpeg_with_orientation(6), crop)
    assert expected == (None if box is None else (box.x1, box.y1, box.x2, box.y2))
