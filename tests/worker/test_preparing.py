"""Which part of a photo is searched, and what that is decoded from."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from contracts.box import Box
from contracts.embedding_job import EmbedJob
from contracts.garments import Garment
from pictures.decoding import decode
from pictures.decoding_budget import DecodingBudget, TooManyLargePicturesError
from tests.worker.fake_detector import COLOURS, RAISES, FakeDetector
from tests.worker.fake_engine import INPUT_SIZE, FakeEngine
from worker.batching import Batcher
from worker.freed_memory import FreedMemory
from worker.garment_finding import GarmentFinder, region_to_search
from worker.metrics import WorkerMetrics
from worker.preparing import PicturePreparer, PreparedPicture
from worker.wanted_jobs import WantedJob
from worker.watching import Watch

JOB = "0" * 32
ENGINE = FakeEngine()


def drawn(size: tuple[int, int], *garments: tuple[str, tuple[int, int, int, int]], kind: str = "PNG") -> bytes:
    """A photo of rectangles on a plain ground; the corners belong to them."""
    image = Image.new("RGB", size, (235, 235, 230))
    for name, corners in garments:
        ImageDraw.Draw(image).rectangle(corners, COLOURS[name])
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (60, 80)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


class Preparing:
    """A preparer with the fake detector, and what it was asked for."""

    def __init__(self, detector: FakeDetector | None = None) -> None:
        self.metrics = WorkerMetrics()
        watch = Watch(self.metrics, "fake-1")
        self.detector = detector or FakeDetector()
        self.batcher = Batcher(ENGINE, 4, watch.batch, self.detector)
        self.batcher.start()
        self.budget = DecodingBudget(memory=2**30, threads=2, max_large=2)
        finder = GarmentFinder(self.detector, self.batcher, watch, input_size=INPUT_SIZE)
        self._preparer = PicturePreparer(ENGINE, self.budget, FreedMemory(), watch, finder)

    def __call__(self, picture: bytes, box: Box | None = None, *, detect: bool = True) -> PreparedPicture:
        return self._preparer.prepare(
            picture, EmbedJob(JOB, "reply:a", box), WantedJob(JOB, float("inf")), detect=detect
        )

    def metric(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(name)


@pytest.fixture
def preparing() -> "Preparing":
    return Preparing()


def tensor_of(picture: bytes, box: Box | None = None) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """The network's input of a part of a photo, as extraction makes it."""
    return ENGINE.preprocess(decode(picture, box=box, target=INPUT_SIZE).pixels)


# A second kind of garment, without which a large photo is searched whole; smaller than all others.
BESIDE = ("bag", (1300, 900, 1400, 1000))
# So small that nothing of it is shrunk before the network.
STREET = drawn((96, 120), ("dress", (24, 12, 59, 107)), ("bag", (66, 48, 83, 71)))


def test_the_prominent_garment_is_searched(preparing: Preparing) -> None:
    prepared = preparing(STREET)
    assert prepared.objects is not None
    assert {garment.type for garment in prepared.objects} == {"dress", "bag"}
    box = prepared.chosen_box
    assert box is not None
    assert (box.x1, box.y1, box.x2, box.y2) == pytest.approx((0.25, 0.1, 0.625, 0.9), abs=0.02)
    # What is found again by sending the box.
    np.testing.assert_array_equal(prepared.tensor, preparing(STREET, box, detect=False).tensor)
    assert (prepared.width, prepared.height) == (96, 120)
    assert prepared.detect_ms > 0
    assert preparing.metric("lookalike_worker_detect_seconds_count") == 1


def test_a_box_is_searched_and_garments_are_found_beside_it(preparing: Preparing) -> None:
    box = Box(0.0, 0.0, 0.5, 0.5)
    prepared = preparing(STREET, box)
    assert prepared.objects is not None
    assert len(prepared.objects) == 2
    assert prepared.chosen_box is None
    np.testing.assert_array_equal(prepared.tensor, tensor_of(STREET, box))


@pytest.mark.parametrize("detect", [True, False])
def test_without_garments_the_whole_photo_is_searched(preparing: Preparing, detect: bool) -> None:
    picture = drawn((96, 120))
    prepared = preparing(picture, detect=detect)
    assert prepared.objects == (() if detect else None)
    assert prepared.chosen_box is None
    np.testing.assert_array_equal(prepared.tensor, tensor_of(picture))
    assert preparing.detector.batches == ([1] if detect else [])


def test_a_garment_that_is_small_in_a_large_photo_is_decoded_in_its_own_detail(preparing: Preparing) -> None:
    picture = drawn((1600, 2000), ("dress", (400, 400, 559, 619)), BESIDE, kind="JPEG")
    prepared = preparing(picture)
    assert prepared.chosen_box is not None
    np.testing.assert_array_equal(prepared.tensor, tensor_of(picture, prepared.chosen_box))
    assert preparing.metric("lookalike_worker_decode_seconds_count") == 2
    # One that fills the photo is not decoded twice.
    preparing(drawn((1600, 2000), ("dress", (400, 200, 1199, 1799)), BESIDE, kind="JPEG"))
    assert preparing.metric("lookalike_worker_decode_seconds_count") == 3


def test_where_it_cannot_be_decoded_again_the_first_detail_does(
    preparing: Preparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = drawn((1600, 2000), ("dress", (400, 400, 559, 619)), BESIDE, kind="JPEG")
    turn, turns = preparing.budget.turn, []

    def once(*arguments: object, **options: object) -> object:
        turns.append(arguments)
        if len(turns) > 1:
            raise TooManyLargePicturesError
        return turn(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(preparing.budget, "turn", once)
    prepared = preparing(picture)
    assert len(turns) == 2
    assert prepared.chosen_box is not None
    assert np.abs(prepared.tensor.astype(int) - tensor_of(picture, prepared.chosen_box)).mean() < 10


@pytest.mark.parametrize("size", [(8, 8), (8, 400), (3000, 9)])
def test_a_photo_of_any_shape_is_no_new_error(preparing: Preparing, size: tuple[int, int]) -> None:
    picture = plain(COLOURS["dress"], size)
    assert preparing(picture).tensor.shape == (3, INPUT_SIZE, INPUT_SIZE)


def test_a_garment_under_8_pixels_is_not_searched() -> None:
    garment, beside = Garment("bag", Box(0.5, 0.5, 0.56, 0.9), 0.9), Garment("hat", Box(0.1, 0.1, 0.12, 0.2), 0.5)
    assert region_to_search([garment, beside], 100, 100) is None
    assert region_to_search([garment, beside], 200, 100) == garment.box
    assert region_to_search([], 100, 100) is None


def test_a_detector_that_fails_costs_the_garments_alone(preparing: Preparing) -> None:
    prepared = preparing(plain(RAISES))
    assert (prepared.objects, prepared.chosen_box) == (None, None)
    np.testing.assert_array_equal(prepared.tensor, tensor_of(plain(RAISES)))
    assert preparing.metric("lookalike_worker_detect_failures_total") == 1


def test_a_photo_that_the_detector_does_not_take_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    preparing = Preparing()

    def refuse(pixels: object) -> None:
        raise ValueError("too thin")

    monkeypatch.setattr(preparing.detector, "fit", refuse)
    for box in (None, Box(0, 0, 0.5, 0.5)):
        prepared = preparing(STREET, box)
        assert prepared.objects is None
        np.testing.assert_array_equal(prepared.tensor, tensor_of(STREET, box))
    assert preparing.metric("lookalike_worker_detect_failures_total") == 2
