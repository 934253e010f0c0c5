"""The plan of a catalogue of full size, without drawing it."""

from collections import Counter, defaultdict

from tools.draw_catalogue.garments import CUTTERS
from tools.draw_catalogue.palette import PALETTE
from tools.draw_catalogue.patterns import PATTERNS
from tools.draw_catalogue.plan import plan_pictures
from tools.draw_catalogue.ranges import CATEGORIES, RANGES


def test_a_plan_is_sorted_unique_and_even() -> None:
    planned = plan_pictures(1200, 0)
    paths = [entry.path for entry in planned]
    assert paths == sorted(set(paths))
    assert len(paths) == 1200
    assert set(Counter(entry.label for entry in planned).values()) == {60}


def test_styles_have_look_alikes() -> None:
    styles = defaultdict(list)
    for entry in plan_pictures(1200, 0):
        styles[entry.path.split("/")[1]].append(entry)
    sizes = Counter(len(entries) for entries in styles.values())
    assert set(sizes) <= {1, 2, 3, 4}
    assert sizes[1] < len(CATEGORIES)
    for entries in styles.values():
        assert len({entry.design.number for entry in entries}) == 1
        assert len({entry.photo_seed for entry in entries}) == len(entries)
        assert len({entry.partition for entry in entries}) == 1
    twins = sum(len({entry.colourway for entry in entries}) < len(entries) for entries in styles.values())
    assert twins > len(styles) // 3


def test_every_partition_holds_every_category() -> None:
    held = defaultdict(set)
    for entry in plan_pictures(1200, 0):
        held[entry.partition].add(entry.label)
    assert {name: len(labels) for name, labels in held.items()} == {"train": 20, "val": 20, "test": 20}


def test_ranges_name_only_what_can_be_drawn() -> None:
    assert set(CUTTERS) == set(CATEGORIES)
    assert len(CATEGORIES) == 20
    for spread in RANGES.values():
        assert set(spread.patterns) <= {*PATTERNS, "Colour Block", "Graphic"}
        assert set(spread.colours) <= set(PALETTE)
