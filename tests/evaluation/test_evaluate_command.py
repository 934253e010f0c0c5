import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from commands import evaluate as evaluate_command
from commands import index as index_command
from contracts.items import Item
from contracts.search_defaults import RERANKED
from evaluation.evaluated_set import EvaluatedSet
from lookalike import main
from tests.evaluation.sets import clustered, drawn, written

KINDS = ("Tee", "Shirt", "Dress")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return written(tmp_path / "embeddings", drawn(tmp_path / "shop", clustered(KINDS, 30, noise=2.0, seed=1)))


def run(folder: Path, out: Path, *more: str, relevant: Sequence[str] = ("type",)) -> int:
    meanings = [argument for attributes in relevant for argument in ("--relevant", attributes)]
    return main(["evaluate", "--gallery", str(folder), "--queries", str(folder), "--out", str(out), *meanings, *more])


def test_a_run_gives_a_table_json_and_a_page(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shop, tmp_path / "out", relevant=("type", "type,colour")) == 0
    said = capsys.readouterr()
    assert "Searching" in said.err
    assert said.out.startswith("90 queries in 90 items by resnet18-0123456789ab\n")
    assert "Relevant: same type and colour; gallery: without items of the same title" in said.out
    lines = said.out.splitlines()
    assert lines[8].split() == ["k"] + ["full", "reduced", "served"] * 3
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["format"] == 2
    assert metrics["model"]["version"] == "resnet18-0123456789ab"
    assert metrics["settings"]["reduction"] == {"scaling": "l2", "components": 30, "whiten": False, "rerank": 400}
    assert metrics["sources"]["held_out"] is False
    assert len(metrics["measurements"]) == 4
    first = metrics["measurements"][0]
    assert [figures["space"] for figures in first["spaces"]] == ["full", "reduced", "served"]
    recall = first["spaces"][0]["at"][0]["recall"]
    assert 0.0 <= recall["low"] <= recall["value"] <= recall["high"] <= 1.0
    assert [found["name"] for found in first["spaces"][0]["classes"]] == ["Dress", "Shirt", "Tee"]
    assert {(found["space"], found["minus"]) for found in first["differences"]} == {
        ("full", "reduced"),
        ("full", "served"),
        ("served", "reduced"),
    }
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["metrics.json", "report.html"]


def test_the_same_seed_gives_the_same_figures(shop: Path, tmp_path: Path) -> None:
    def figures(name: str, *more: str) -> object:
        # Min-max makes some mistakes on this set: intervals without any would be all the same.
        assert run(shop, tmp_path / name, "--scaling", "minmax", *more) == 0
        return json.loads((tmp_path / name / "metrics.json").read_text())["measurements"]

    assert figures("a") == figures("b")
    assert figures("a") != figures("c", "--seed", "1")


def test_spaces_siblings_and_titles_can_be_narrowed(shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(shop, out, "--space", "reduced", "--exclude-same", "none", "--group", "none", "--held-out") == 0
    metrics = json.loads((out / "metrics.json").read_text())
    assert 0 < metrics["queries"] < metrics["gallery"] == 90
    (measurement,) = metrics["measurements"]
    assert [figures["space"] for figures in measurement["spaces"]] == ["reduced"]
    assert measurement["groups"] == measurement["queries"]


def test_partitions_make_query_and_gallery(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = clustered(KINDS, 10, noise=1.0, seed=2)
    items = [
        Item(item.id, item.image, {"item_id": item.attributes["title"]}, None, "query" if row % 2 else "gallery")
        for row, item in enumerate(whole.items)
    ]
    embeddings = type(whole.embeddings)(items, whole.embeddings.embeddings, whole.embeddings.model, "/catalogue")
    folder = written(tmp_path / "embeddings", EvaluatedSet(embeddings, whole.digests))
    parts = ("--query-partition", "query", "--gallery-partition", "gallery")
    assert run(folder, tmp_path / "out", *parts, relevant=("item_id",)) == 0
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert (metrics["queries"], metrics["gallery"], metrics["queries_in_gallery"]) == (15, 15, 0)
    capsys.readouterr()
    assert run(folder, tmp_path / "out", "--query-partition", "test", relevant=("item_id",)) == 1
    assert "there are gallery, query" in capsys.readouterr().err


def test_failures_say_what_to_do_and_leave_nothing(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    assert run(shop, blocked) == 1
    assert "name another folder with --out" in capsys.readouterr().err
    assert run(shop, tmp_path / "out", relevant=("sleeve",)) == 1
    assert "no gallery item has the attribute 'sleeve'" in capsys.readouterr().err
    assert run(shop, tmp_path / "out", "--class-map", str(tmp_path / "nowhere.json")) == 1
    assert "class map" in capsys.readouterr().err
    assert not any((tmp_path / "out").iterdir())
    assert run(shop, tmp_path / "out", "--rerank", "0") == 0
    before = (tmp_path / "out" / "metrics.json").read_bytes()
    assert run(shop, tmp_path / "out", relevant=("sleeve",)) == 1
    assert (tmp_path / "out" / "metrics.json").read_bytes() == before


def test_what_is_evaluated_is_what_is_built() -> None:
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers()
    evaluate_command.add_verb(verbs)
    index_command.add_verb(verbs)
    evaluated = parser.parse_args(["evaluate", "--gallery", "g", "--queries", "q", "--relevant", "type", "--out", "o"])
    built = parser.parse_args(["index", "build", "e", "--out", "o"])
    for name in ("scaling", "components", "whiten"):
        assert getattr(evaluated, name) == getattr(built, name), name
    assert evaluated.rerank == RERANKED
