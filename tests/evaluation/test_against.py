import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contracts.embedding_set import EmbeddingSet
from contracts.items import Item
from evaluation.against import compare_networks
from evaluation.bootstrap import ClusterBootstrap
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import evaluate
from evaluation.evaluating_pairs import evaluate_pair
from evaluation.metrics import Metric, score
from evaluation.siblings import groups_by
from lookalike import main
from storage.embeddings_folder import write_embeddings
from tests.evaluation.sets import MODEL, OTHER, clustered, drawn, settings

KINDS = ["Tee", "Shirt", "Cap"]


def network(noise: float, *, seed: int = 1, other: bool = False) -> EvaluatedSet:
    found = clustered(KINDS, 30, noise=noise, seed=seed)
    return replace(found, embeddings=replace(found.embeddings, model=OTHER if other else MODEL))


MEASURES: list[tuple[Metric, int]] = [
    ("recall", 1),
    ("recall", 10),
    ("precision", 10),
    ("mean_average_precision", 10),
]
GOOD, BAD = network(1.0), network(6.0, seed=2, other=True)


def test_differences_are_those_of_the_same_resamples_of_both_networks() -> None:
    chosen = settings(["type"])
    ours, theirs = evaluate(GOOD, GOOD, chosen), evaluate(BAD, BAD, chosen)
    against = compare_networks(ours, theirs, GOOD, OTHER)
    assert [paired.exclude_pictures for paired in against.spaces] == [False, True]
    for paired, one, two in zip(against.spaces, ours.all_judged, theirs.all_judged, strict=True):
        _, groups = np.unique(groups_by("title", GOOD.items)[one.queries], return_inverse=True)
        bootstrap = ClusterBootstrap(groups, resamples=50)
        for measure, (metric, k) in zip(paired.measures, MEASURES, strict=False):
            left, right = (score(metric, judged.right["full"], judged.relevant, k)[:, None] for judged in (one, two))
            apart = bootstrap.means(left)[:, 0] - bootstrap.means(right)[:, 0]
            low, high = np.quantile(apart, [0.025, 0.975])
            assert (measure.value, measure.other) == pytest.approx((left.mean(), right.mean()))
            assert measure.difference.value == pytest.approx(left.mean() - right.mean())
            assert (measure.difference.low, measure.difference.high) == pytest.approx((low, high))
        macro, reported = paired.measures[4], one.measurement.spaces[0].macro_precision_at_10
        assert macro.value == pytest.approx(reported.value)


def test_better_worse_and_within_the_noise() -> None:
    chosen = settings(["type"])
    verdicts = {}
    for name, (one, two) in {"better": (GOOD, BAD), "worse": (BAD, GOOD), "within the noise": (GOOD, GOOD)}.items():
        evaluation, _ = evaluate_pair((one, one), (two, two), chosen, lambda *_: None)
        assert evaluation.findings.against is not None
        verdicts[name] = evaluation.findings.against.spaces[-1].measures[0].verdict
    assert verdicts == {name: name for name in verdicts}
    alone, _ = evaluate_pair(
        (GOOD, GOOD), (BAD, BAD), settings(["type"], group="colour", exclude_same=()), lambda *_: None
    )
    assert alone.findings.against is not None
    assert {measure.verdict for measure in alone.findings.against.spaces[0].measures} == {"cannot be told"}


def test_what_is_nearly_the_same_for_one_network_is_left_out_for_both() -> None:
    """Only the first network sees that each two items show the same picture; the second must not gain by it."""
    vectors = np.array(GOOD.embeddings.embeddings)
    vectors[1::2] = vectors[::2]
    one = replace(GOOD, embeddings=replace(GOOD.embeddings, embeddings=vectors))
    evaluation, _ = evaluate_pair((one, one), (BAD, BAD), settings(["type"]), lambda *_: None)
    swapped, _ = evaluate_pair((BAD, BAD), (one, one), settings(["type"]), lambda *_: None)
    assert evaluation.findings.against is not None
    assert swapped.findings.against is not None
    for paired, back in zip(evaluation.findings.against.spaces, swapped.findings.against.spaces, strict=True):
        assert paired.queries == back.queries
        assert [(m.value, m.other) for m in paired.measures] == [(m.other, m.value) for m in back.measures]


def folder(path: Path, evaluated: EvaluatedSet, numbers: list[int]) -> Path:
    """Some of the set as a folder of embeddings, each picture with a digest of its own."""
    rows = evaluated.rows(numbers).embeddings
    write_embeddings(path, rows, [bytes([1 + number]) * 32 for number in numbers])
    return path


def run(*words: object) -> int:
    return main(["evaluate", *map(str, words), "--relevant", "type", "--space", "full"])


def test_the_command_compares_what_both_folders_have(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictured = drawn(tmp_path / "shop", GOOD)
    ours = folder(tmp_path / "ours", pictured, list(range(80)))
    # In another order, without the first ten, with items of its own, and with a relabelled and a changed one.
    theirs = BAD.embeddings
    items = [
        replace(item, attributes={"type": "Wrong"}) if row == 20 else item for row, item in enumerate(theirs.items)
    ]
    kept = list(range(89, 9, -1))
    rows = EmbeddingSet([items[row] for row in kept], theirs.embeddings[kept], OTHER, "/catalogue")
    write_embeddings(tmp_path / "theirs", rows, [bytes([1 + row if row != 30 else 255]) * 32 for row in kept])
    out = tmp_path / "out"
    assert run("--gallery", ours, "--queries", ours, "--against", tmp_path / "theirs", "--out", out) == 0
    said = capsys.readouterr().out
    assert f"{MODEL.version} against {OTHER.version}, over the same queries:" in said
    assert f"{MODEL.version} is better than {OTHER.version} (recall@1 " in said
    left = "Left out: 10 that only the evaluated one has, 10 that only the other has; 1 with another picture in each."
    assert f"The comparison is over the 69 gallery items that both folders have. {left}" in said
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["against"]["model"]["version"] == OTHER.version
    plain, without = metrics["against"]["spaces"]
    assert (plain["space"], plain["queries"]) == ("full", 69)
    assert plain["measures"][0]["difference"]["low"] > 0
    assert without["exclude_pictures"] is True
    report = (out / "report.html").read_text()
    assert f"Against {OTHER.version}" in report
    assert "is better than" in report
    assert left in report


def test_queries_of_their_own_need_a_folder_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gallery, other_gallery = (folder(tmp_path / name, one, list(range(60))) for name, one in (("a", GOOD), ("b", BAD)))
    queries, other_queries = (
        folder(tmp_path / name, one, list(range(60, 90))) for name, one in (("c", GOOD), ("d", BAD))
    )
    chosen = ("--gallery", gallery, "--queries", queries, "--out", tmp_path / "out")
    assert run(*chosen, "--against", other_gallery, other_queries) == 0
    assert "30 queries judged" in capsys.readouterr().out
    assert run(*chosen, "--against", other_gallery) == 1
    assert "--against needs two folders here, because gallery and queries are two" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("against", "message"),
    [
        (["ours"], "which is what is evaluated; name another network's embeddings"),
        (["ours", "ours"], "--against needs one folder here"),
        (["nowhere"], "holds no embeddings: manifest.json is missing"),
        (["strange"], "the two folders have no gallery items in common, of 30 and 1"),
    ],
)
def test_bad_input_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], against: list[str], message: str
) -> None:
    ours = folder(tmp_path / "ours", GOOD, list(range(30)))
    vectors = np.ones((1, 512), np.float32)
    write_embeddings(tmp_path / "strange", EmbeddingSet([Item("strange", "x.jpg")], vectors, OTHER, "/catalogue"))
    others = [tmp_path / name for name in against]
    assert run("--gallery", ours, "--queries", ours, "--out", tmp_path / "out", "--against", *others) == 1
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
