"""Layers of a backbone that a training leaves as they are."""

from collections.abc import Iterator

from torch import nn

from contracts.errors import ModelError

_NORMS = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.LayerNorm)


def backbone_stages(backbone: nn.Module) -> list[list[nn.Module]]:
    """The stages of a backbone in the order in which a picture passes them.

    A stage is a layer at the top of the backbone, or one of a row of blocks there, with the normalisation behind it.
    """
    stages: list[list[nn.Module]] = []
    for layer in _top_layers(backbone):
        if not any(True for _ in layer.parameters()):
            continue
        if isinstance(layer, _NORMS) and stages:
            stages[-1].append(layer)
        else:
            stages.append([layer])
    return stages


def freeze_stages(backbone: nn.Module, count: int) -> None:
    """Leave the first stages out of the training, in place.

    Raises:
        ModelError: there are fewer stages.
    """
    stages = backbone_stages(backbone)
    if count > len(stages):
        raise ModelError(f"--frozen-stages must be at most {len(stages)}, the number of this backbone's, got {count}")
    for stage in stages[:count]:
        for layer in stage:
            layer.requires_grad_(False)


def keep_batch_statistics(network: nn.Module) -> None:
    """Normalise with the statistics that a trained network has, in place; call it after `train()`.

    Those of a batch of one shop's pictures would replace what the network knows of other pictures.
    """
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


def _top_layers(module: nn.Module) -> Iterator[nn.Module]:
    children = list(module.children())
    if len(children) == 1:
        # A wrapper.
        yield from _top_layers(children[0])
        return
    for child in children:
        blocks = list(child.children())
        if isinstance(child, nn.Sequential) and blocks and all(isinstance(block, nn.Sequential) for block in blocks):
            yield from blocks
        else:
            yield child
