"""Checking a photo is part of its deadline and of admission, and its memory is counted until it is answered."""

import asyncio

import httpx2
import pytest

from api.app import create_app
from api.embedding.admission import Admission, AdmissionLimits
from api.embedding.monitor import Look
from api.embedding.redis_memory import RedisMemory
from api.http.body_budget import BodyBudget
from api.http.problems import ServiceProblem
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.multipart import MULTIPART_HEADERS, multipart
from tests.api.small_catalogue import draw, encode
from tests.pictures.picture_files import HOSTILE_HEADERS

MB = 1024 * 1024
PNG = encode(draw(1), "PNG")


async def test_the_deadline_includes_the_check(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    embedder.timeout_s = 0.05
    body = multipart([("image", "a.jpg", HOSTILE_HEADERS["restarts"]())])
    # A few are checked at a time, so most of them wait for longer than that.
    answers = await asyncio.gather(
        *(client.post("/similar", content=body, headers=MULTIPART_HEADERS) for _ in range(12))
    )
    late = [answer for answer in answers if answer.status_code != 422]
    assert late
    for answer in late:
        assert "within 0.05 s" in problem_of(answer, "inference_timeout").detail
    assert embedder.asked == 0


async def test_what_is_not_admitted_is_not_checked(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    embedder.refusal = ServiceProblem("queue_full", "128 pictures are waiting already; try again")
    problem_of(await client.post("/similar", files={"image": b"no picture"}), "queue_full")
    embedder.refusal = None
    problem_of(await client.post("/similar", files={"image": b"no picture"}), "unsupported_media_type")


async def test_a_photo_that_waits_is_in_the_budget_and_others_get_503(
    bundle: Bundle, embedder: FakeEmbedder, connect: Connect
) -> None:
    app = create_app(ApiSettings(body_budget_bytes=16 * MB), bundle, embedder)
    large = PNG + bytes(9 * MB)
    embedder.gate = asyncio.Event()
    async with connect(app) as client:
        waiting = asyncio.create_task(client.post("/similar", files={"image": large}))
        await embedder.entered.wait()
        refused = await client.post("/similar", files={"image": large})
        assert "take 9," in problem_of(refused, "queue_full").detail
        assert refused.headers["retry-after"] == "1"
        problem_of(await client.post("/embeddings", files={"image": large}), "queue_full")
        embedder.gate.set()
        assert (await waiting).status_code == 200
        assert (await client.post("/similar", files={"image": large})).status_code == 200
        problem_of(await client.post("/similar", files={"image": bytes(9 * MB)}), "unsupported_media_type")
        assert (await client.post("/similar", files={"image": large})).status_code == 200


def test_a_share_is_given_back_whatever_happens() -> None:
    budget = BodyBudget(100)
    with budget.share() as share:
        share.take(60)
        with pytest.raises(ServiceProblem):
            share.take(41)
        assert budget.used_bytes == 60
    assert budget.used_bytes == 0


def test_what_never_goes_to_redis_takes_no_memory_there() -> None:
    admission = Admission(AdmissionLimits(), "model")
    look = Look(None, worker=True, memory=RedisMemory(max_bytes=100 * MB))
    for _ in range(20):
        with admission.place(9 * MB, look):
            pass
    with admission.place(9 * MB, look) as send:
        send()
    with pytest.raises(ServiceProblem, match="Redis"), admission.place(42 * MB, look):
        pass
    with admission.place(40 * MB, look), pytest.raises(ServiceProblem, match="Redis"), admission.place(10 * MB, look):
        pass
    assert (admission.jobs, admission.bytes) == (0, 0)
