from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from contracts.progress import silent
from tests.model.tiny_backbone import tiny_resnet18
from tests.tools.train_shipped.drawn_pictures import Sources, draw_sources
from tools.train_shipped.training_set import TrainingSet, read_training_set


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """One thread for torch: tensors as small as those of these tests would only wait for other threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def tiny_backbone() -> Iterator[None]:
    """A ResNet-18 of two convolutions, for tests of a training rather than of an architecture."""
    with tiny_resnet18():
        yield


@pytest.fixture(scope="session")
def drawn_sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """Not to be changed; a test of bad input draws its own."""
    return draw_sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="session")
def packs(drawn_sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs")
    drawn_sources.pack(folder)
    return folder


@pytest.fixture(scope="session")
def training_set(packs: Path) -> TrainingSet:
    return read_training_set(packs, torch.device("cpu"), workers=1, progress=silent)
