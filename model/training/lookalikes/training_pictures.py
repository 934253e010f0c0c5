"""The pictures to train on: a shop's, customers' photos, and garments in street photos."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.training.lookalikes.garment_squares import GarmentSquares


@dataclass(frozen=True, slots=True, eq=False)
class TrainingPictures:
    """The pictures to train on: the catalogue's pictures, then the customers' photos, then the street garments.

    Attributes:
        parts: (N, P, P, 3) uint8, the catalogue's pictures, and (M, P, P, 3) uint8, the photos; may be memory-mapped,
            and M may be 0.
        street: G garments; may be empty.
        labels: (N, targets) int64, the value of each picture of the catalogue, -1 where unknown.
        photo_values: for each target (M + G, classes) bool, the values that each photo and garment may show.
        groups: (N + M + G,) int64, the same number for pictures of the same item.
    """

    parts: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    street: GarmentSquares
    labels: NDArray[np.int64]
    photo_values: tuple[NDArray[np.bool_], ...]
    groups: NDArray[np.int64]

    @property
    def photos(self) -> int:
        """The first row that is a customer's photo; N where there are none."""
        return len(self.parts[0])

    @property
    def garments(self) -> int:
        """The first row that is a street garment; N + M where there are none."""
        return self.photos + len(self.parts[1])

    def pixels(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The pictures of some rows, which must be ascending, garments cut out exactly: -> (B, P, P, 3) uint8."""
        own, photos, garments = self._by_kind(rows)
        shown = [self.parts[0][own], self.parts[1][photos]]
        if len(garments):
            shown.append(self.street.plain(garments, self._side))
        return np.concatenate(shown)

    def tensor(self, rows: NDArray[np.int64], device: torch.device) -> Tensor:
        """The pictures of some rows, as `pixels`, on a device: (B,) int64 -> (B, 3, P, P) uint8."""
        return torch.from_numpy(self.pixels(rows)).to(device).permute(0, 3, 1, 2)

    def careless(self, rows: NDArray[np.int64], device: torch.device, generator: torch.Generator) -> Tensor:
        """The same with garments cut out as a customer would: (B,) int64, ascending -> (B, 3, P, P) uint8."""
        own, photos, garments = self._by_kind(rows)
        if not len(garments):
            return self.tensor(rows, device)
        shown = (self.parts[0][own], self.parts[1][photos], self.street.jittered(garments, self._side, generator))
        return torch.from_numpy(np.concatenate(shown)).to(device).permute(0, 3, 1, 2)

    def allowed(self, rows: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
        """The values of each target that are or may be right.

        Args:
            rows: (B,) int64, ascending.

        Returns:
            For each target (B, classes) bool.
        """
        own = int(np.searchsorted(rows, self.photos))
        tables = []
        for column, values in enumerate(self.photo_values):
            table = np.zeros((len(rows), values.shape[1]), np.bool_)
            labels = self.labels[rows[:own], column]
            known = np.flatnonzero(labels >= 0)
            table[known, labels[known]] = True
            table[own:] = values[rows[own:] - self.photos]
            tables.append(table)
        return tables

    @property
    def _side(self) -> int:
        return int(self.parts[0].shape[1])

    def _by_kind(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Ascending rows as rows of the catalogue's pictures, of the photos and of the garments."""
        photos, garments = np.searchsorted(rows, [self.photos, self.garments]).tolist()
        return rows[:photos], rows[photos:garments] - self.photos, rows[garments:] - self.garments
