"""What a training starts from where its options do not say."""

from typing import Any

import pytest

from model.shipped_networks import SHIPPED, SHIPPED_FOLDERS
from model.training.lookalikes.initialisation import default_start

LITE, RESNET = "shipped:efficientnet_lite0", "shipped:resnet18"


@pytest.mark.parametrize(
    ("network", "start", "expected"),
    [
        (None, None, {"network": "efficientnet_lite2", "start": SHIPPED, "input_size": 192}),
        ("efficientnet_lite2", None, {"network": "efficientnet_lite2", "start": SHIPPED, "input_size": 192}),
        ("resnet18", None, {"network": "resnet18", "start": RESNET, "input_size": 96}),
        ("efficientnet_lite0", None, {"network": "efficientnet_lite0", "start": LITE, "input_size": 112}),
        (None, LITE, {"network": "efficientnet_lite0", "start": LITE, "input_size": 112}),
        ("resnet50", None, {"network": "resnet50", "start": "imagenet"}),
        ("efficientnet_lite0", "imagenet", {"network": "efficientnet_lite0", "start": "imagenet"}),
        (None, "random", {"network": "efficientnet_lite2", "start": "random"}),
    ],
)
def test_first_weights_bring_their_network_and_its_size(
    network: str | None, start: str | None, expected: dict[str, Any]
) -> None:
    assert default_start(network, start) == expected


def test_a_checkpoint_brings_its_own() -> None:
    folder = str(SHIPPED_FOLDERS[LITE])
    assert default_start(None, folder) == {"network": "efficientnet_lite0", "start": folder, "input_size": 112}
