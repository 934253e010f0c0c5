"""What the article's recipe does with catalogues, folders and disks that are not as they should be."""

import csv
import dataclasses
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.errors import CatalogueError, ModelError
from contracts.items import Item
from evaluation.served_measure import DefaultIndex
from model.catalogue.catalogue import Catalogue
from model.checkpoint import load_checkpoint
from model.training.article.config import ArticleConfig
from model.training.article.training import TrainingReport, train_article
from model.training.state import STATE_FILE, load_state, save_state
from tests.model.training_catalogue import colour_catalogue, write_picture

pytestmark = [pytest.mark.training, pytest.mark.usefixtures("one_thread")]

CONFIG = ArticleConfig(network="efficientnet_lite0", epochs=2, lr=0.1, batch_size=8, input_size=32, seed=3)
# Another value for each setting but the network, which is tried apart: making one takes its weights.
OTHER_VALUES = {
    "target": "gender",
    "epochs": 1,
    "lr": 0.2,
    "momentum": 0.4,
    "triplet_weight": 1.0,
    "margin": 0.5,
    "batch_size": 4,
    "seed": 4,
    "crop_to_box": True,
    "views": 3,
    "input_size": 64,
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    made = colour_catalogue(tmp_path_factory.mktemp("colours"), each=5)
    items = [
        dataclasses.replace(item, attributes={**item.attributes, "gender": "women" if row % 2 else "men"})
        for row, item in enumerate(made.items)
    ]
    return dataclasses.replace(made, items=items)


@pytest.fixture(scope="module")
def trained_once(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To copy from."""
    out = tmp_path_factory.mktemp("trained") / "out"
    train(catalogue, out, keep_state=True)
    return out


@pytest.fixture
def trained(trained_once: Path, tmp_path: Path) -> Path:
    """A done training for a test to spoil."""
    return Path(shutil.copytree(trained_once, tmp_path / "trained"))


def train(
    catalogue: Catalogue,
    out: Path,
    config: ArticleConfig = CONFIG,
    *,
    resume: bool = False,
    keep_state: bool = False,
) -> TrainingReport:
    return train_article(
        catalogue, out, config, DefaultIndex(), device="cpu", resume=resume, keep_state=keep_state, workers=1
    )


def with_items(catalogue: Catalogue, change: Callable[[Item], Item]) -> Catalogue:
    return dataclasses.replace(catalogue, items=[change(item) for item in catalogue.items])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestLabels:
    @pytest.mark.parametrize(
        ("attributes", "message"),
        [
            (
                {"category": "Tee"},
                "'category' has one value, 'Tee' among the training items.*pass another --target",
            ),
            ({}, "has the attribute 'category'; .*the catalogue has no attributes"),
            ({"colour": "Red"}, "has the attribute 'category'; pass --target with one of these: colour"),
        ],
    )
    def test_nothing_to_tell_apart(
        self, catalogue: Catalogue, tmp_path: Path, attributes: dict[str, str], message: str
    ) -> None:
        poor = with_items(catalogue, lambda item: dataclasses.replace(item, attributes=attributes))
        with pytest.raises(CatalogueError, match=message):
            train(poor, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_items_without_a_label_are_left_out_and_counted(self, catalogue: Catalogue, tmp_path: Path) -> None:
        bare = [dataclasses.replace(item, id=f"bare-{item.id}", attributes={}) for item in catalogue.items[:4]]
        report = train(dataclasses.replace(catalogue, items=[*bare, *catalogue.items]), tmp_path)
        assert (report.unlabelled, report.train_items, report.test_items) == (4, 12, 3)
        assert load_checkpoint(tmp_path).training["unlabelled"] == 4

    def test_a_class_with_one_picture_that_tests_is_unknown(self, catalogue: Catalogue, tmp_path: Path) -> None:
        cape = dataclasses.replace(catalogue.items[0], id="cape", attributes={"category": "Cape"}, partition="test")
        report = train(dataclasses.replace(catalogue, items=[*catalogue.items, cape]), tmp_path)
        assert (report.classes, report.unknown, report.test_items) == (3, 1, 3)

    def test_a_class_whose_one_picture_cannot_be_read(self, catalogue: Catalogue, tmp_path: Path) -> None:
        cape = Item("cape", "cape.png", {"category": "Cape"}, partition="train")
        report = train(dataclasses.replace(catalogue, items=[*catalogue.items, cape]), tmp_path)
        assert (report.unreadable, report.train_items) == (1, 12)
        assert load_checkpoint(tmp_path).network.categories == ("Blouse", "Cape", "Jacket", "Tee")


def test_pictures_that_cannot_be_read_are_listed_with_the_reason(tmp_path: Path) -> None:
    catalogue = colour_catalogue(tmp_path / "shop", each=5)
    pictures = [catalogue.folder / item.image for item in catalogue.items]
    pictures[1].write_bytes(b"")
    pictures[2].write_bytes(pictures[2].read_bytes()[:200])
    pictures[3].write_text("no picture")
    pictures[5].unlink()
    pictures[5].mkdir()
    report = train(catalogue, tmp_path / "out")
    assert (report.unreadable, report.train_items, report.test_items) == (4, 9, 2)
    with (tmp_path / "out" / "unreadable.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [catalogue.items[row].id for row in (1, 2, 3, 5)]
    assert all(row["code"] for row in rows)


def test_mended_pictures_are_another_catalogue(catalogue: Catalogue, trained: Path, tmp_path: Path) -> None:
    other = colour_catalogue(tmp_path / "shop", each=5)
    mended = dataclasses.replace(catalogue, root=other.root)
    write_picture(other.folder / other.items[0].image, (9, 9, 9), 99)
    with pytest.raises(ModelError, match="cannot be resumed: the catalogue has other items, classes or pictures"):
        train(mended, trained, resume=True)


class TestResume:
    def test_every_setting_is_tried_here(self) -> None:
        # Only networks of timm and OpenCLIP take other weights.
        assert {*OTHER_VALUES, "network", "weights"} == {field.name for field in dataclasses.fields(ArticleConfig)}

    def test_any_other_setting_is_refused_and_nothing_is_touched(self, catalogue: Catalogue, trained: Path) -> None:
        before = contents(trained)
        for name, value in OTHER_VALUES.items():
            with pytest.raises(ModelError, match=rf"other settings: --{name.replace('_', '-')} was "):
                train(catalogue, trained, dataclasses.replace(CONFIG, **{name: value}), resume=True)  # type: ignore[arg-type]
        assert contents(trained) == before

    def test_another_network_is_refused(self, catalogue: Catalogue, trained: Path) -> None:
        state = load_state(trained)
        assert state is not None
        save_state(trained, dataclasses.replace(state, settings={**state.settings, "network": "resnet50"}))
        with pytest.raises(ModelError, match="--network was resnet50 and is efficientnet_lite0 now"):
            train(catalogue, trained, resume=True)

    @pytest.mark.parametrize(
        ("damage", "message"),
        [
            ("torn", "the checkpoint in .* is damaged .*; train again or restore a copy"),
            ("other network", "(?s)the checkpoint in .* is damaged .*; train again or restore a copy"),
            ("gone", "there is no checkpoint in .* is missing"),
        ],
    )
    def test_a_done_training_does_not_vouch_for_a_damaged_checkpoint(
        self, catalogue: Catalogue, trained: Path, damage: str, message: str
    ) -> None:
        (weights,) = trained.glob("*.weights.safetensors")
        description = trained / "checkpoint.json"
        if damage == "torn":
            weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
        elif damage == "gone":
            description.unlink()
        else:
            description.write_text(
                description.read_text().replace('"network": "efficientnet_lite0"', '"network": "resnet18"')
            )
        state = (trained / STATE_FILE).read_bytes()
        with pytest.raises(ModelError, match=message):
            train(catalogue, trained, resume=True)
        assert (trained / STATE_FILE).read_bytes() == state


class TestFullDisk:
    """On a file system that is really full: limits on a process's files refuse the larger file only."""

    @pytest.fixture
    def disk(self, tmp_path: Path) -> Iterator[Path]:
        path = tmp_path / "disk"
        path.mkdir()
        try:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("a small file system cannot be mounted here; needs root")
        yield path
        subprocess.run(["umount", path], check=True)

    @pytest.mark.parametrize(
        ("size", "has_checkpoint"),
        # Too small for the features; for the checkpoint; for the state beside it; for a second one of either.
        [("64k", False), ("2m", False), ("10m", True), ("16m", True)],
    )
    def test_what_is_left_is_whole_and_the_run_goes_on_when_there_is_room(
        self, catalogue: Catalogue, trained: Path, disk: Path, size: str, has_checkpoint: bool
    ) -> None:
        resize(disk, size)
        out = disk / "out"
        with pytest.raises((OSError, ModelError), match="No space left on device"):
            train(catalogue, out)
        assert (out / "checkpoint.json").exists() == has_checkpoint
        assert not [path for path in out.rglob("*") if path.name.startswith(".tmp")]
        if has_checkpoint:
            load_checkpoint(out)
        resize(disk, "100m")
        assert train(catalogue, out, resume=True).version == load_checkpoint(trained).version


def resize(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


def test_an_out_folder_below_a_file_is_an_error(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="Not a directory"):
        train(catalogue, tmp_path / "file" / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
