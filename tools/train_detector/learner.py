"""One thread of a training: draws views and computes the gradients of their loss."""

from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from model.detection.grid import grid_points
from model.detection.network import GarmentNetwork
from model.training.lookalikes.half_precision import half_where_fast, keep_depthwise_float32
from tools.train_detector.beginning import compiled_beginning
from tools.train_detector.config import TrainingConfig
from tools.train_detector.lighting import relit
from tools.train_detector.objective import Wanted, detection_loss
from tools.train_detector.views import View, Views


class Learner:
    """A replica of a network, which shares its weights but has gradients of its own.

    Args:
        network: whose weights are learned; moved nowhere afterwards.
        views: what to learn from; nobody else draws from it.
        config: the settings.
        count: views of each step.
        seed: of the light on the views.
    """

    def __init__(self, network: GarmentNetwork, views: Views, config: TrainingConfig, count: int, seed: int) -> None:
        self.network = deepcopy(network)
        self._begin = compiled_beginning(self.network)
        keep_depthwise_float32(self.network)
        _share(network, self.network)
        self.network.train()
        for module in self.network.trunk.modules():
            # The trunk keeps its means and variances: those of some views would be too rough.
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        self._views = views
        self._config = config
        self._count = count
        self._generator = torch.Generator().manual_seed(seed)

    def learn(self, width: int, height: int) -> tuple[float, float]:
        """Draw views and add the gradients of their loss to the replica's; the losses of scores and boxes."""
        torch.set_num_threads(1)
        views = [self._views.draw(width, height) for _ in range(self._count)]
        losses = self._losses(views)
        torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
        return losses[0].item(), losses[1].item()

    def _losses(self, views: list[View]) -> tuple[Tensor, Tensor]:
        pixels = torch.from_numpy(np.stack([view.pixels for view in views])).permute(0, 3, 1, 2).float() / 255.0
        beginning = torch.from_numpy(self._begin(relit(pixels, self._generator).sub_(0.5).div_(0.5).numpy()))
        with half_where_fast(beginning.device):
            logits, reaches = self.network.finish(beginning.contiguous(memory_format=torch.channels_last))
        wanted = [
            Wanted(torch.from_numpy(view.boxes), torch.from_numpy(view.classes), torch.from_numpy(view.is_exact))
            for view in views
        ]
        points = torch.from_numpy(grid_points(pixels.shape[2], pixels.shape[3]).copy())
        return detection_loss(points, logits.float(), reaches.float(), wanted, box_weight=self._config.box_weight)


def _share(network: nn.Module, replica: nn.Module) -> None:
    """Let a replica's weights and statistics be those of a network."""
    for parameter, own in zip(network.parameters(), replica.parameters(), strict=True):
        own.data = parameter.data
    for (_, buffer), (name, _) in zip(network.named_buffers(), list(replica.named_buffers()), strict=True):
        module, _, leaf = name.rpartition(".")
        replica.get_submodule(module).register_buffer(leaf, buffer)
