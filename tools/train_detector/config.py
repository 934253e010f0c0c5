"""The settings of the training; options of the command have the same names."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from model.training.options import check_setting
from tools.train_detector.views import ViewShares


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """The training. The defaults are those of the run that made the shipped detector.

    Attributes:
        network: `efficientnet_lite0` or `efficientnet_lite2`.
        input_size: side of the square input, pixels.
        sides: widths and heights of the views, pixels; each step draws one.
        seconds: how long to train.
        batch_size: views in a step.
        lr, trunk_lr: highest learning rates of the new layers and of the trunk.
        weight_decay: of AdamW.
        warmup_steps: steps until the highest learning rate; a half cosine over `seconds` multiplies it.
        clip: gradients are clipped to this length.
        average: final decay of the weight average, which is what is scored and saved.
        box_weight: of the loss of the boxes.
        photo_side: street photos are kept at this longer side, pixels.
        cut_outs: products that are cut out, of each class.
        seed: of everything that is drawn.
        views: how views are drawn.

    Raises:
        ModelError: a setting is out of range.
    """

    network: str = "efficientnet_lite0"
    input_size: int = 288
    sides: tuple[tuple[int, int], ...] = ((192, 256), (224, 256), (224, 288))
    seconds: float = 2300.0
    batch_size: int = 16
    lr: float = 2e-3
    trunk_lr: float = 5e-4
    weight_decay: float = 0.05
    warmup_steps: int = 100
    clip: float = 10.0
    average: float = 0.995
    box_weight: float = 2.0
    photo_side: int = 640
    cut_outs: int = 400
    seed: int = 0
    views: ViewShares = field(default_factory=ViewShares)

    def __post_init__(self) -> None:
        for name in ("seconds", "lr", "trunk_lr", "clip"):
            check_setting(self, name, math.isfinite(getattr(self, name)) and getattr(self, name) > 0, "above 0")
        for name in ("weight_decay", "box_weight"):
            check_setting(self, name, math.isfinite(getattr(self, name)) and getattr(self, name) >= 0, "at least 0")
        for name in ("batch_size", "warmup_steps"):
            check_setting(self, name, getattr(self, name) >= 1, "at least 1")
        check_setting(self, "cut_outs", self.cut_outs >= 0, "at least 0")
        for name in ("input_size", "photo_side"):
            check_setting(self, name, getattr(self, name) >= 64, "at least 64")
        check_setting(self, "average", 0 <= self.average < 1, "at least 0 and below 1")

    def to_json(self) -> dict[str, Any]:
        """All settings, JSON types."""
        return asdict(self)
