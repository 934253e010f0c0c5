import json
from typing import Any

import pytest

from contracts.hold_out import HeldOutBy
from model.held_out_record import held_out_by, weaker
from model.shipped_networks import SHIPPED_FOLDERS


@pytest.mark.parametrize(
    ("training", "by"),
    [
        ({}, "untrained"),
        ({"hold_out": True}, "titles"),
        ({"hold_out": False}, "nothing"),
        ({"lr": 0.1}, "titles"),
        ({"hold_out": True, "held_out_by": "pictures"}, "pictures"),
        ({"hold_out": True, "held_out_by": "surprise"}, "titles"),
        ({"hold_out": True, "held_out_by": ["titles"]}, "titles"),
    ],
)
def test_what_a_checkpoint_says(training: dict[str, Any], by: HeldOutBy) -> None:
    assert held_out_by(training) == by


def test_the_shipped_networks_were_trained_when_titles_decided() -> None:
    for folder in SHIPPED_FOLDERS.values():
        assert held_out_by(json.loads((folder / "checkpoint.json").read_text())["training"]) == "titles"


def test_a_network_that_is_trained_again_keeps_the_weaker_record() -> None:
    assert weaker("pictures", "untrained") == "pictures"
    assert weaker("pictures", "titles") == weaker("titles", "pictures") == "titles"
    assert weaker("pictures", "nothing") == "nothing"
