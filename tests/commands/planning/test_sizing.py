"""What a plan computes: sums, bounds, and that no need shrinks when the demand grows."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.planning import constants as known
from commands.planning.demand import Demand
from commands.planning.memory import bundle_bytes
from commands.planning.plan import Plan
from commands.planning.printing import as_text
from commands.planning.processes import photos_of_a_worker, search_seconds
from commands.planning.sizing import plan

SHOP = Demand(items=100_000, photos_per_s=5, searches_per_s=50, changes_per_hour=0, live=False, picture_bytes=200_000)
MOST_CHANGES = known.MOST_CHANGES.value * 3600
RATES = st.floats(0, 1e6)
DEMANDS = st.builds(
    Demand,
    items=st.integers(1, int(known.MOST_ITEMS.value)),
    photos_per_s=RATES,
    searches_per_s=RATES,
    changes_per_hour=st.floats(0, MOST_CHANGES),
    live=st.just(True),
    picture_bytes=st.floats(0, 1e9),
)


def amounts(made: Plan) -> dict[str, int]:
    return {line.part: line.amount for line in made.lines}


@given(DEMANDS, DEMANDS)
def test_no_need_shrinks_when_the_demand_grows(one: Demand, other: Demand) -> None:
    pairs = {
        field.name: max(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(Demand)
    }
    larger = amounts(plan(Demand(**pairs)))
    for part, amount in amounts(plan(one)).items():
        assert larger[part] >= amount, part


@given(DEMANDS)
def test_a_live_catalogue_needs_no_less(demand: Demand) -> None:
    still = dataclasses.replace(demand, live=False, changes_per_hour=0)
    live = amounts(plan(dataclasses.replace(still, live=True)))
    for part, amount in amounts(plan(still)).items():
        assert live[part] >= amount, part
    assert live["database"] > 0
    assert live["workers"] >= 1


@given(DEMANDS)
def test_the_sums_are_sums_and_every_line_can_be_printed(demand: Demand) -> None:
    made = plan(demand)
    needs = amounts(made)
    memory = ("API memory", "page cache", "worker memory", "importer memory", "Redis memory", "building an index")
    disk = ("embeddings", "bundles", "pictures", "thumbnails", "database")
    assert needs["memory"] == sum(needs[part] for part in memory)
    assert needs["disk"] == sum(needs[part] for part in disk)
    assert len(needs) == len(made.lines)
    assert all(each in known.ALL for each in made.constants)
    assert all(text == text.rstrip() and "nan" not in text.split() for text in as_text(made))


@given(DEMANDS)
def test_processes_stay_within_their_share_of_what_was_measured(demand: Demand) -> None:
    needs = amounts(plan(demand))
    pictures = demand.photos_per_s + demand.changes_per_s
    assert pictures <= needs["workers"] * photos_of_a_worker() * known.LOAD.value * (1 + 1e-6)
    busy = demand.searches_per_s * search_seconds(demand.items)
    assert busy <= needs["API processes"] * known.LOAD.value * (1 + 1e-6)


def test_a_shop() -> None:
    needs = amounts(plan(SHOP))
    assert (needs["API processes"], needs["workers"], needs["cores"]) == (2, 1, 4)
    assert needs["bundles"] == 6 * bundle_bytes(100_000)
    # 5 photos a second for ten seconds, 2.9 MB each, in half of it.
    assert needs["Redis maxmemory"] == 290_000_000
    assert needs["pictures"] == 20_000_000_000
    assert "database" not in needs


def test_the_measured_catalogue_has_the_measured_sizes() -> None:
    items = int(known.MEASURED_ITEMS.value)
    needs = amounts(plan(dataclasses.replace(SHOP, items=items, live=True)))
    assert bundle_bytes(items) == known.BUNDLE.value
    assert needs["database"] == known.DATABASE.value
    assert needs["first extraction"] == known.EXTRACTION.value


def test_search_time_is_the_documented_formula() -> None:
    assert search_seconds(10_000_000) == pytest.approx(1 / 908 + 0.0023)
    assert search_seconds(100_000_000) - 1 / 908 == pytest.approx(0.0023 * 10**0.68)
    assert math.isclose(photos_of_a_worker(), 1 / (1 / 124 + 0.011))


def test_without_photos_and_changes_no_worker_is_planned() -> None:
    needs = amounts(plan(dataclasses.replace(SHOP, photos_per_s=0)))
    assert (needs["workers"], "worker memory" in needs) == (0, False)


@pytest.mark.parametrize(
    ("items", "said"), [(100_000, []), (10_500_000, ["extrapolated"]), (200_000_000, ["extrapolated", "large machine"])]
)
def test_notes_say_where_figures_end(items: int, said: list[str]) -> None:
    notes = " ".join(plan(dataclasses.replace(SHOP, items=items)).notes)
    assert "No figure was measured on a GPU" in notes
    assert [word for word in ("extrapolated", "large machine") if word in notes] == said
