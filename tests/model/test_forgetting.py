"""What a training says about customers' photos."""

from model.training.lookalikes.forgetting import forgotten


def test_each_kind_has_its_figures() -> None:
    (sentence,) = forgotten({"street": 0.62, "photos": 0.8}, {"street": 0.61})
    assert sentence == "street photos (your held-out ones): 0.62 of the first ten fit before training, 0.61 now."


def test_what_is_forgotten_comes_with_what_to_do() -> None:
    (sentence,) = forgotten({"photos": 0.88}, {"photos": 0.71})
    assert sentence.startswith("phone photos (your held-out ones): 0.88 of the first ten fit before")
    assert "has forgotten some of it: pass more --photos, a smaller --backbone-lr" in sentence


def test_an_estimate_is_called_one() -> None:
    (sentence,) = forgotten({"replayed_phone": 0.88}, {"replayed_phone": 0.71})
    assert sentence.startswith("phone photos (a rough estimate from replayed features): 0.88 of the first ten fit")
    assert "may have forgotten some of it: pass --photos with --class-map to measure" in sentence


def test_without_figures_nothing_is_said() -> None:
    assert forgotten({}, {"replayed_phone": 0.71}) == []
