"""`lookalike extract` cuts garments out of street photos without being told to."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import model.extraction
import model.loading
from lookalike import main


def test_garments_are_extracted_with_their_boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "street"
    folder.mkdir()
    Image.fromarray(np.zeros((80, 40, 3), np.uint8)).save(folder / "1.png")
    (folder / "boxes.csv").write_text("photo,class,x1,y1,x2,y2\n1.png,top,0,0,1,.5\n1.png,bag,0,0,2,1\n")
    asked: list[Any] = []

    def extract(items: list[Any], *_others: object, **_options: object) -> SimpleNamespace:
        asked.extend(items)
        names = ("items", "added", "changed", "removed", "unreadable", "unchanged", "relabelled", "embedded", "seconds")
        return SimpleNamespace(**dict.fromkeys(names, 0))

    engine = SimpleNamespace(identity=SimpleNamespace(version="fake"))
    monkeypatch.setattr(model.loading, "load_engine", lambda *_, **__: engine)
    monkeypatch.setattr(model.extraction, "extract", extract)
    out = tmp_path / "out"
    assert main(["extract", str(folder), "--out", str(out), "--max-failed", "1"]) == 0
    assert [(item.id, item.crop) for item in asked] == [("1.png/top-1", (0, 0, 40, 40))]
    assert "0,0,2,1" in (out / "bad_rows.csv").read_text()
