import math

import pytest
import torch

from model.network import LookalikeNetwork
from model.training.lookalikes.item_memory import ItemMemory
from model.training.lookalikes.learning_rate import warmup_cosine
from model.training.lookalikes.running_figures import RunningFigures
from model.training.lookalikes.weight_average import WeightAverage


def optimiser() -> torch.optim.SGD:
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in (0.5, 0.002)]
    return torch.optim.SGD(groups)


def rates(warmup_steps: int, steps: int, done: int = 0) -> list[float]:
    """The rate of the last group in each step from `done` on, and after the last."""
    made = optimiser()
    schedule = warmup_cosine(made, warmup_steps=warmup_steps, steps=steps)
    if done:
        schedule = warmup_cosine(made, warmup_steps=warmup_steps, steps=steps, done=done)
    found = []
    for _ in range(done, steps):
        found.append(made.param_groups[1]["lr"])
        made.step()
        schedule.step()
    return [*found, schedule.get_last_lr()[-1]]


class TestLearningRate:
    def test_it_rises_in_a_line_and_falls_along_a_cosine_to_nought(self) -> None:
        found = rates(5, 100)
        assert found[:5] == pytest.approx([0.002 * (step + 1) / 5 for step in range(5)])
        assert found[5:] == pytest.approx([0.001 * (1 + math.cos(math.pi * step / 95)) for step in range(96)])
        assert found[-1] == 0.0

    def test_a_short_training_warms_up_in_a_tenth_of_its_steps(self) -> None:
        assert rates(300, 20)[:3] == pytest.approx([0.001, 0.002, 0.002])

    @pytest.mark.parametrize("done", [1, 7, 40, 100])
    def test_a_resumed_schedule_goes_on_to_the_last_bit(self, done: int) -> None:
        assert rates(10, 100, done) == rates(10, 100)[done:]


def batch_norm(network: LookalikeNetwork) -> torch.nn.BatchNorm2d:
    return next(module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d))


def test_the_weight_average_is_a_moving_average_whose_decay_warms_up() -> None:
    torch.manual_seed(1)
    network = LookalikeNetwork("resnet18", ("a", "b"))
    average = WeightAverage(network, 0.3)
    weight, norm = network.projection.weight, batch_norm(network)
    assert norm.running_mean is not None
    expected, mean = weight.detach().double(), norm.running_mean.double()
    for step in range(1, 6):
        with torch.no_grad():
            weight.add_(torch.randn_like(weight))
            norm(torch.randn(4, 64, 2, 2) + step)
        average.update_parameters(network)
        decay = min(0.3, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * weight.detach().double()
        mean = decay * mean + (1 - decay) * norm.running_mean.double()
    averaged = batch_norm(average.network)
    assert averaged.running_mean is not None
    assert averaged.num_batches_tracked == 5
    assert torch.allclose(averaged.running_mean.double(), mean, atol=1e-5)
    assert torch.allclose(average.network.projection.weight.double(), expected, atol=1e-6)
    assert not average.network.training
    assert not average.network.projection.weight.requires_grad


def test_the_item_memory_keeps_the_last_vector_of_each_picture() -> None:
    memory = ItemMemory(torch.tensor([0, 1, 1]), 2)
    memory.store(torch.tensor([0, 2]), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    memory.store(torch.tensor([2]), torch.tensor([[0.6, 0.8]]))
    assert memory.stored.tolist() == [True, False, True]
    assert memory.vectors.dtype == torch.float16
    assert memory.vectors[[0, 2]].flatten().tolist() == pytest.approx([1, 0, 0.6, 0.8], abs=1e-3)
    assert set(memory.state_dict()) == {"vectors", "stored"}


def test_figures_have_a_mean_and_a_moving_average() -> None:
    figures = RunningFigures()
    for loss in (1.0, 3.0, 5.0):
        figures.add({"loss": torch.tensor(loss, requires_grad=True), "top1": torch.tensor(0.5)})
    assert figures.means() == {"loss": 3.0, "top1": 0.5}
    assert figures.recent["loss"] == pytest.approx(0.95 * (0.95 * 1 + 0.05 * 3) + 0.05 * 5)
