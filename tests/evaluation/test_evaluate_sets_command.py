"""`lookalike evaluate` with several sets of queries."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet
from lookalike import main
from storage.embeddings_folder import write_embeddings
from tests.evaluation.sets import MODEL, OTHER, clustered, drawn, make

KINDS = ("Tee", "Shirt", "Dress")


def relabelled(shop: EvaluatedSet, kind: str) -> EvaluatedSet:
    """The same embeddings as pictures of classes that a class map knows, every second one in the partition `test`."""
    items = [
        Item(
            f"{kind}{row}",
            item.image,
            {"category": f"{kind}-{item.attributes['type']}"},
            None,
            "test" if row % 2 else "train",
        )
        for row, item in enumerate(shop.items)
    ]
    return make(items, np.asarray(shop.embeddings.embeddings, np.float64)[:, :40])


def written(folder: Path, evaluated: EvaluatedSet) -> None:
    """The set as a folder of embeddings; of all folders, only the first item of the shop and of the street share a
    picture."""
    name = folder.name.removeprefix("other-")
    pictures = [f"{name if row else name.replace('street', 'shop')} {row}" for row in range(len(evaluated.items))]
    digests = [hashlib.sha256(picture.encode()).digest() for picture in pictures]
    write_embeddings(folder, evaluated.embeddings, digests)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sets")
    shop = drawn(root / "pictures", clustered(KINDS, 20, noise=4.0, seed=1))
    photos = clustered(KINDS, 4, noise=4.0, seed=2)
    sets = {"shop": shop, "phone": relabelled(photos, "photo"), "street": relabelled(photos, "street")}
    for name, found in sets.items():
        written(root / name, found)
        vectors = np.asarray(found.embeddings.embeddings)[:, :40]
        noise = np.random.default_rng(5).normal(0, 6, vectors.shape)
        written(root / f"other-{name}", make(found.items, vectors + noise, OTHER))
    fits = {f"{kind}-{value}": [value] for kind in ("photo", "street") for value in KINDS}
    (root / "map.json").write_text(json.dumps(fits))
    return root


def run(folders: Path, out: Path, *more: str) -> int:
    both = ("--relevant", "type", "--relevant", "type,colour")
    maps = ("--class-map", str(folders / "map.json"))
    return main(["evaluate", "--gallery", str(folders / "shop"), "--out", str(out), *both, *maps, *more])


def named(folders: Path, *names: str) -> list[str]:
    return [argument for name in names for argument in ("--queries", f"{name}={folders / name}")]


def test_each_set_has_its_figures_and_its_part_of_the_report(
    folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queries = named(folders, "shop", "phone", "street")
    assert run(folders, tmp_path, *queries, "--held-out", "shop", "--query-partition", "street=test") == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["format"], list(metrics["sets"])) == (3, ["shop", "phone", "street"])
    shop, phone, street = metrics["sets"].values()
    assert 0 < shop["queries"] < 60
    assert (phone["queries"], street["queries"]) == (12, 6)
    assert [found["sources"]["held_out"] for found in (shop, phone, street)] == [True, False, False]
    # Products say themselves what they are, photos by the class map, and photos have no colour.
    assert [found["settings"]["class_map"] is None for found in (shop, phone, street)] == [True, False, False]
    assert [len(found["settings"]["relevant"]) for found in (shop, phone, street)] == [2, 1, 1]
    assert "Not judged by type and colour: no query of this set has colour." in phone["notes"]
    for found in (shop, phone, street):
        assert len(found["scores"]) == len(found["settings"]["relevant"])
        (confusion,) = found["confusions"]
        judged = found["measurements"][0]["queries"]
        assert sum(asked["results"] for asked in confusion["classes"]) == 10 * judged
        assert sum(found["scores"][0]["right"] + found["scores"][0]["wrong"]) == 20 * judged
        assert found["scores"][0]["auto"]["queries"] == judged
    said = capsys.readouterr().out
    assert said.startswith("3 sets of queries in 60 items by resnet18-0123456789ab; served\n")
    for words in ("== phone ==", "Asked for (category), was given (type)", "min_score=auto ends a list"):
        assert words in said
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for name in ("shop: same type and colour", "phone: type fits", "street: type fits"):
        assert f"<h2>{name}" in page
    assert page.count("Asked for, was given</h3>") == 3
    assert page.count("Scores, to choose a min_score</h3>") == 4
    assert page.count("Where it fails</h3>") == 4


def test_the_figures_are_those_of_each_set_alone(folders: Path, tmp_path: Path) -> None:
    def measured(name: str) -> tuple[object, ...]:
        metrics = json.loads((tmp_path / name / "metrics.json").read_text())
        found = metrics["sets"][name] if "sets" in metrics else metrics
        return found["measurements"], found["confusions"], found["scores"]

    assert run(folders, tmp_path / "both", *named(folders, "phone", "street"), "--space", "served") == 0
    both = json.loads((tmp_path / "both" / "metrics.json").read_text())["sets"]
    assert [len(found["measurements"]) for found in both.values()] == [1, 2]
    for name in ("phone", "street"):
        alone = ["--queries", str(folders / name), "--space", "served", "--relevant", "type"]
        out = tmp_path / name
        arguments = ["evaluate", "--gallery", str(folders / "shop"), "--out", str(out), *alone]
        assert main([*arguments, "--class-map", str(folders / "map.json")]) == 0
        assert measured(name) == (both[name]["measurements"], both[name]["confusions"], both[name]["scores"])


def test_each_set_is_compared_with_another_network(
    folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    against = [str(folders / "other-shop"), f"street={folders / 'other-street'}", str(folders / "other-phone")]
    queries = named(folders, "shop", "phone", "street")
    assert run(folders, tmp_path, *queries, "--space", "reduced", "--against", *against) == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())["sets"]
    for name, found in metrics.items():
        assert found["against"]["model"]["version"] == OTHER.version
        assert {paired["space"] for paired in found["against"]["spaces"]} == {"reduced"}
        measure = found["against"]["spaces"][0]["measures"][2]
        assert measure["value"] > measure["other"], name
        assert found["scores"] == []
    said = capsys.readouterr().out
    assert said.count(f"{MODEL.version} against {OTHER.version}, over the same queries") == 3
    assert said.count("A min_score is compared with scores as served, which were not measured here") == 3


def test_sets_that_cannot_be_evaluated_are_named(
    folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    written(empty, make([], np.zeros((0, 3))))
    out = tmp_path / "out"
    unknown = tmp_path / "unknown.json"
    unknown.write_text(json.dumps({f"photo-{kind}": ["Teee"] for kind in KINDS}))
    photos = ["--queries", f"phone={folders / 'phone'}"]
    assert run(folders, out, *photos, "--class-map", f"phone={unknown}", "--space", "full") == 1
    assert "check the values that the class map names" in capsys.readouterr().err
    for queries, said in (
        ([f"phone={folders / 'phone'}", f"phone={folders / 'street'}"], "two sets of queries are called 'phone'"),
        (
            [f"a={folders / 'phone'}", f"b={folders / 'other-street'}"],
            "the set of queries 'b': the gallery's embeddings",
        ),
        ([f"a={folders / 'phone'}", f"b={empty}"], "the set of queries 'b': "),
        ([f"a={folders / 'phone'}", f"b={folders / 'nowhere'}"], "the set of queries 'b': "),
    ):
        capsys.readouterr()
        assert run(folders, out, *(argument for text in queries for argument in ("--queries", text))) == 1
        complaint = capsys.readouterr().err
        assert said in complaint
        assert "Traceback" not in complaint
    assert not any(out.iterdir())
