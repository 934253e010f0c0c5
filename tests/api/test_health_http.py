import httpx2
import pytest

from api.app import create_app
from api.embedding.embedder import QueueHealth
from api.embedding.redis_memory import RedisMemory
from api.openapi.schemas import IndexReadiness, Liveness, Readiness
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.small_catalogue import ITEMS, draw, encode


async def test_all_is_well(client: httpx2.AsyncClient) -> None:
    live, ready, items = [(await client.get(path)) for path in ("/livez", "/readyz", "/readyz/items")]
    assert live.json() == {"status": "ok"}
    assert ready.json() == {"status": "ready", "checks": {"index": "ok", "redis": "ok", "worker": "ok"}}
    assert items.json() == {"status": "ready", "checks": {"index": "ok"}}
    assert {response.status_code for response in (live, ready, items)} == {200}
    assert {response.headers["cache-control"] for response in (live, ready, items)} == {"no-store"}
    Liveness.model_validate(live.json())


@pytest.mark.parametrize(("redis", "worker"), [(False, False), (True, False)])
async def test_what_is_missing_is_said(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, redis: bool, worker: bool
) -> None:
    embedder.state = QueueHealth(redis, worker, "Redis does not answer", "no worker answered")
    response = await client.get("/readyz")
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    answer = Readiness.model_validate(response.json())
    assert answer.status == "unready"
    assert answer.checks.redis == ("ok" if redis else "Redis does not answer")
    assert answer.checks.worker == "no worker answered"
    assert (await client.get("/livez")).status_code == 200
    assert (await client.get("/readyz/items")).status_code == 200
    assert (await client.get("/items/15010/similar")).status_code == 200


async def test_without_an_index_nothing_is_ready(settings: ApiSettings, connect: Connect) -> None:
    async with connect(create_app(settings, None, FakeEmbedder())) as client:
        response = await client.get("/readyz/items")
        assert response.status_code == 503
        IndexReadiness.model_validate(response.json())
        assert (await client.get("/readyz")).json()["checks"]["index"] != "ok"


async def test_metrics_count_by_route_and_not_by_path(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, bundle: Bundle
) -> None:
    for number in range(15_010, 15_015):
        await client.get(f"/items/{number}/similar")
    await client.get("/items/unknown-one/similar")
    await client.head("/items")
    await client.get("/nowhere/at/all")
    await client.request("MADEUP", "/items")
    await client.post("/similar", files={"image": encode(draw(1), "PNG")})
    embedder.state = QueueHealth(True, True, "ok", "ok", pending_jobs=7)
    response = await client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    for line in (
        'lookalike_http_requests_total{method="GET",route="/items/{id}/similar",status="200"} 5.0',
        'lookalike_http_requests_total{method="GET",route="/items/{id}/similar",status="404"} 1.0',
        'lookalike_http_requests_total{method="HEAD",route="/items",status="200"} 1.0',
        'lookalike_http_requests_total{method="GET",route="unmatched",status="404"} 1.0',
        'lookalike_http_requests_total{method="other",route="/items",status="405"} 1.0',
        'lookalike_http_request_seconds_count{route="/items/{id}/similar"} 6.0',
        "lookalike_search_seconds_count 6.0",
        'lookalike_photo_stage_seconds_count{stage="embed"} 1.0',
        "lookalike_pending_jobs 7.0",
        f"lookalike_index_items {ITEMS}.0",
    ):
        assert line in lines, line
    assert f'version="{bundle.version}"' in response.text
    assert "unknown-one" not in response.text


async def test_each_application_counts_for_itself(
    client: httpx2.AsyncClient, settings: ApiSettings, bundle: Bundle, connect: Connect
) -> None:
    await client.get("/items")
    async with connect(create_app(settings, bundle, FakeEmbedder())) as other:
        assert 'route="/items"' not in (await other.get("/metrics")).text


async def test_embedder_lives_as_long_as_the_application(
    settings: ApiSettings, bundle: Bundle, connect: Connect
) -> None:
    embedder = FakeEmbedder()
    async with connect(create_app(settings, bundle, embedder)):
        assert (embedder.started, embedder.stopped) == (1, 0)
    assert (embedder.started, embedder.stopped) == (1, 1)


@pytest.mark.parametrize(
    ("memory", "lines"),
    [
        (RedisMemory(90, 200, 60), ["used_bytes{part=\"photos\"} 30.0", "limit_bytes{part=\"photos\"} 100.0",
                                    "used_bytes{part=\"jobs\"} 60.0", "limit_bytes{part=\"jobs\"} 90.0"]),
        (RedisMemory(90, 0, 60), ["limit_bytes{part=\"photos\"} +Inf", "limit_bytes{part=\"jobs\"} 1.34217728e+08"]),
    ],
)  # fmt: skip
async def test_metrics_say_how_full_redis_is(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, memory: RedisMemory, lines: list[str]
) -> None:
    embedder.state = QueueHealth(True, True, "ok", "ok", memory=memory)
    metrics = (await client.get("/metrics")).text
    for line in lines:
        assert f"lookalike_redis_{line}\n" in metrics


def test_jobs_take_nothing_of_the_photos_part() -> None:
    assert RedisMemory(used_bytes=95, max_bytes=100, job_bytes=45).has_room_for(0)
    assert not RedisMemory(used_bytes=95, max_bytes=100, job_bytes=45).has_room_for(1)
    assert RedisMemory(used_bytes=94, max_bytes=100, job_bytes=45).problem is None
    problem = RedisMemory(used_bytes=95, max_bytes=100, job_bytes=45).problem
    assert problem is not None
    assert "50 of 50 bytes are used, besides 45 bytes reserved for jobs" in problem
    assert RedisMemory(used_bytes=10**12).has_room_for(10**9)


async def test_metrics_of_the_process_and_none_that_only_say_when(client: httpx2.AsyncClient) -> None:
    await client.get("/items")
    metrics = (await client.get("/metrics")).text
    for name in ("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"):
        assert f"\n{name} " in metrics
    assert "_created" not in metrics


@pytest.mark.parametrize(("worker", "photos"), [(True, "1.0"), (False, "0.0")])
async def test_metrics_say_what_the_probes_say(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, worker: bool, photos: str
) -> None:
    embedder.state = QueueHealth(True, worker, "ok", "no worker answered")
    lines = (await client.get("/metrics")).text.splitlines()
    assert 'lookalike_ready{part="items"} 1.0' in lines
    assert f'lookalike_ready{{part="photos"}} {photos}' in lines


async def test_metrics_say_when_there_is_no_index_and_what_the_limits_are(connect: Connect) -> None:
    settings = ApiSettings(redis_url="redis://127.0.0.1:1/0", max_pending=77, max_changes=5_000)
    async with connect(create_app(settings, None, FakeEmbedder())) as client:
        lines = (await client.get("/metrics")).text.splitlines()
    for line in (
        'lookalike_ready{part="items"} 0.0',
        'lookalike_ready{part="photos"} 0.0',
        "lookalike_pending_jobs_limit 77.0",
        "lookalike_catalogue_changes_limit 5000.0",
    ):
        assert line in lines
