"""The networks by name, for those who must not load one to know them."""

NETWORKS = ("resnet50", "resnext50_32x4d", "resnet18", "efficientnet_lite0")
# Its ImageNet weights come with an installed package, so it works where nothing can be downloaded.
OFFLINE_NETWORK = "efficientnet_lite0"
# The architecture of the trained network that comes with the project.
SHIPPED_NETWORK = "resnet18"
