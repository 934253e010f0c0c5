"""The settings of the default recipe; options of the command have the same names."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from model.backbones import backbone_spec, check_input_size
from model.training.options import check_setting

RECIPE = "lookalikes"
PUBLISHED_START = "imagenet"
# Inverse softmax temperatures: factors of the cosines in the attribute and the item loss.
ATTRIBUTE_SCALE = 20.0
ITEM_SCALE = 20.0
# Negatives that each view is contrasted with in a step.
ITEM_NEGATIVES = 8_192


def small_size(input_size: int) -> int:
    """Side of the views of the first, small epochs, pixels."""
    return round(input_size * 2 / 3)


@dataclass(frozen=True, slots=True)
class LookalikeConfig:
    """The default recipe.

    Attributes:
        network: backbone.
        start: source of the initial weights: `imagenet` for those that the backbone was published with, `random`, a
            shipped network or a checkpoint's folder.
        targets: attributes whose values are learned, all at the same time.
        teacher: checkpoint whose embeddings of the same views are imitated, or None.
        epochs: passes over the training pictures; fewer if early stopping ends the training.
        patience: epochs without a better test score after which training stops early; 0 never stops early.
        batch_size: pictures in a step.
        photo_share: share of customers' photos in a batch, if there are any.
        street_share: share of garments of street photos in a batch, if there are any.
        lr: highest learning rate of the new layers; it rises for `warmup_steps` and falls along a cosine to 0.
        backbone_lr: highest learning rate of the backbone.
        weight_decay: of AdamW.
        warmup_steps: steps until the highest learning rate; at most a tenth of all steps.
        clip: gradients are clipped to this length.
        average: final decay of the weight average, which is what is tested and saved.
        attribute_weight: weight of the attribute loss on the second part of the embedding; on the first part it is 1.
            Above 0, the second part repeats what the first part knows and tells single items apart less well.
        item_weight: weight of the loss that tells single items apart.
        teacher_weight: weight of the imitation loss.
        keep_weight: weight of staying near the network that the training begins with, if that is a trained one.
        replay_weight: weight of repeating features that it was trained on, if it comes with some.
        frozen_stages: so many of the backbone's first stages stay as they are.
        label_smoothing: of the attribute loss.
        calm_share: share of views that are only mirrored and shifted a little, like pictures of a gallery. A larger
            share helps with the gallery's own pictures and hurts with customers' photos.
        first_share: share of the first 30 coordinates in an embedding's squared length.
        input_size: side of the network's square input, pixels.
        small_epochs: the first so many epochs see views of two thirds of that size, in half the time.
        crop_to_box: cut pictures to their items' boxes, where these lie inside.
        hold_out: keep a fifth for testing (see `contracts.hold_out`); otherwise train on all items.
        seed: of the initial weights, the augmentations and the order of the pictures.
        weights: safetensors file to start from instead of the published weights of a backbone of timm.

    Raises:
        ModelError: a setting is out of range, or there is no such network.
    """

    network: str
    start: str
    targets: tuple[str, ...]
    teacher: str | None = None
    epochs: int = 20
    patience: int = 5
    batch_size: int = 64
    photo_share: float = 0.2
    street_share: float = 0.15
    lr: float = 2e-3
    backbone_lr: float = 5e-4
    weight_decay: float = 0.02
    warmup_steps: int = 300
    clip: float = 5.0
    average: float = 0.999
    attribute_weight: float = 0.0
    item_weight: float = 1.0
    teacher_weight: float = 5.0
    keep_weight: float = 5.0
    replay_weight: float = 1.0
    frozen_stages: int = 0
    label_smoothing: float = 0.05
    calm_share: float = 0.3
    first_share: float = 0.9
    input_size: int = 96
    small_epochs: int = 0
    crop_to_box: bool = False
    hold_out: bool = True
    seed: int = 0
    weights: str | None = None

    def __post_init__(self) -> None:
        backbone_spec(self.network)
        check_setting(
            self, "targets", bool(self.targets) and len(set(self.targets)) == len(self.targets), "different columns"
        )
        check_setting(self, "epochs", self.epochs >= 1, "at least 1")
        check_setting(self, "batch_size", self.batch_size >= 2, "at least 2")
        check_setting(self, "input_size", self.input_size >= 32, "at least 32")
        for name in ("lr", "backbone_lr", "clip"):
            check_setting(self, name, math.isfinite(getattr(self, name)) and getattr(self, name) > 0, "above 0")
        for name in (
            "weight_decay",
            "attribute_weight",
            "item_weight",
            "teacher_weight",
            "keep_weight",
            "replay_weight",
        ):
            check_setting(self, name, math.isfinite(getattr(self, name)) and getattr(self, name) >= 0, "at least 0")
        check_setting(self, "first_share", 0 < self.first_share < 1, "above 0 and below 1")
        check_setting(self, "calm_share", 0 <= self.calm_share <= 1, "0 to 1")
        for name in ("photo_share", "street_share", "average", "label_smoothing"):
            check_setting(self, name, 0 <= getattr(self, name) < 1, "at least 0 and below 1")
        check_setting(self, "seed", 0 <= self.seed < 2**32, "at least 0 and below 4294967296")
        for name in ("patience", "warmup_steps", "small_epochs", "frozen_stages"):
            check_setting(self, name, getattr(self, name) >= 0, "at least 0")
        check_setting(
            self,
            "weights",
            self.weights is None or self.start == PUBLISHED_START,
            "left out where --start names others",
        )
        check_input_size(self.network, self.input_size)
        if self.small_epochs:
            check_input_size(self.network, small_size(self.input_size))

    def to_json(self) -> dict[str, Any]:
        """All settings and the recipe's name, JSON types."""
        return {"recipe": RECIPE, **asdict(self), "targets": list(self.targets)}
