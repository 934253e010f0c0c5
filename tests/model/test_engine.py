import numpy as np
import pytest
import torch

from contracts.embedding_set import ModelIdentity
from contracts.errors import ModelError
from model.engines.torch_engine import TorchEngine
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing

PREPROCESSING = Preprocessing(64, "pad", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
IDENTITY = ModelIdentity("resnet18-0123456789ab", "resnet18", "imagenet:resnet18", 64)


@pytest.fixture(scope="module")
def network() -> LookalikeNetwork:
    torch.manual_seed(5)
    return LookalikeNetwork("resnet18", ["Tee", "Blouse"]).eval()


@pytest.fixture(scope="module")
def batch() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(2).integers(0, 256, (5, 3, 64, 64), dtype=np.uint8)


def test_float32_equals_the_network(network: LookalikeNetwork, batch: np.ndarray) -> None:
    embedded = TorchEngine(network, PREPROCESSING, IDENTITY, device="cpu", precision="float32").embed(batch)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (PREPROCESSING.mean, PREPROCESSING.std))
    with torch.inference_mode():
        output = network((torch.from_numpy(batch) / 255 - mean) / std)
    assert embedded.embeddings.dtype == np.float32
    assert np.allclose(embedded.embeddings, output.embedding.numpy(), atol=1e-4)
    assert output.logits is not None
    confidence, best = output.logits.softmax(1).max(1)
    for category, index, expected in zip(embedded.categories, best.tolist(), confidence.tolist(), strict=True):
        assert category is not None
        assert category[0] == ("Tee", "Blouse")[index]
        assert category[1] == pytest.approx(expected, abs=1e-4)


def test_bfloat16_stays_close(network: LookalikeNetwork, batch: np.ndarray) -> None:
    exact = TorchEngine(network, PREPROCESSING, IDENTITY, device="cpu", precision="float32").embed(batch).embeddings
    fast = TorchEngine(network, PREPROCESSING, IDENTITY, device="cpu", precision="bfloat16").embed(batch).embeddings
    cosine = (exact * fast).sum(1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(fast, axis=1)
    assert cosine.min() > 0.99


def test_a_picture_is_embedded_alike_alone_and_in_a_batch(network: LookalikeNetwork, batch: np.ndarray) -> None:
    engine = TorchEngine(network, PREPROCESSING, IDENTITY, device="cpu", precision="float32")
    together = engine.embed(batch).embeddings
    alone = np.concatenate([engine.embed(batch[i : i + 1]).embeddings for i in range(len(batch))])
    assert np.allclose(together, alone, atol=1e-4)


def test_the_network_is_copied_not_changed(network: LookalikeNetwork) -> None:
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    TorchEngine(network, PREPROCESSING, IDENTITY, device="cpu").warm_up()
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_a_network_without_a_head_names_no_category(batch: np.ndarray) -> None:
    engine = TorchEngine(LookalikeNetwork("resnet18").eval(), PREPROCESSING, IDENTITY, device="cpu")
    assert engine.embed(batch).categories == [None] * len(batch)


def test_a_batch_that_does_not_fit_is_halved(network: LookalikeNetwork, batch: np.ndarray) -> None:
    engine = TorchEngine(network, PREPROCESSING, IDENTITY, device="cpu", precision="float32")
    whole = engine.embed(batch)
    forward = engine._network.backbone.forward

    def forward_with_room_for_two(pictures: torch.Tensor) -> torch.Tensor:
        if len(pictures) > 2:
            raise torch.OutOfMemoryError("no room")
        features: torch.Tensor = forward(pictures)
        return features

    engine._network.backbone.forward = forward_with_room_for_two
    halved = engine.embed(batch)
    assert np.allclose(whole.embeddings, halved.embeddings, atol=1e-4)
    assert len(halved.categories) == len(batch)


@pytest.mark.parametrize(("device", "precision"), [("cuda:9", "auto"), ("toaster", "auto"), ("cpu", "int3")])
def test_what_cannot_be_had_is_refused(network: LookalikeNetwork, device: str, precision: str) -> None:
    with pytest.raises(ModelError):
        TorchEngine(network, PREPROCESSING, IDENTITY, device=device, precision=precision)
