"""Wrong jobs, and what each of them must be answered."""

import httpx2
import pytest

from api.http.problems import ProblemCode
from tests.api.answers import problem_of
from tests.api.multipart import MULTIPART_HEADERS, multipart


@pytest.mark.parametrize(
    ("content", "content_type", "code", "named"),
    [
        (b"", "application/json", "invalid_parameter", "not valid JSON"),
        (b"{", "application/json", "invalid_parameter", "not valid JSON"),
        (b"\xff\xfe", "application/json", "invalid_parameter", "not valid JSON"),
        (b"[" * 100_000, "application/json", "invalid_parameter", "not valid JSON"),
        (b'{"item_ids": ["1"], "item_ids": ["2"]}', "application/json", "invalid_parameter", "more than once"),
        (b"[" * 1000 + b"]" * 1000, "application/json", "invalid_parameter", ""),
        (b'["15010"]', "application/json", "invalid_parameter", "object"),
        (b"{}", "application/json", "invalid_parameter", "item_ids"),
        (b'{"item_ids": "15010"}', "application/json", "invalid_parameter", "list"),
        (b'{"item_ids": [15010]}', "application/json", "invalid_parameter", "string"),
        (b'{"item_ids": []}', "application/json", "invalid_parameter", "10,000"),
        (b'{"item_ids": [' + b'"a",' * 10_000 + b'"a"]}', "application/json", "invalid_parameter", "10,001"),
        (b'{"item_ids": ["a"], "limit": 3}', "application/json", "invalid_parameter", "limit"),
        (b"x", "text/plain", "unsupported_media_type", "text/plain"),
        (b"x", "multipart/form-data; boundary=x", "invalid_parameter", ""),
    ],
)
async def test_bad_jobs(
    client: httpx2.AsyncClient, content: bytes, content_type: str, code: ProblemCode, named: str
) -> None:
    response = await client.post("/embeddings", content=content, headers={"Content-Type": content_type})
    assert named in problem_of(response, code).detail


async def test_too_many_pictures_for_a_job(client: httpx2.AsyncClient) -> None:
    parts = [("image", f"{number}.png", b"x") for number in range(33)]
    response = await client.post("/embeddings", content=multipart(parts), headers=MULTIPART_HEADERS)
    assert "32" in problem_of(response, "invalid_parameter").detail
    response = await client.post(
        "/embeddings", content=multipart([("box", None, b"0,0,1,1")]), headers=MULTIPART_HEADERS
    )
    problem_of(response, "invalid_parameter")


async def test_jobs_without_redis_are_unavailable(client: httpx2.AsyncClient) -> None:
    problem_of(await client.post("/embeddings", json={"item_ids": ["15010"]}), "queue_unavailable")
    problem_of(await client.get("/jobs/" + "0" * 32), "queue_unavailable")
    # No id that was ever given out: Redis need not be asked.
    for job_id in ("nothing", "0" * 31, "0" * 32 + "%0A", "G" * 32):
        problem_of(await client.get(f"/jobs/{job_id}"), "unknown_job")
