import pytest

from contracts.hold_out import is_held_out

# int(md5(title), 16) % 5 by md5sum and awk, so that no change of ours can move the split.
REMAINDERS = {"Red shirt": 2, "Blue dress": 3, "Wool coat": 2, "Silk scarf, Größe M": 0, "Shirt 12": 3}


def test_the_split_is_the_published_one() -> None:
    assert {title: is_held_out(title) for title in REMAINDERS} == {
        title: remainder == 0 for title, remainder in REMAINDERS.items()
    }


def test_about_one_title_in_five_is_held_out() -> None:
    share = sum(is_held_out(f"Shirt {number}") for number in range(5_000)) / 5_000
    assert 0.18 < share < 0.22
    share = sum(is_held_out(f"Shirt {number}", folds=10) for number in range(5_000)) / 5_000
    assert 0.085 < share < 0.115


def test_any_text_is_a_title() -> None:
    assert is_held_out("") in {True, False}
    assert is_held_out("Größe \N{DRESS}") == is_held_out("Größe \N{DRESS}")


@pytest.mark.parametrize("folds", [1, 0, -5])
def test_a_split_that_leaves_nothing_is_refused(folds: int) -> None:
    with pytest.raises(ValueError, match="folds must be 2 or more"):
        is_held_out("Shirt", folds)
