import numpy as np
import pytest

from contracts.hold_out import MOST_TITLES, belonging, held_out, is_held_out
from contracts.items import Item

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


def titled(*titles: str) -> list[Item]:
    return [Item(str(row), f"{row}.jpg", {"title": title}) for row, title in enumerate(titles)]


def test_titles_that_share_a_picture_are_on_one_side_together_with_all_of_their_pictures() -> None:
    # Each pair of titles has a picture in common, and each title one more.
    items = titled(*(f"Shirt {number // 2}" for number in range(4_000)))
    pictures = [f"pair {row // 4}" if row % 2 else f"own {row}" for row in range(4_000)]
    out = held_out(items, pictures)
    assert (out.reshape(-1, 4) == out.reshape(-1, 4)[:, :1]).all()
    assert 0.16 < out.mean() < 0.24
    assert (belonging(items, pictures) == np.arange(4_000) // 4).all()


def test_the_split_does_not_depend_on_the_order_or_on_items_that_share_nothing() -> None:
    items = titled(*(f"Shirt {number}" for number in range(300)))
    pictures = [row % 100 for row in range(300)]
    out = held_out(items, pictures)
    assert held_out(items[::-1], pictures[::-1]).tolist() == out[::-1].tolist()
    kept = [row for row in range(300) if row % 100 < 50]
    assert held_out([items[row] for row in kept], [pictures[row] for row in kept]).tolist() == out[kept].tolist()


def test_unknown_pictures_tie_nothing() -> None:
    items = titled(*(f"Shirt {number}" for number in range(100)))
    assert held_out(items, [None] * 100).tolist() == [is_held_out(item.attributes["title"]) for item in items]


def test_a_stand_in_picture_is_on_one_side_but_ties_no_titles() -> None:
    items = titled(*(f"Shirt {number // 2}" for number in range(1_000)))
    pictures = ["picture follows" if row % 2 else f"own {row}" for row in range(1_000)]
    out = held_out(items, pictures)
    assert len(set(out[1::2].tolist())) == 1
    assert out[::2].tolist() == [is_held_out(item.attributes["title"]) for item in items[::2]]
    few = 2 * MOST_TITLES
    assert len(set(belonging(items[:few], pictures[:few]).tolist())) == 1
