"""Which held-out products are scored, drawn once from a fixed seed."""

import numpy as np
import torch
from torch import Tensor

from tools.train_shipped.product_pictures import ProductPictures

_SMALL, _LARGE = 1_800, 1_000
_SEED = 0


def scored_products(products: ProductPictures) -> tuple[Tensor, Tensor]:
    """Held-out products with all targets.

    Returns:
        Rows of at most 1,800 of all products, and of at most 1,000 of those with large pictures: int64, ascending.
    """
    fit = (products.held_out & (products.labels >= 0).all(1)).cpu().numpy()
    draw = np.random.default_rng(_SEED)
    small = np.sort(draw.permutation(np.flatnonzero(fit))[:_SMALL])
    large = np.sort(draw.permutation(np.flatnonzero(fit[: len(products.large)]))[:_LARGE])
    device = products.small.device
    return torch.from_numpy(small).to(device), torch.from_numpy(large).to(device)
