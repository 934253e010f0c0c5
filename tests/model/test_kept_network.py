"""`lookalike extract` with a network of timm, whose checkpoint stays beside the embeddings."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from index.bundle_manifest import read_manifest
from index.current_version import current_version
from lookalike import main
from model.checkpoint import load_checkpoint
from model.description import read_description
from model.loading import load_engine
from model.published_networks import load_foreign
from model.shipped_networks import source_of
from storage.embeddings_folder import read_embeddings, read_identity
from tests.model.training_catalogue import colour_catalogue

NAME = "timm:test_resnet"
Extract = Callable[..., int]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One picture more than the network has features."""
    root = tmp_path_factory.mktemp("catalogue")
    colour_catalogue(root, each=33)
    return root


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "net.safetensors"
    torch.manual_seed(5)
    save_file(timm.create_model("test_resnet").state_dict(), path)
    return path


@pytest.fixture(scope="module")
def extracted(catalogue: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Embeddings by a PCA that was fitted to the catalogue."""
    out = tmp_path_factory.mktemp("work") / "embeddings"
    options = ["--checkpoint", NAME, "--weights", str(weights), "--projection", "pca", "--device", "cpu"]
    assert main(["extract", str(catalogue), "--out", str(out), *options]) == 0
    return out


def test_the_network_is_kept_and_can_be_served_without_the_hub(extracted: Path, tmp_path: Path) -> None:
    identity = read_identity(extracted)
    assert identity is not None
    assert identity.source == str(extracted / "network")
    assert identity.held_out_by == "untrained"
    assert main(["index", "build", str(extracted), "--out", str(tmp_path / "bundles")]) == 0
    wanted = read_manifest(tmp_path / "bundles" / current_version(tmp_path / "bundles")).model
    engine = load_engine(source_of(wanted), engine="openvino", device="cpu", threads=1)
    assert engine.identity == wanted == identity


def test_a_pca_centres_the_embeddings_of_its_catalogue(extracted: Path) -> None:
    embeddings = read_embeddings(extracted).embeddings
    assert np.abs(embeddings.mean(axis=0)).max() < 0.01 * np.abs(embeddings).max()
    # Of the network's 96 features all are kept.
    assert not np.asarray(embeddings)[:, 96:].any()
    variances = np.asarray(embeddings).var(axis=0)[:10]
    assert (np.diff(variances) < 0).all()


def test_a_second_run_takes_the_kept_network(
    extracted: Path, catalogue: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(extracted, moved)
    before = (moved / "network" / "checkpoint.json").read_bytes()
    assert main(["extract", str(catalogue), "--out", str(moved), "--device", "cpu"]) == 0
    assert "0 pictures embedded" in capsys.readouterr().out
    same = ["--checkpoint", NAME, "--weights", str(weights), "--projection", "pca", "--device", "cpu"]
    assert main(["extract", str(catalogue), "--out", str(moved), *same]) == 0
    assert "0 pictures embedded" in capsys.readouterr().out
    assert (moved / "network" / "checkpoint.json").read_bytes() == before


def test_another_network_is_refused_and_the_kept_one_stays(
    extracted: Path, catalogue: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ["--checkpoint", NAME, "--weights", str(weights), "--fit", "unframe", "--device", "cpu"]
    assert main(["extract", str(catalogue), "--out", str(extracted), *other]) == 1
    assert "(it differs in: fit, projection); leave the network out" in capsys.readouterr().err
    assert load_checkpoint(extracted / "network").version == getattr(read_identity(extracted), "version", None)


def test_a_pca_of_too_few_pictures_leaves_nothing(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    colour_catalogue(tmp_path / "few", each=2)
    options = ["--network", NAME, "--weights", str(weights), "--projection", "pca", "--device", "cpu"]
    assert main(["extract", str(tmp_path / "few"), "--out", str(tmp_path / "out"), *options]) == 1
    assert "needs more than 96 different pictures, and there are 6; pass --projection fixed" in capsys.readouterr().err
    assert not (tmp_path / "out" / "network").exists()


def test_the_version_of_a_published_network_is_that_of_its_checkpoint(weights: Path, tmp_path: Path) -> None:
    from model.checkpoint import save_checkpoint

    loaded = load_foreign(NAME, weights)
    assert save_checkpoint(tmp_path, loaded.network, loaded.preprocessing, {}, origin={}) == loaded.version
    assert loaded.version.startswith("timm-test_resnet.r160_in1k-")
    assert (loaded.preprocessing.fit, loaded.preprocessing.colours) == ("crop", "srgb")
    assert load_foreign(NAME, weights, "unframe").preprocessing.fit == "unframe"
    description = read_description(tmp_path)
    assert description.graph is not None
    exact = load_engine(str(tmp_path), engine="torch", device="cpu", threads=1)
    pictures = np.random.default_rng(1).integers(0, 256, (5, 3, 160, 160), dtype=np.uint8)
    for engine in ("openvino", "onnxruntime"):
        found = load_engine(str(tmp_path), engine=engine, device="cpu", threads=1)
        assert found.identity == exact.identity
        assert np.allclose(found.embed(pictures).embeddings, exact.embed(pictures).embeddings, atol=1e-4)


@pytest.mark.parametrize(
    "options",
    [["--projection", "pca"], ["--fit", "own", "--network", "resnet18"], ["--weights", "x", "--checkpoint", "shipped"]],
)
def test_options_of_a_foreign_network_without_one(
    options: list[str], catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["extract", str(catalogue), "--out", str(tmp_path), *options]) == 1
    assert (
        f"{next(o for o in options if o in ('--projection', '--fit', '--weights'))} belongs to a network timm:NAME"
        in (capsys.readouterr().err)
    )
