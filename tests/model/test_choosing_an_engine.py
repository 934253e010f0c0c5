"""Which engine runs a network, in which precision, and what is said about it."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import ModelError
from model import precision_choice
from model.cache_folder import cache_folder
from model.checkpoint import save_checkpoint
from model.description import read_description
from model.engines import choosing, kept_checks
from model.engines.choosing import choose_engine
from model.engines.kept_checks import kept_check
from model.engines.precision_check import PrecisionCheck, compare_precision
from model.engines.processor import computes_bfloat16, computes_int8
from model.loading import load_engine
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing
from model.shipped_networks import SHIPPED_FOLDERS
from tests.model.tiny_backbone import tiny_resnet18

PREPROCESSING = Preprocessing(64, "pad", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
GOOD = PrecisionCheck(500, 0.9999, 0.999, 0.99)
BAD = PrecisionCheck(500, 0.9999, 0.999, 0.96)


@pytest.fixture
def tiny_backbone() -> Iterator[None]:
    """Of each test alone, for others here load the shipped networks."""
    with tiny_resnet18():
        yield


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """What is installed, and whether there is a GPU; to be changed by a test."""
    has = {"torch": True, "openvino": True, "onnxruntime": True, "gpu": False}
    monkeypatch.setattr(choosing, "is_installed", lambda package: has[package])
    monkeypatch.setattr(choosing, "has_torch_gpu", lambda: has["gpu"] and has["torch"])
    return has


@pytest.fixture
def saved(tmp_path: Path, tiny_backbone: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    save_checkpoint(tmp_path / "checkpoint", LookalikeNetwork("resnet18"), PREPROCESSING, {})
    return tmp_path / "checkpoint"


@pytest.mark.parametrize(
    ("lacking", "device", "precision", "has_graph", "expected"),
    [
        ((), "auto", "auto", True, "openvino"),
        ((), "cpu", "bfloat16", True, "openvino"),
        (("torch",), "auto", "auto", True, "openvino"),
        ((), "auto", "auto", False, "torch"),
        ((), "cuda", "auto", True, "torch"),
        ((), "auto", "float16", True, "torch"),
        (("openvino",), "auto", "auto", True, "onnxruntime"),
        (("openvino",), "cpu", "bfloat16", True, "torch"),
        (("openvino", "onnxruntime"), "auto", "auto", True, "torch"),
    ],
)
def test_auto(
    machine: dict[str, bool], lacking: tuple[str, ...], device: str, precision: str, has_graph: bool, expected: str
) -> None:
    machine.update(dict.fromkeys(lacking, False))
    assert choose_engine("auto", device=device, precision=precision, has_graph=has_graph).engine == expected


def test_a_gpu_is_used_unless_the_cpu_is_asked_for(machine: dict[str, bool]) -> None:
    machine["gpu"] = True
    choice = choose_engine("auto", device="auto", precision="auto", has_graph=True)
    assert (choice.engine, choice.because) == ("torch", "there is a GPU")
    assert choose_engine("auto", device="cpu", precision="auto", has_graph=True).engine == "openvino"


@pytest.mark.parametrize(
    ("wanted", "lacking", "device", "precision", "has_graph", "message"),
    [
        ("auto", ("torch",), "auto", "auto", False, r"PyTorch.*lookalike\[gpu\]"),
        ("auto", ("torch",), "cuda", "auto", True, r"PyTorch.*lookalike\[gpu\]"),
        ("auto", ("torch", "openvino", "onnxruntime"), "auto", "auto", True, r"OpenVINO.*lookalike\[worker\]"),
        ("openvino", ("openvino",), "auto", "auto", True, r"lookalike\[worker\]"),
        ("onnxruntime", ("onnxruntime",), "auto", "auto", True, r"lookalike\[onnxruntime\]"),
        ("openvino", (), "cuda", "auto", True, "runs on the CPU"),
        ("onnxruntime", (), "auto", "bfloat16", True, "does not compute in bfloat16"),
    ],
)
def test_what_cannot_be_had_says_what_to_do(
    machine: dict[str, bool],
    wanted: str,
    lacking: tuple[str, ...],
    device: str,
    precision: str,
    has_graph: bool,
    message: str,
) -> None:
    machine.update(dict.fromkeys(lacking, False))
    with pytest.raises(ModelError, match=message):
        choose_engine(wanted, device=device, precision=precision, has_graph=has_graph)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("native", "check", "expected"),
    [
        (False, GOOD, "openvino, float32, because torch has no GPU here and the processor has no bfloat16"),
        (True, GOOD, "openvino, bfloat16, because torch has no GPU here and it passed its check"),
        (True, BAD, "openvino, float32, because torch has no GPU here and bfloat16 failed its check"),
        (True, BAD, "mixed failed its check"),
    ],
)
def test_the_precision_follows_processor_and_check(
    saved: Path, monkeypatch: pytest.MonkeyPatch, native: bool, check: PrecisionCheck, expected: str
) -> None:
    monkeypatch.setattr(precision_choice, "computes_bfloat16", lambda: native)
    monkeypatch.setattr(precision_choice, "kept_check", lambda *_: check)
    lines: list[str] = []
    engine = load_engine(str(saved), threads=1, announce=lines.append)
    assert len(lines) == 1
    assert expected in lines[0]
    assert engine.precision == ("bfloat16" if check is GOOD and native else "float32")  # type: ignore[attr-defined]


def test_where_bfloat16_fails_its_check_the_first_layers_stay_exact(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision_choice, "computes_bfloat16", lambda: True)
    monkeypatch.setattr(
        precision_choice, "kept_check", lambda _, precision, make: GOOD if precision == "mixed" else BAD
    )
    lines: list[str] = []
    engine = load_engine(str(saved), threads=1, announce=lines.append)
    assert engine.precision == "mixed"  # type: ignore[attr-defined]
    assert lines[0].startswith("engine openvino, mixed, because torch has no GPU here and it passed its check")
    assert "bfloat16 failed its check" in lines[0]


@pytest.mark.parametrize("folder", sorted({*SHIPPED_FOLDERS.values()}), ids=lambda folder: folder.name)
def test_a_shipped_network_brings_its_check(folder: Path) -> None:
    def unexpected() -> PrecisionCheck:
        raise AssertionError("it is not kept")

    check = kept_check(read_description(folder), "bfloat16", unexpected)
    assert check.pictures == 500
    assert check.passed == (folder.name == "resnet18")
    if not check.passed:
        assert kept_check(read_description(folder), "mixed", unexpected).passed


def test_a_check_is_made_once_and_again_for_another_graph(saved: Path) -> None:
    made: list[int] = []

    def make() -> PrecisionCheck:
        made.append(1)
        return GOOD

    for _ in range(2):
        assert kept_check(read_description(saved), "bfloat16", make) == GOOD
    assert len(made) == 1
    (file,) = saved.glob("*.check.json")
    file.write_bytes(file.read_bytes().replace(b"0.99", b"0.98"))
    kept_check(read_description(saved), "bfloat16", make)
    assert len(made) == 2
    description = saved / "checkpoint.json"
    fields = json.loads(description.read_text())
    description.write_text(json.dumps({**fields, "graph": {"bytes": 1, "sha256": "0" * 64}}))
    kept_check(read_description(saved), "bfloat16", make)
    assert len(made) == 3
    save_checkpoint(saved, LookalikeNetwork("resnet18"), PREPROCESSING, {})
    assert not [*saved.glob("*.check.json")]


def test_where_the_checkpoint_cannot_be_written_the_check_is_in_the_cache(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = read_description(saved)

    def replace_file(path: Path, content: bytes) -> None:
        if path.parent == saved:
            raise PermissionError(13, "read-only")
        path.write_bytes(content)

    monkeypatch.setattr(kept_checks, "replace_file", replace_file)
    kept_check(description, "bfloat16", lambda: GOOD)
    cache = cache_folder()
    assert cache is not None
    assert [file.name for file in cache.iterdir()] == [f"{description.version}.bfloat16.check.json"]


def test_the_figures_of_a_check() -> None:
    exact = np.random.default_rng(0).normal(size=(50, 512)).astype(np.float32)
    same = compare_precision(exact, 3 * exact)
    assert same.passed
    assert same.cosine_minimum == pytest.approx(1, abs=1e-5)
    assert same.overlap == 1
    turned = exact.copy()
    turned[7] *= -1
    other = compare_precision(exact, turned)
    assert not other.passed
    assert other.cosine_minimum == pytest.approx(-1, abs=1e-5)
    # One picture has other neighbours, and some had it among theirs.
    assert 0.9 < other.overlap < 0.99


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("fpu avx512f avx512_bf16", True), ("fpu amx_bf16", True), ("fpu avx2 avx512f", False)],
)
def test_a_processor_says_whether_it_computes_bfloat16(tmp_path: Path, flags: str, expected: bool) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    assert computes_bfloat16(tmp_path / "cpuinfo") == expected
    assert not computes_bfloat16(tmp_path / "missing")


@pytest.mark.parametrize(
    ("flags", "expected"), [("fpu avx512_vnni", True), ("fpu avx_vnni", True), ("fpu avx2 avx512f", False)]
)
def test_a_processor_says_whether_it_computes_int8(tmp_path: Path, flags: str, expected: bool) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags\t\t: {flags}\n")
    assert computes_int8(tmp_path / "cpuinfo") == expected


def test_a_cache_that_others_can_write_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder()
    assert folder == tmp_path / "lookalike"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    assert cache_folder() is None
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    assert cache_folder() is None


def test_torch_on_a_cpu_says_so() -> None:
    lines: list[str] = []
    load_engine("shipped:resnet18", engine="torch", device="cpu", threads=1, announce=lines.append)
    assert lines == ["engine torch on cpu, float32, because it was asked for"]
