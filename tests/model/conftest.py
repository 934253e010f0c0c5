from collections.abc import Iterator

import pytest
import torch

from tests.model.tiny_backbone import tiny_resnet18


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """One thread for torch: layers as small as those of these tests would only wait for other threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def tiny_backbone() -> Iterator[None]:
    """A ResNet-18 of two convolutions, for tests of a training rather than of an architecture."""
    with tiny_resnet18():
        yield
