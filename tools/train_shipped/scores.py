"""Scores on held-out pictures: what each kind of query finds among all products."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from model.network import LookalikeNetwork
from model.training.lookalikes.forward import embed
from model.training.lookalikes.plain_background import border_colours
from tools.train_shipped.augmentations import degraded, lit, moved
from tools.train_shipped.config import ViewConfig
from tools.train_shipped.draws import Draws
from tools.train_shipped.nearest import Gallery
from tools.train_shipped.scored_products import scored_products
from tools.train_shipped.training_set import TYPE, TrainingSet

Scores = dict[str, dict[str, Any]]
_TOP = 10
_COPIES = 1_000
_COPY_SEED = 7
_EMBEDDED_AT_ONCE = 512


def held_out_scores(network: LookalikeNetwork, pictures: TrainingSet, size: int) -> Scores:
    """Search with held-out pictures among all products, which are shown by their small pictures.

    Args:
        network: in eval mode, on the device of the pictures.
        pictures: of the training.
        size: side of the network's input, pixels.

    Returns:
        By kind of query, each left out if there is no such picture:

        - `products small`, `products large`: `type P@10`, over products and as the mean over types, and `fine R@1`,
          the share whose nearest product has the same value of every target. Products with the same title do not
          count.
        - `photos <folder>`, `street`: `P@10`, the share of the ten that has a type that fits the class, as the mean
          over classes, and the same by class.
        - `copies`: `R@1`, the share of distorted copies of products that find their original.
        - `gallery`: the share of the variance that 30 dimensions keep.
    """
    products, scores = pictures.products, Scores()

    def embedded(rows: Tensor, shown: Callable[[Tensor, int], Tensor]) -> Tensor:
        with torch.no_grad():
            return torch.cat([embed(network, shown(part, size)) for part in torch.split(rows, _EMBEDDED_AT_ONCE)])

    every = torch.arange(len(products), device=products.small.device)
    embeddings = embedded(every, products.plain)
    gallery = Gallery.of(embeddings)
    small, large = scored_products(products)
    for name, rows, shown in (("small", small, products.plain), ("large", large, products.plain_large)):
        if len(rows):
            scores[f"products {name}"] = _product_scores(pictures, gallery, rows, embedded(rows, shown))
    photos, street = pictures.photos, pictures.street
    for name, rows in photos.held_out_sets.items():
        near = gallery.nearest(embedded(rows, photos.plain), _TOP)
        scores[f"photos {name}"] = _class_scores(pictures, near, photos.allowed[rows], photos.categories[rows])
    garments = street.held_out.nonzero().flatten()
    if len(garments):
        near = gallery.nearest(embedded(garments, street.plain), _TOP)
        scores["street"] = _class_scores(pictures, near, street.allowed[garments], street.categories[garments])
    if len(small):
        copied = small[:_COPIES]
        draws = Draws(copied.device, _COPY_SEED)
        near = gallery.nearest(embedded(copied, lambda rows, side: _copies(products.plain(rows, side), draws)), 1)
        scores["copies"] = {"R@1": _mean(near[:, 0] == copied)}
    scores["gallery"] = {"variance kept": round(gallery.variance_kept, 4)}
    return scores


def _copies(values: Tensor, draws: Draws) -> Tensor:
    """Distorted copies of pictures, on their own backgrounds: (B, 3, S, S) -> (B, 3, S, S) float32, 0 to 1."""
    none = torch.zeros(len(values), dtype=torch.bool, device=values.device)
    return degraded(lit(moved(values, border_colours(values), none, draws), ~none, draws), none, ViewConfig(), draws)


def _product_scores(pictures: TrainingSet, gallery: Gallery, rows: Tensor, queries: Tensor) -> dict[str, Any]:
    labels, groups = pictures.products.labels, pictures.products.groups
    near = gallery.nearest(queries, _TOP, (groups[rows], groups))
    types = labels[rows, TYPE]
    precision = (labels[near, TYPE] == types[:, None]).float().mean(1)
    by_type = torch.stack([precision[types == each].mean() for each in torch.unique(types)])
    return {
        "type P@10": _mean(precision),
        "type P@10, mean over types": _mean(by_type),
        "fine R@1": _mean((labels[near[:, 0]] == labels[rows]).all(1)),
    }


def _class_scores(pictures: TrainingSet, near: Tensor, allowed: Tensor, categories: Tensor) -> dict[str, Any]:
    """P@10 by class: near (Q, 10) int64, allowed (Q, types) bool, categories (Q,) int64."""
    found = pictures.products.labels[near, TYPE]
    precision = (allowed.gather(1, found.clamp(min=0)) & (found >= 0)).float().mean(1)
    by_class = {
        pictures.categories[each]: _mean(precision[categories == each]) for each in torch.unique(categories).tolist()
    }
    return {"P@10": sum(by_class.values()) / len(by_class), "classes": by_class}


def _mean(values: Tensor) -> float:
    return round(float(values.float().mean()), 4)
