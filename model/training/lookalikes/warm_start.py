"""A warm start: use what a trained network knows already, where a training begins from one."""

import numpy as np
import torch

from contracts.progress import Progress
from model.training.lookalikes.heads import AttributeHeads
from model.training.lookalikes.item_memory import ItemMemory
from model.training.lookalikes.key_encoder import KeyEncoder
from model.training.lookalikes.training_pictures import TrainingPictures


def warm_start(
    pictures: TrainingPictures,
    key_encoder: KeyEncoder,
    heads: AttributeHeads,
    memory: ItemMemory,
    *,
    batch_size: int,
    progress: Progress,
) -> None:
    """Set each class prototype to the mean of its pictures, and fill the item memory.

    From random prototypes the first epoch would be spent on finding them.

    Args:
        pictures: to train on.
        batch_size: pictures that are embedded at once.
        progress: called with (pictures done, pictures in all).
    """
    device = memory.vectors.device
    count = len(pictures.groups)
    sums = [[torch.zeros_like(prototypes) for prototypes in heads.of_part(part)] for part in range(heads.parts)]
    for start in range(0, count, batch_size):
        rows = np.arange(start, min(start + batch_size, count))
        parts = key_encoder.encode(rows)
        memory.store(torch.from_numpy(rows).to(device), parts[1])
        for target, table in enumerate(pictures.allowed(rows)):
            allowed = torch.from_numpy(table).to(device)
            # A photo that may show one of several values would pull all of them to the same place.
            certain = (allowed & (allowed.sum(1, keepdim=True) == 1)).float()
            for part, vectors in enumerate(parts):
                sums[part][target] += certain.T @ vectors
        progress(int(rows[-1]) + 1, count)
    for part, totals in enumerate(sums):
        heads.set_to_means(part, totals)
