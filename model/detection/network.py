"""The network that finds garments: an EfficientNet-Lite, a feature pyramid, and a head that needs no anchors."""

from collections.abc import Sequence
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from contracts.errors import ModelError
from model.detection.grid import STRIDES

TRUNKS: Final = ("efficientnet_lite0", "efficientnet_lite2")
# Stages of an EfficientNet-Lite until its output has an eighth of the sides, and those that end strides 16 and 32.
_FIRST_STAGES = 3
_LAST_OF_STRIDE = (4, 6)
_WIDTH = 96
_TOWER_LAYERS = 2
# Of a box around a point before training, in strides: each level then begins with boxes of about its own size.
_FIRST_REACH = 3.0
_MOST_LOG_REACH = 4.0
_RARE = -4.6


class GarmentNetwork(nn.Module):
    """Says for each point of three grids whether a garment is around it, of which class, and how far it reaches.

    Args:
        backbone: one of `TRUNKS`; its weights are random until a
            state is loaded.
        classes: names of the kinds of garments, in the order of the scores.

    Raises:
        ModelError: no such trunk.
    """

    def __init__(self, backbone: str, classes: Sequence[str]) -> None:
        # It takes a second to import, which is only paid where torch runs a detector.
        import timm

        super().__init__()
        if backbone not in TRUNKS:
            raise ModelError(f"{backbone!r:.80} is no trunk of a detector; choose one of {', '.join(TRUNKS)}")
        self.name = backbone
        self.classes = tuple(classes)
        self.trunk: Any = timm.create_model(
            f"tf_{backbone}", pretrained=False, features_only=True, out_indices=(2, 3, 4)
        )
        info: Any = self.trunk.feature_info
        channels = info.channels()
        self.laterals = nn.ModuleList(_Normed(nn.Conv2d(count, _WIDTH, 1, bias=False), 1) for count in channels)
        self.merged = nn.ModuleList(_Separable(1) for _ in channels)
        levels = len(STRIDES)
        self.score_tower = nn.ModuleList(_Separable(levels) for _ in range(_TOWER_LAYERS))
        self.reach_tower = nn.ModuleList(_Separable(levels) for _ in range(_TOWER_LAYERS))
        self.scores = nn.Conv2d(_WIDTH, len(self.classes), 1)
        self.reaches = nn.Conv2d(_WIDTH, 4, 1)
        nn.init.normal_(self.scores.weight, std=0.01)
        nn.init.constant_(self.scores.bias, _RARE)  # type: ignore[arg-type]
        nn.init.normal_(self.reaches.weight, std=0.01)
        nn.init.zeros_(self.reaches.bias)  # type: ignore[arg-type]

    def forward(self, photos: Tensor) -> tuple[Tensor, Tensor]:
        """Look at a batch.

        Args:
            photos: (B, 3, H, W) float, normalised; H and W are multiples of 32.

        Returns:
            Logits (B, P, classes), and the distances from each point to the left, upper, right and lower side of its
            box, (B, P, 4), pixels. The points are those of `model.detection.grid.grid_points`.
        """
        return self.finish(self.begin(photos))

    def begin(self, photos: Tensor) -> Tensor:
        """The first layers, which see edges and textures: (B, 3, H, W) float -> (B, channels, H / 8, W / 8) float."""
        feature: Tensor = self.trunk.bn1(self.trunk.conv_stem(photos))
        for stage in self.trunk.blocks[:_FIRST_STAGES]:
            feature = stage(feature)
        return feature

    def finish(self, feature: Tensor) -> tuple[Tensor, Tensor]:
        """The layers behind `begin`; returns what `forward` returns."""
        features = [feature]
        for number, stage in enumerate(self.trunk.blocks[_FIRST_STAGES:], _FIRST_STAGES):
            feature = stage(feature)
            if number in _LAST_OF_STRIDE:
                features.append(feature)
        pyramid = [lateral(feature, 0) for lateral, feature in zip(self.laterals, features, strict=True)]
        for level in range(len(pyramid) - 2, -1, -1):
            pyramid[level] = pyramid[level] + F.interpolate(pyramid[level + 1], scale_factor=2.0, mode="nearest")
        logits, reaches = [], []
        for level, stride in enumerate(STRIDES):
            feature = self.merged[level](pyramid[level], 0)
            scored = reached = feature
            for score_layer, reach_layer in zip(self.score_tower, self.reach_tower, strict=True):
                scored, reached = score_layer(scored, level), reach_layer(reached, level)
            logits.append(self.scores(scored).flatten(2))
            log_reach = self.reaches(reached).float().clamp(-_MOST_LOG_REACH, _MOST_LOG_REACH)
            reaches.append((log_reach.exp() * (_FIRST_REACH * stride)).flatten(2))
        return torch.cat(logits, 2).transpose(1, 2), torch.cat(reaches, 2).transpose(1, 2)


class _Normed(nn.Module):
    """A convolution with a normalisation of its own for each level of the pyramid, whose statistics differ."""

    def __init__(self, convolution: nn.Conv2d, levels: int) -> None:
        super().__init__()
        self.convolution = convolution
        self.norms = nn.ModuleList(nn.BatchNorm2d(convolution.out_channels) for _ in range(levels))

    def forward(self, feature: Tensor, level: int) -> Tensor:
        normed: Tensor = self.norms[level](self.convolution(feature))
        return normed


class _Separable(nn.Module):
    """A depthwise and a pointwise convolution."""

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(_WIDTH, _WIDTH, 5, padding=2, groups=_WIDTH, bias=False)
        self.pointwise = _Normed(nn.Conv2d(_WIDTH, _WIDTH, 1, bias=False), levels)

    def forward(self, feature: Tensor, level: int) -> Tensor:
        return F.relu6(self.pointwise(self.depthwise(feature), level))


class GarmentInference(nn.Module):
    """From fitted photos to what `model.detection.decoding` reads.

    Args:
        network: in eval mode.
        dtype: that the network computes in.
    """

    def __init__(self, network: GarmentNetwork, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.network = network
        self._dtype = dtype

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) uint8 -> scores (B, P, classes), 0 to 1, and distances (B, P, 4), pixels."""
        logits, reaches = self.network((pictures.float() * (2.0 / 255.0) - 1.0).to(self._dtype))
        return logits.sigmoid(), reaches
