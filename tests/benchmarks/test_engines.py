"""The benchmark of the engines, on few pictures."""

import json

import numpy as np
import pytest

from benchmarks import engines

PICTURES = 16


def test_it_names_each_engine_with_its_ratio_and_precision(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = np.random.default_rng(0).integers(0, 256, (PICTURES, 96, 96, 3), dtype=np.uint8)
    monkeypatch.setattr(engines, "sample_pictures", lambda **_: iter(drawn))
    monkeypatch.setattr(engines, "computes_bfloat16", lambda: False)
    assert engines.run("shipped:resnet18", rounds=1) == 0
    *table, line = capsys.readouterr().out.splitlines()
    assert table[0].startswith("resnet18-7d6802244c7c, 96 px")
    found = json.loads(line)
    assert [one["engine"] for one in found] == ["torch float32", "onnxruntime float32", "openvino float32"]
    assert found[0]["ratio"] == {"1": 1.0, "16": 1.0}
    assert all(one["check"]["cosine_minimum"] > 0.9999 and one["check"]["pictures"] == PICTURES for one in found)
