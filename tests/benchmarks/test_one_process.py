"""What the service is compared with does the same work."""

import io

import pytest
from PIL import Image, ImageDraw

from benchmarks.one_process import one_process_figures
from tests.worker.fake_detector import COLOURS, FakeDetector
from tests.worker.fake_engine import FakeEngine


@pytest.mark.parametrize("detects", [True, False])
def test_with_a_detector_garments_are_found_and_timed(detects: bool) -> None:
    image = Image.new("RGB", (96, 120), "white")
    ImageDraw.Draw(image).rectangle((24, 12, 59, 107), COLOURS["dress"])
    file = io.BytesIO()
    image.save(file, "PNG")
    engine, detector = FakeEngine(), FakeDetector()
    figures = one_process_figures(engine, [file.getvalue()] * 2, detector if detects else None)
    assert all(value > 0 for value in figures.values())
    assert ("detect_p50_ms" in figures) == detects
    # Two photos alone, a first batch of 16, and ten more.
    assert engine.batches == [1, 1, *[16] * 11]
    assert detector.batches == (engine.batches if detects else [])
