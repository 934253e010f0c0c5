"""`lookalike export --precision int8`: a graph in int8, and when `auto` takes it."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

import lookalike
from contracts.errors import ModelError
from model import loading, precision_choice
from model.checkpoint import save_checkpoint
from model.description import read_description
from model.engines import choosing
from model.engines.precision_check import PrecisionCheck
from model.graph import int8_graph_file
from model.loading import load_engine
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing
from storage.durable_files import seal_file
from tests.model.tiny_backbone import tiny_resnet18

PREPROCESSING = Preprocessing(64, "pad", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
GOOD = PrecisionCheck(500, 0.9999, 0.999, 0.99)
BAD = PrecisionCheck(500, 0.9999, 0.999, 0.96)


def _export(*words: object) -> int:
    return lookalike.main(["export", *map(str, words), "--precision", "int8"])


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("catalogue")
    noise = np.random.default_rng(4)
    for number in range(20):
        Image.fromarray(noise.integers(0, 256, (70, 70, 3), dtype=np.uint8)).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("plain")
    with tiny_resnet18():
        torch.manual_seed(5)
        save_checkpoint(folder, LookalikeNetwork("resnet18"), PREPROCESSING, {})
        yield folder


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A processor with int8 and no bfloat16, and a check that passes; to be changed by a test."""
    (tmp_path / "cache").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(precision_choice, "computes_bfloat16", lambda: False)
    monkeypatch.setattr(precision_choice, "computes_int8", lambda: True)
    monkeypatch.setattr("model.int8_verdict.computes_int8", lambda: True)
    monkeypatch.setattr(choosing, "has_torch_gpu", lambda: False)
    _checks_say(monkeypatch, GOOD)


def _checks_say(monkeypatch: pytest.MonkeyPatch, check: PrecisionCheck) -> None:
    monkeypatch.setattr(loading, "compare_precision", lambda _exact, _fast: check)
    # The 500 pictures of a check take a second.
    monkeypatch.setattr(loading, "sample_pictures", lambda **_: iter([np.zeros((64, 64, 3), np.uint8)]))


@pytest.fixture
def exported(plain: Path, catalogue: Path, tmp_path: Path) -> Path:
    assert _export(plain, "--out", tmp_path / "int8", "--catalogue", catalogue) == 0
    return tmp_path / "int8"


@pytest.fixture
def all_convolutions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny network has but two convolutions, so none is left in float32."""
    monkeypatch.setattr("model.quantising.EXACT_CONVOLUTIONS", 0)


@pytest.mark.usefixtures("all_convolutions")
@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_int8_is_near_float32(exported: Path, engine: str) -> None:
    graph = onnx.load(int8_graph_file(exported, read_description(exported).version), load_external_data=False)
    weights = [tensor for tensor in graph.graph.initializer if len(tensor.dims) == 4 and tensor.dims[0] > 1]
    assert {tensor.data_type for tensor in weights} == {onnx.TensorProto.INT8}
    assert sorted(tensor.dims[0] for tensor in weights) == [24, 512]
    # A scale for each output channel.
    scales = [tensor for tensor in graph.graph.initializer if "weight" in tensor.name and tensor.name.endswith("scale")]
    assert sorted(tensor.dims[0] for tensor in scales) == [24, 512]
    pictures = np.random.default_rng(2).integers(0, 256, (5, 3, 64, 64), dtype=np.uint8)
    exact, fast = (
        load_engine(str(exported), engine=engine, precision=name, threads=1)  # type: ignore[arg-type]
        for name in ("float32", "int8")
    )
    assert (exact.identity, fast.precision) == (fast.identity, "int8")  # type: ignore[attr-defined]
    one, other = exact.embed(pictures).embeddings, fast.embed(pictures).embeddings
    assert not np.array_equal(one, other)
    cosines = (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert cosines.min() > 0.99


def test_the_first_three_convolutions_stay_in_float32(exported: Path) -> None:
    graph = onnx.load(int8_graph_file(exported, read_description(exported).version), load_external_data=False)
    assert not [tensor for tensor in graph.graph.initializer if tensor.data_type == onnx.TensorProto.INT8]


@pytest.mark.parametrize(
    ("engine", "check", "expected"),
    [
        ("auto", GOOD, "engine openvino, int8, because torch has no GPU here and it passed its check (cosine median"),
        ("auto", BAD, "engine openvino, float32, because torch has no GPU here and the processor has no bfloat16, "),
        ("onnxruntime", GOOD, "engine onnxruntime, int8, because it was asked for and it passed its check ("),
        ("onnxruntime", BAD, "engine onnxruntime, float32, because it was asked for and int8 failed its check ("),
    ],
)
def test_auto_takes_int8_only_if_its_check_passed(
    exported: Path, monkeypatch: pytest.MonkeyPatch, engine: str, check: PrecisionCheck, expected: str
) -> None:
    for file in exported.glob("*.check.json"):
        file.unlink()
    _checks_say(monkeypatch, check)
    lines: list[str] = []
    load_engine(str(exported), engine=engine, threads=1, announce=lines.append)  # type: ignore[arg-type]
    assert lines[0].startswith(expected)
    if check is BAD:
        assert (
            "int8 failed its check (cosine median 0.99990 and minimum 0.9990, overlap of the ten nearest 0.960)"
            in (lines[0])
        )
    assert len([*exported.glob("*.check.json")]) == 1


@pytest.mark.parametrize(
    ("bfloat16", "vnni", "expected"), [(True, True, "bfloat16"), (False, False, "float32"), (False, True, "int8")]
)
def test_int8_comes_after_bfloat16_and_only_where_the_processor_has_it(
    exported: Path, monkeypatch: pytest.MonkeyPatch, bfloat16: bool, vnni: bool, expected: str
) -> None:
    monkeypatch.setattr(precision_choice, "computes_bfloat16", lambda: bfloat16)
    monkeypatch.setattr(precision_choice, "computes_int8", lambda: vnni)
    assert load_engine(str(exported), threads=1).precision == expected  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("check", "bfloat16", "expected"),
    [
        (GOOD, False, "--engine auto will take it: int8 passed its check (cosine median 0.99990"),
        (GOOD, True, "--engine auto will not take it on this processor, where bfloat16 passed its check"),
        (BAD, False, "--engine auto will not take it: int8 failed its check (cosine median 0.99990"),
    ],
)
def test_export_says_whether_auto_will_take_it(
    plain: Path,
    catalogue: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    check: PrecisionCheck,
    bfloat16: bool,
    expected: str,
) -> None:
    _checks_say(monkeypatch, check)
    monkeypatch.setattr(precision_choice, "computes_bfloat16", lambda: bfloat16)
    assert _export(plain, "--out", tmp_path / "out", "--catalogue", catalogue) == 0
    assert expected in capsys.readouterr().out


def _changed(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def _torn(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:1000])


def _missing(file: Path) -> None:
    file.unlink()


def _resealed(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    description = file.parent / "checkpoint.json"
    fields = json.loads(description.read_text())
    description.write_text(json.dumps({**fields, "int8_graph": asdict(seal_file(file))}))


def _reads_a_file(file: Path) -> None:
    graph = onnx.load(file)
    tensor = graph.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="checkpoint.json")
    _resealed(file, graph.SerializeToString())


def _operations_of_others(file: Path) -> None:
    graph = onnx.load(file)
    graph.opset_import.add(domain="com.example", version=1)
    _resealed(file, graph.SerializeToString())


def _no_graph(file: Path) -> None:
    _resealed(file, b"\xff" * 100)


@pytest.mark.parametrize("damage", [_changed, _torn, _missing, _reads_a_file, _operations_of_others, _no_graph])
@pytest.mark.parametrize("precision", ["auto", "int8"])
def test_an_altered_graph_is_refused(exported: Path, damage: Callable[[Path], None], precision: str) -> None:
    damage(int8_graph_file(exported, read_description(exported).version))
    with pytest.raises(ModelError, match=r"lookalike export .* --precision int8"):
        load_engine(str(exported), engine="openvino", precision=precision, threads=1)


def test_a_checkpoint_without_it_says_how_to_add_it(plain: Path) -> None:
    with pytest.raises(ModelError, match="no graph in int8; run `lookalike export"):
        load_engine(str(plain), engine="openvino", precision="int8", threads=1)


def test_an_export_may_write_into_the_checkpoint_itself_and_one_of_float32_removes_it(
    exported: Path, catalogue: Path
) -> None:
    description = read_description(exported)
    before = int8_graph_file(exported, description.version).read_bytes()
    assert _export(exported, "--out", exported, "--catalogue", catalogue) == 0
    again = read_description(exported)
    # The same pictures are drawn each time.
    assert int8_graph_file(exported, again.version).read_bytes() == before
    assert again.int8_graph is not None
    assert again.int8_graph.sha256 == hashlib.sha256(before).hexdigest()
    assert lookalike.main(["export", str(exported), "--out", str(exported)]) == 0
    assert read_description(exported).int8_graph is None
    assert not int8_graph_file(exported, again.version).exists()


def _unreadable(folder: Path) -> Path:
    folder.mkdir()
    for number in range(30):
        (folder / f"{number}.jpg").write_bytes(b"\xff\xd8\xff" + b"x" * 50)
    return folder


def test_what_cannot_be_exported_says_what_to_do(
    plain: Path, catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"

    def refusal(*words: object) -> str:
        assert _export(*words, "--out", out) == 1
        assert not out.exists()
        return capsys.readouterr().err

    assert "does not exist; give a folder" in refusal(plain, "--catalogue", tmp_path / "nowhere")
    said = refusal(plain, "--catalogue", _unreadable(tmp_path / "unreadable"))
    assert "0 of 30 pictures drawn from" in said
    assert "calibration needs 16" in said
    assert "has no graph; run `lookalike export" in refusal("imagenet:resnet18")
    older = tmp_path / "older"
    older.mkdir()
    for file in plain.iterdir():
        (older / file.name).write_bytes(file.read_bytes())
    fields = json.loads((older / "checkpoint.json").read_text())
    del fields["graph"]
    (older / "checkpoint.json").write_text(json.dumps(fields))
    assert "has no graph" in refusal(older, "--catalogue", catalogue)
    assert lookalike.main(["export", str(plain), "--out", str(out), "--catalogue", str(catalogue)]) == 1
    assert "pass --precision int8 too" in capsys.readouterr().err
    monkeypatch.setattr(choosing, "is_installed", lambda package: package != "onnxruntime")
    assert "pip install 'lookalike[onnxruntime]'" in refusal(plain)
