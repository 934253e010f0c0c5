"""The benchmarks run whole, on little: every figure is there and the peers did their work."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.built_once import built_once
from tests.launch.test_demo import draw_shop

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]


def run(*arguments: str) -> str:
    ended = subprocess.run([sys.executable, "-m", "lookalike", *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_once(tmp_path_factory, "benchmark-shop", draw_shop)


def test_extract(shop: Path) -> None:
    # A network that PyTorch runs in a third of the time that the default one takes.
    options = ["--checkpoint", "shipped:resnet18", "--pictures", "30", "--rounds", "1", "--accuracy-pictures", "30"]
    printed = run("benchmark", "extract", str(shop), *options)
    figures = json.loads(printed.splitlines()[-1])
    assert figures["pictures"] == 30
    assert figures["ratio"] == pytest.approx(figures["ours_per_s"] / figures["article_per_s"])
    assert 0.99 < figures["cosine_minimum"] <= figures["cosine_median"] <= 1.0001
    assert figures["overlap_512"] > 0.8


@pytest.fixture(scope="module")
def bundles(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    def build(folder: Path) -> None:
        run("extract", str(shop), "--out", str(folder / "embeddings"), "--checkpoint", "shipped:resnet18")
        run("index", "build", str(folder / "embeddings"), "--out", str(folder / "bundles"))

    return str(built_once(tmp_path_factory, "benchmark", build) / "bundles")


def test_http(shop: Path, bundles: str) -> None:
    printed = run(
        "benchmark", "http", bundles, "--photos", str(shop), "--photo-count", "10", "--rounds", "1", "--seconds", "1"
    )
    figures = json.loads(printed.splitlines()[-1])
    assert figures["items"] == 30
    assert all(value > 0 for value in figures.values())
    # This network finds no garments, and the output says so.
    assert "not looked for" in printed
    assert "detect_p50_ms" not in figures
    parts_ms = figures["decode_p50_ms"] + figures["network_p50_ms"] + 2 * figures["empty_job_p50_ms"]
    assert figures["post_ratio"] == pytest.approx(figures["post_p50_ms"] / parts_ms, abs=0.01)
    assert figures["many_ratio"] == pytest.approx(figures["many_per_s"] / figures["one_process_per_s"], abs=0.01)


def test_soak(shop: Path, bundles: str) -> None:
    options = ["--photo-count", "3", "--clients", "2", "--minutes", "0.03", "--every", "2"]
    options += ["--faults", "Redis emptied,Redis read-only"]
    figures = json.loads(run("benchmark", "soak", bundles, "--photos", str(shop), *options).splitlines()[-1])
    assert figures["right"] > 0
    assert figures["wrong"] == figures["unanswered"] == figures["late"] == 0
    assert figures["memory_first_mb"] > 0
    assert figures["faults"].keys() <= {"Redis emptied", "Redis read-only"}
    for fault in figures["faults"].values():
        assert fault["times"] == 1
        assert fault["slowest_recovery_s"] > 0


def test_load(shop: Path, bundles: str) -> None:
    pytest.importorskip("litserve", reason="LitServe is not installed")
    options = ["--photo-count", "6", "--clients", "2", "--rounds", "1", "--seconds", "1"]
    figures = json.loads(run("benchmark", "load", bundles, "--photos", str(shop), *options).splitlines()[-1])
    assert figures.pop("bound_per_s") > 0
    assert figures.pop("cores") > 0
    assert list(figures) == ["lookalike, 2 clients", "plain FastAPI, 2 clients", "LitServe, 2 clients"]
    for one in figures.values():
        assert one["errors"] == 0
        assert 0 < one["p50_ms"] <= one["p99_ms"]
        assert one["ours_to_it"] * one["per_s"] == pytest.approx(figures["lookalike, 2 clients"]["per_s"])


def test_live(bundles: str) -> None:
    options = ("--seconds", "1", "--changes-per-s", "20", "--searches-per-s", "20", "--writers", "2", "--visible", "2")
    figures = json.loads(run("benchmark", "live", bundles, *options).splitlines()[-1])
    assert figures["items"] > 0
    assert figures["paced_changes_per_s"] > 0
    assert 0 < figures["visible_p50_ms"] < 10_000
    assert figures["paced_refused"] == 0
