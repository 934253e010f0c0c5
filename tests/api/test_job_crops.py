"""A job cuts an item's picture to its crop just as extraction does."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from api.items.asking import Asking
from api.items.engine_calls import EngineCalls
from api.items.open_index import open_index
from api.jobs.outcomes import JobResult
from api.jobs.pictures import PictureEmbedder
from api.jobs.request import JobPicture
from api.metrics import Metrics
from api.settings import ApiSettings
from contracts.embedding_set import EmbeddingSet
from contracts.items import Item
from index.base_version import in_memory
from index.building import build_bundle
from index.bundle import open_current
from model.picture_reading import read_pictures
from tests.api.fake_embedder import IDENTITY, FakeEmbedder, embed_pixels
from tests.api.small_catalogue import draw, encode

CROPS = {
    "whole": None,
    "inside": (8, 16, 40, 56),
    "smallest": (52, 72, 60, 80),
    "narrow": (10, 10, 14, 60),
    "outside": (8, 16, 61, 56),
    "negative": (-1, 16, 40, 56),
    "turned": (40, 56, 8, 16),
}


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    (tmp_path / "a.png").write_bytes(encode(draw(1), "PNG"))
    return [Item(name, "a.png", crop=crop) for name, crop in CROPS.items()]


@pytest.fixture
def jobs(tmp_path: Path, items: list[Item]) -> PictureEmbedder:
    embeddings = np.random.default_rng(0).standard_normal((len(items), 512)).astype(np.float32)
    bundles = tmp_path / "bundles"
    build_bundle(EmbeddingSet(items, embeddings, IDENTITY, str(tmp_path)), bundles, components=4, now=datetime.now(UTC))
    index = open_index(in_memory(open_current(bundles)), ApiSettings(), FakeEmbedder())
    asking = Asking(EngineCalls(Metrics(), timeout_s=2.0))
    return PictureEmbedder(index, asking, contextlib.nullcontext, max_upload_bytes=10_000_000, patience_s=0.0)


async def test_a_job_embeds_what_extraction_embeds(tmp_path: Path, items: list[Item], jobs: PictureEmbedder) -> None:
    extracted = read_pictures(
        items, tmp_path, known=(), fit=lambda pixels: pixels, target=64, as_srgb=True, workers=1, ahead=1
    )
    for picture in extracted:
        assert picture.fitted is not None, picture
        result = await jobs.embed(JobPicture(0, picture.item.id))
        assert isinstance(result, JobResult), result
        assert np.array_equal(result.embedding, embed_pixels(picture.fitted)), picture.item.id


async def test_a_crop_that_cannot_be_applied_leaves_the_whole_picture(jobs: PictureEmbedder) -> None:
    whole = await jobs.embed(JobPicture(0, "whole"))
    assert isinstance(whole, JobResult)
    for name in CROPS:
        result = await jobs.embed(JobPicture(0, name))
        assert isinstance(result, JobResult), name
        same = np.array_equal(result.embedding, whole.embedding)
        assert same is (name not in {"inside", "smallest"}), name
