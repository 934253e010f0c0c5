"""The settings of the training; options of the command have the same names."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from model.backbones import backbone_spec
from model.training.options import check_setting

# Columns of the products: kind of product, colour, and for whom it is. The class map speaks of the first.
TARGETS: Final = ("articleType", "baseColour", "gender")


@dataclass(frozen=True, slots=True)
class ViewConfig:
    """How views are drawn. Shares are of the pictures, 0 to 1.

    Attributes:
        large_keys, large_views: share of products that are shown by their large picture if there is one, as keys and
            as distorted views.
        calm: share of products that are only mirrored and shifted a little, like pictures of a gallery.
        pasted: share of products that are cut out and pasted onto another background, of those that are not calm and
            have a plain background.
        on_photo, on_street: shares of the pasted products that are pasted onto a part of a customer's photo and of a
            street photo; the others are pasted onto a drawn background.
        strong: share that is rotated, tilted and shifted as in hand-held photos.
        lit: share with other exposure, contrast, saturation and white balance.
        own_size: share of products that are distorted at the size of a small shop picture and enlarged afterwards, as a
            shop's small picture is after a detour over somebody's screen. Blur and JPEG then take more away.
        blurred, grainy, erased, compressed: shares that are blurred, get grain, are partly covered by a rectangle, and
            are compressed as JPEG.
        neighbours: share of garments whose surroundings in the street photo stay visible.
    """

    large_keys: float = 0.5
    large_views: float = 0.6
    calm: float = 0.25
    pasted: float = 0.5
    on_photo: float = 0.35
    on_street: float = 0.4
    strong: float = 0.6
    lit: float = 0.8
    own_size: float = 0.5
    blurred: float = 0.3
    grainy: float = 0.25
    erased: float = 0.25
    compressed: float = 0.4
    neighbours: float = 0.25


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """The training. The defaults are those of the run that made the shipped network.

    Attributes:
        network: backbone.
        start: source of the initial weights, see `model.training.lookalikes.initialisation`.
        input_size: side of the network's square input, pixels.
        seconds: how long to train.
        batch_size: pictures in a step.
        photos, street: how many of them are customers' photos and garments of street photos; the others are products.
        product_balance, photo_balance, street_balance: a picture is drawn with a probability proportional to the size
            of its type or class to the power of minus this: 0 draws all pictures alike, 1 all classes.
        lr, backbone_lr: highest learning rates of the new layers and of the backbone.
        weight_decay: of AdamW.
        warmup_steps: steps until the highest learning rate; a half cosine over `seconds` multiplies it.
        clip: gradients are clipped to this length.
        average: final decay of the weight average, which is what is scored and saved.
        drop_path: highest rate of stochastic depth.
        type_weight, colour_weight, gender_weight: of the attribute losses on the first part of the embedding.
        auxiliary_weight: of the losses of linear heads on the pooled features.
        agreement_weight: highest weight of the loss that asks photos for the colour and gender of their keys.
        label_smoothing: of all these losses.
        item_negatives: remembered pictures that each view is contrasted with.
        first_share: share of the first 30 coordinates in an embedding's squared length.
        seed: of the initial weights and of everything that is drawn.
        views: how views are drawn.

    Raises:
        ModelError: a setting is out of range, or there is no such network.
    """

    network: str = "efficientnet_lite2"
    start: str = "imagenet"
    input_size: int = 192
    seconds: float = 230.0
    batch_size: int = 512
    photos: int = 104
    street: int = 72
    product_balance: float = 0.45
    photo_balance: float = 0.5
    street_balance: float = 0.5
    lr: float = 3e-3
    backbone_lr: float = 1e-3
    weight_decay: float = 0.03
    warmup_steps: int = 200
    clip: float = 5.0
    average: float = 0.997
    drop_path: float = 0.1
    type_weight: float = 1.5
    colour_weight: float = 0.9
    gender_weight: float = 0.6
    auxiliary_weight: float = 0.2
    agreement_weight: float = 0.3
    label_smoothing: float = 0.05
    item_negatives: int = 8_192
    first_share: float = 0.9
    seed: int = 0
    views: ViewConfig = field(default_factory=ViewConfig)

    def __post_init__(self) -> None:
        backbone_spec(self.network)
        for name in ("photos", "street", "warmup_steps", "item_negatives"):
            check_setting(self, name, getattr(self, name) >= 1, "at least 1")
        check_setting(
            self,
            "batch_size",
            self.products >= 2,
            f"at least {self.photos + self.street + 2}: --photos, --street and 2",
        )
        check_setting(self, "input_size", self.input_size >= 32, "at least 32")
        for name in ("seconds", "lr", "backbone_lr", "clip"):
            check_setting(self, name, math.isfinite(getattr(self, name)) and getattr(self, name) > 0, "above 0")
        for name in ("weight_decay", *(f"{loss}_weight" for loss in ("type", "colour", "gender"))):
            check_setting(self, name, math.isfinite(getattr(self, name)) and getattr(self, name) >= 0, "at least 0")
        for name in ("auxiliary_weight", "agreement_weight"):
            check_setting(self, name, math.isfinite(getattr(self, name)) and getattr(self, name) >= 0, "at least 0")
        for name in ("product_balance", "photo_balance", "street_balance"):
            check_setting(self, name, 0 <= getattr(self, name) <= 1, "0 to 1")
        for name in ("average", "drop_path", "label_smoothing"):
            check_setting(self, name, 0 <= getattr(self, name) < 1, "at least 0 and below 1")
        check_setting(self, "first_share", 0 < self.first_share < 1, "above 0 and below 1")
        check_setting(self, "seed", 0 <= self.seed < 2**32, "at least 0 and below 4294967296")

    @property
    def products(self) -> int:
        """Products in a step."""
        return self.batch_size - self.photos - self.street

    def to_json(self) -> dict[str, Any]:
        """All settings, JSON types."""
        return asdict(self)
