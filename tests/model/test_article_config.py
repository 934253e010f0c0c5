import dataclasses

import pytest

from contracts.errors import ModelError
from model.training.article.config import ArticleConfig


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "--epochs must be at least 1"),
        ({"lr": 0.0}, "--lr must be above 0"),
        ({"momentum": 1.0}, "--momentum must be"),
        ({"triplet_weight": -1.0}, "--triplet-weight must be"),
        ({"network": "alexnet"}, "no network 'alexnet'"),
    ],
)
def test_settings_out_of_range_are_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        dataclasses.replace(ArticleConfig(), **change)  # type: ignore[arg-type]
