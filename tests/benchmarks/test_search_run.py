"""The benchmark runs whole, on little: tables, files, peers that are missing, options that do not fit."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.search import build_peak, kinds, machine, running
from benchmarks.search.curve import exponents, sizes
from benchmarks.search.findings import CurvePoint
from benchmarks.search.options import SearchOptions
from benchmarks.search.source import Source
from contracts.embedding_set import EmbeddingSet, ModelIdentity
from contracts.errors import BenchmarkError
from contracts.items import Item
from index.search_threads import search_threads
from lookalike import main
from storage.embeddings_folder import write_embeddings

MODEL = ModelIdentity("resnet18-0123456789ab", "resnet18", "imagenet:resnet18", 224)
ITEMS = 300


@pytest.fixture(scope="module")
def embeddings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    generator = np.random.default_rng(9)
    latent = generator.standard_normal((ITEMS, 48)) / np.sqrt(np.arange(1, 49))
    drawn = (latent @ generator.standard_normal((48, 512))).astype(np.float32)
    folder = tmp_path_factory.mktemp("search") / "embeddings"
    items = [Item(id=str(row), image=f"{row}.jpg", attributes={}) for row in range(ITEMS)]
    write_embeddings(folder, EmbeddingSet(items, drawn, MODEL, "/catalogue"))
    return folder


def options(embeddings: Path, **changed: object) -> SearchOptions:
    asked = {"embeddings": embeddings, "queries": 20, "rounds": 3, "build_peak": False, "seconds": 0.05, **changed}
    return SearchOptions(**asked)  # type: ignore[arg-type]


def test_all_that_is_installed_side_by_side(
    embeddings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert running.run(options(embeddings, selectivity=True, curve=True, concurrent=4, out=tmp_path / "out")) == 0
    printed = capsys.readouterr().out
    found = json.loads((tmp_path / "out" / "search.json").read_text())
    assert found["items"] == ITEMS - 10
    assert (found["from_gallery"], found["from_outside"]) == (10, 10)
    here, missing = kinds.installed(kinds.KINDS)
    figures = {engine["name"]: engine for engine in found["engines"]}
    assert list(figures) == [kind.name for kind in here]
    assert [left["name"] for left in found["left_out"]] == [left.name for left in missing]
    for name, engine in figures.items():
        assert engine["title"] in printed
        assert 0 < engine["both"]["p50"] <= engine["both"]["p90"] <= engine["both"]["p99"]
        assert engine["input_nbytes"] == (ITEMS - 10) * 4 * (512 if name.startswith("article") else found["components"])
    assert figures["ours"]["same_as_truth"] == 20
    assert figures["ours"]["recall"] == figures["article-naive"]["recall"] == figures["numpy"]["recall"] == 1.0
    assert figures["article-naive"]["recall_of_full"] == 1.0
    assert figures["ours"]["recall_of_full"] < 1.0, "thirty dimensions cannot hold them all"
    assert {point["filter"] for point in found["selectivity"]} == {"scattered", "together"}
    assert all(point["exact"] == point["queries"] == 20 for point in found["selectivity"])
    assert [point["items"] for point in found["curve"]["points"]] == [ITEMS - 10]
    assert found["concurrency"]["per_s"]["ours"] > 0
    assert set(found["concurrency"]["block_ms"]) == {"4", str(search_threads())}
    with Image.open(tmp_path / "out" / "search.png") as picture:
        assert picture.width > 800


def test_a_peer_that_is_missing_is_named_with_its_mend(
    embeddings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kinds, "find_spec", lambda module: None)
    assert running.run(options(embeddings, engines=["faiss-flat", "numpy"])) == 0
    printed = capsys.readouterr().out
    assert "left out: faiss-flat: faiss-cpu is not installed: pip install -e '.[benchmark]'" in printed
    assert "NumPy" in printed


def test_the_articles_need_memory_and_embeddings_before_the_reduction(
    embeddings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = running.find(options(embeddings, engines=["article-naive"], kind="mixture", items=500))
    assert [engine.name for engine in found.engines] == ["ours"]
    assert "a mixture is drawn after it" in found.left_out[0].why
    assert found.engines[0].same_as_truth == 20
    monkeypatch.setattr(machine, "free_bytes", lambda: 1_000_000)
    found = running.find(options(embeddings, engines=["article-naive"]))
    assert "pass fewer --items" in found.left_out[0].why


def test_a_builds_peak_is_more_than_its_vectors(tmp_path: Path) -> None:
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("this system does not tell a process's peak")
    vectors = np.zeros((200_000, 30), np.float32)
    vectors[:, 0] = 1.0
    np.save(tmp_path / "vectors.npy", vectors)
    peak = build_peak.measure("numpy", tmp_path / "vectors.npy")
    assert peak is not None
    assert 0.9 * vectors.nbytes < peak < 1.5 * vectors.nbytes, "NumPy keeps the vectors and makes nothing"


def test_a_build_that_fails_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match=r"numpy could not be built .* FileNotFoundError.* --no-build-peak"):
        build_peak.measure("numpy", tmp_path / "missing.npy")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"items": 0}, r"--items must be at least 1, got 0"),
        ({"k": 0}, r"--k must be at least 1"),
        ({"k": 400}, r"--k 400 is more than the 290 items; pass a smaller --k"),
        ({"items": 5}, r"--k 10 is more than the 5 items"),
        ({"items": 5, "k": 2}, r"--queries 20 needs half as many items, but there are 5; pass a smaller"),
        ({"queries": 1}, r"--queries must be at least 2"),
        ({"rounds": 21}, r"--rounds must be 1 to the 20 queries"),
        ({"engines": ["fais"]}, r"there is no engine 'fais'; --engines takes ours, article-naive, .*hnswlib"),
        ({"bundles": Path("bundles")}, r"pass either a folder of bundles or --embeddings"),
    ],
    ids=str,
)
def test_options_that_do_not_fit_are_sentences(embeddings: Path, changed: dict[str, object], message: str) -> None:
    with pytest.raises(BenchmarkError, match=message):
        running.run(options(embeddings, **changed))


def test_the_command_says_so_and_fails(embeddings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "search", "--embeddings", str(embeddings), "--engines", "fais"]) == 1
    assert "there is no engine 'fais'" in capsys.readouterr().err
    with pytest.raises(SystemExit) as wrong:
        main(["benchmark", "search", "--items", "0"])
    assert wrong.value.code == 2
    assert "must be at least 1, got 0" in capsys.readouterr().err


def test_the_curve_ends_with_all_items() -> None:
    assert sizes(290) == [290]
    assert sizes(10_000) == [10_000]
    assert sizes(139_709) == [10_000, 30_000, 100_000, 139_709]
    assert sizes(10_000_000)[-3:] == [1_000_000, 3_000_000, 10_000_000]


def test_exponents_are_slopes() -> None:
    points = [CurvePoint(n, {"ours": n**0.5, "faiss-flat": 3.0 * n}, None, 0.0) for n in (100, 1_000, 10_000)]
    assert exponents(points) == pytest.approx({"ours": 0.5, "faiss-flat": 1.0})
    assert exponents(points[:1]) == {}


def test_a_bundles_own_items(embeddings: Path, tmp_path: Path) -> None:
    bundles = tmp_path / "bundles"
    assert main(["index", "build", str(embeddings), "--out", str(bundles), "--components", "12"]) == 0
    found = running.find(SearchOptions(bundles=bundles, queries=20, rounds=3, engines=["numpy"], build_peak=False))
    assert (found.items, found.components) == (ITEMS - 10, 12)
    assert found.description.startswith("bundle 2")
    assert [engine.recall for engine in found.engines] == [1.0, 1.0]


def test_the_synthetic_embeddings_are_drawn_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.search import source, synthetic

    monkeypatch.setattr(synthetic, "ROWS", 1_200)
    first, second, other = source.synthetic(0), source.synthetic(0), source.synthetic(1)
    assert isinstance(first, Source)
    assert first.vectors.shape == (1_200, 30)
    assert np.array_equal(first.full, second.full)
    assert not np.array_equal(first.full, other.full)
