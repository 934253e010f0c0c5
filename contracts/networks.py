"""Names of the networks, for code that must not import torch."""

NETWORKS = ("resnet50", "resnext50_32x4d", "resnet18", "efficientnet_lite0", "efficientnet_lite2")
# Its ImageNet weights come with an installed package, so it works offline.
OFFLINE_NETWORK = "efficientnet_lite0"
# The architecture of the trained network that is shipped with the project.
SHIPPED_NETWORK = "efficientnet_lite2"
# Before the name of a network of timm, and of the image side of one of OpenCLIP.
TIMM_PREFIX = "timm:"
CLIP_PREFIX = "open_clip:"


def is_foreign(network: str) -> bool:
    """Whether a name is that of a network of timm or OpenCLIP, whose architecture and weights come from elsewhere."""
    return network.startswith((TIMM_PREFIX, CLIP_PREFIX))
