"""Pictures of a few kilobytes that are dear to decode, sent to a real worker all at once."""

import asyncio
import time
from pathlib import Path

import pytest
from PIL import Image

from api.embedding.client import EmbeddingClient
from api.http.problems import ServiceProblem
from contracts.box import Box
from contracts.errors import PictureRejected
from launch.embedded_redis import EmbeddedRedis
from tests.api_embedding.harness import VERSION, WorkerProcess, photo, running
from tests.pictures.picture_files import encoded, png_of_one_colour

pytestmark = [pytest.mark.services, pytest.mark.alone]

MB = 1024 * 1024
DEADLINE_S = 10.0
CORNER = Box(0.1, 0.1, 0.12, 0.12)


def resident(worker: WorkerProcess, field: str) -> int:
    """A figure of the worker process, bytes."""
    status = Path(f"/proc/{worker.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def worst_pictures() -> list[tuple[bytes, Box | None]]:
    """What takes most memory to decode, each kind six times."""
    kinds = [
        (encoded(Image.new("RGB", (7000, 6380), "red"), "WEBP", quality=50, method=0), None),
        (encoded(Image.new("CMYK", (7000, 7000)), "JPEG", quality=50, progressive=True, subsampling=0), CORNER),
        (encoded(Image.new("RGB", (7000, 7000)), "JPEG", quality=50, progressive=True, subsampling=0), CORNER),
        (png_of_one_colour(5700, 5700, bit_depth=16, colour_type=4), None),
    ]
    return kinds * 6


async def test_the_worst_pictures_at_once_cost_neither_memory_nor_the_photos_of_others(server: EmbeddedRedis) -> None:
    worst = worst_pictures()
    with WorkerProcess(server.url) as worker:
        async with running(EmbeddingClient(server.url, model_version=VERSION, timeout_s=DEADLINE_S)) as client:
            await client.embed(photo(0))
            at_rest = resident(worker, "VmRSS")
            storm = asyncio.gather(*(client.embed(data, box=box) for data, box in worst), return_exceptions=True)
            answered_s = []
            for seed in range(1, 6):
                await asyncio.sleep(0.4)
                began = time.monotonic()
                await client.embed(photo(seed))
                answered_s.append(time.monotonic() - began)
            answers = await storm
            assert max(answered_s) < DEADLINE_S / 2
            for answer in answers:
                if isinstance(answer, BaseException):
                    assert isinstance(answer, ServiceProblem | PictureRejected), repr(answer)
                if isinstance(answer, ServiceProblem):
                    assert answer.code in {"queue_full", "inference_timeout"}
            assert sum(not isinstance(answer, BaseException) for answer in answers) >= 3
            assert worker.process.poll() is None
            assert resident(worker, "VmHWM") < 2048 * MB
            give_up = time.monotonic() + 30
            while resident(worker, "VmRSS") > at_rest + 100 * MB:
                assert time.monotonic() < give_up, f"{resident(worker, 'VmRSS') // MB} MB, at rest {at_rest // MB}"
                await asyncio.sleep(0.5)
