"""Names of the networks, for code that must not import torch."""

NETWORKS = ("resnet50", "resnext50_32x4d", "resnet18", "efficientnet_lite0", "efficientnet_lite2")
# Its ImageNet weights come with an installed package, so it works offline.
OFFLINE_NETWORK = "efficientnet_lite0"
# The architecture of the trained network that is shipped with the project.
SHIPPED_NETWORK = "efficientnet_lite2"
