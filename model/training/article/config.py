"""The settings of the article's recipe; the command's options have the same names."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from model.backbones import backbone_spec, check_input_size
from model.training.options import check_setting

RECIPE = "article"


@dataclass(frozen=True, slots=True)
class ArticleConfig:
    """The article's recipe.

    Attributes:
        network: backbone, frozen with the weights that it was published with.
        target: the attribute whose values are the classes.
        epochs: passes in which each training picture is the anchor once.
        lr: learning rate, constant.
        momentum: of SGD.
        triplet_weight: weight of the triplet loss; that of the cross-entropy is 1.
        margin: how much farther from the anchor a negative must be than the positive.
        batch_size: anchors in a step.
        seed: of the head's initial weights, the augmentation, the order of the pictures and the triplets.
        crop_to_box: cut pictures to their items' boxes, where these lie inside.
        views: augmented views of each training picture; their features are computed once.
        input_size: side of the network's square input, pixels.
        weights: safetensors file to take instead of the published weights of a backbone of timm.

    Raises:
        ModelError: a setting is out of range, or there is no such network.
    """

    network: str = "resnet50"
    target: str = "category"
    epochs: int = 10
    lr: float = 1e-3
    momentum: float = 0.5
    triplet_weight: float = 2.0
    margin: float = 1.0
    batch_size: int = 32
    seed: int = 0
    crop_to_box: bool = False
    views: int = 2
    input_size: int = 224
    weights: str | None = None

    def __post_init__(self) -> None:
        backbone_spec(self.network)
        for name in ("epochs", "batch_size", "views", "input_size"):
            check_setting(self, name, getattr(self, name) >= 1, "at least 1")
        check_setting(self, "lr", math.isfinite(self.lr) and self.lr > 0, "above 0")
        check_setting(self, "momentum", 0 <= self.momentum < 1, "at least 0 and below 1")
        check_setting(
            self, "triplet_weight", math.isfinite(self.triplet_weight) and self.triplet_weight >= 0, "at least 0"
        )
        check_setting(self, "margin", math.isfinite(self.margin) and self.margin > 0, "above 0")
        check_input_size(self.network, self.input_size)
        check_setting(self, "seed", 0 <= self.seed < 2**32, "at least 0 and below 4294967296")

    def to_json(self) -> dict[str, Any]:
        """All settings and the recipe's name, JSON types."""
        return {"recipe": RECIPE, **asdict(self)}
