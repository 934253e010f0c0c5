"""A promotion never changes what a column is without being told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from index.attribute_problems import ATTRIBUTE_PROBLEMS
from index.building import build_bundle
from index.bundle import open_bundle
from index.bundle_manifest import read_manifest
from index.current_version import current_version
from index.versions.budget import Budget
from tests.index.promoting import promoted
from tests.index.version_folders import NOW, shop


def build(
    bundles: Path, hours: int, prices: Mapping[int, str] | None = None, kinds: Mapping[str, str] | None = None
) -> Path:
    """A version of the shop whose prices are numbers, except for some."""
    whole = shop(60)
    prices = prices or {}
    items = [
        replace(item, attributes={**item.attributes, "price": prices.get(row, str(row)), "sizes": "S|M"})
        for row, item in enumerate(whole.items)
    ]
    embedding_set = replace(whole, items=items)
    return build_bundle(embedding_set, bundles, components=20, kinds=kinds, now=NOW + timedelta(hours=hours)).folder


def test_a_few_odd_prices_change_nothing_and_are_listed(tmp_path: Path) -> None:
    before = build(tmp_path, 0)
    assert not (before / ATTRIBUTE_PROBLEMS).exists()
    after = build(tmp_path, 1, {3: 'on "request"'})
    assert (after / ATTRIBUTE_PROBLEMS).read_text() == 'item,column,value\ni3,price,"on ""request"""\n'
    assert read_manifest(after).kinds == {"kind": "text", "title": "text", "price": "number", "sizes": "text"}
    assert promoted(tmp_path, after.name, sample=10).promoted


def test_a_number_column_that_becomes_text_is_refused(tmp_path: Path) -> None:
    before = build(tmp_path, 0)
    after = build(tmp_path, 1, dict.fromkeys(range(20), "on request"))
    promotion = promoted(tmp_path, after.name, sample=10)
    assert not promotion.promoted
    (failed,) = (check for check in promotion.checks if not check.passed)
    assert (failed.name, failed.measured) == ("column kinds", "price number -> text")
    assert "--number price" in failed.fix
    assert "--allow-kind price" in failed.fix
    assert current_version(tmp_path) == before.name
    other = Budget(min_overlap=0.2, allowed_kinds=frozenset({"sizes"}))
    assert not promoted(tmp_path, after.name, budget=other, sample=10).promoted
    declared = build(tmp_path, 2, dict.fromkeys(range(20), "on request"), {"price": "number"})
    assert promoted(tmp_path, declared.name, sample=10).promoted
    allowed = Budget(min_overlap=0.2, allowed_kinds=frozenset({"price"}))
    assert promoted(tmp_path, after.name, budget=allowed, sample=10).promoted


@pytest.mark.parametrize(("kinds", "change"), [({"sizes": "list"}, "sizes list -> text"), ({"price": "text"}, "price")])
def test_a_declaration_that_is_forgotten_is_refused(tmp_path: Path, kinds: dict[str, str], change: str) -> None:
    build(tmp_path, 0, kinds=kinds)
    promotion = promoted(tmp_path, build(tmp_path, 1).name, sample=10)
    assert not promotion.promoted
    assert next(check.measured for check in promotion.checks if not check.passed).startswith(change)


def test_a_column_that_is_gone_is_refused(tmp_path: Path) -> None:
    build(tmp_path, 0)
    report = build_bundle(shop(60), tmp_path, components=20, now=NOW + timedelta(hours=1))
    promotion = promoted(tmp_path, report.version, sample=10)
    assert [check.measured for check in promotion.checks if not check.passed] == [
        "price number -> gone, sizes text -> gone"
    ]


def test_a_style_of_numbers_survives_the_disk(tmp_path: Path) -> None:
    opened = open_bundle(build(tmp_path, 0, {row: f"{row},50 €" for row in range(60)}))
    column = opened.attributes.columns["price"]
    assert column.kind.name == "number"
    assert column.rising[1][[0, -1]].tolist() == [0.5, 59.5]
