"""The baseline for extraction: the article's method in plain PyTorch."""

import time
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing

BATCH_SIZE = 32
THREADS = 2


class PictureFiles(Dataset[Tensor]):
    """Pictures by path, with the article's test transform: resize the shorter side, centre crop, normalise."""

    def __init__(self, paths: Sequence[Path], preprocessing: Preprocessing) -> None:
        self._paths = paths
        self._transform = transforms.Compose(
            [
                transforms.Resize(preprocessing.input_size),
                transforms.CenterCrop(preprocessing.input_size),
                transforms.ToTensor(),
                transforms.Normalize(preprocessing.mean, preprocessing.std),
            ]
        )

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> Tensor:
        with Image.open(self._paths[index]) as image:
            pixels: Tensor = self._transform(image.convert("RGB"))
        return pixels


def article_rate(network: LookalikeNetwork, preprocessing: Preprocessing, paths: Sequence[Path]) -> float:
    """Pictures per second: eager float32, contiguous, batches of 32 from a DataLoader with one worker process."""
    torch.set_num_threads(THREADS)
    loader = DataLoader(PictureFiles(paths, preprocessing), batch_size=BATCH_SIZE, num_workers=1)
    started = time.perf_counter()
    with torch.no_grad():
        embeddings = [network(pictures).embedding.numpy() for pictures in loader]
    return sum(map(len, embeddings)) / (time.perf_counter() - started)
