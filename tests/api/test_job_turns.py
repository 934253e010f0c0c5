"""Places for the pictures of jobs: shared in turn, and few while customers send photos."""

import asyncio

from api.jobs.turns import WHILE_PHOTOS_COME, JobTurns


class Pictures:
    """Pictures of jobs that take their turns and keep them until they are let go."""

    def __init__(self, turns: JobTurns) -> None:
        self.turns = turns
        self.begun: list[str] = []
        self.ends: list[asyncio.Event] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, *job_ids: str) -> None:
        self.tasks += [asyncio.create_task(self._hold(job_id)) for job_id in job_ids]
        await settle()

    async def end(self, count: int) -> None:
        for _ in range(count):
            self.ends.pop(0).set()
            await settle()

    async def _hold(self, job_id: str) -> None:
        async with self.turns.turn(job_id):
            self.begun.append(job_id)
            end = asyncio.Event()
            self.ends.append(end)
            await end.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_jobs_take_turns() -> None:
    pictures = Pictures(JobTurns(2, lambda: False))
    await pictures.come(*["large"] * 6, "small", "late", "small")
    assert pictures.begun == ["large", "large"]
    await pictures.end(6)
    assert pictures.begun == ["large", "large", "large", "small", "late", "large", "small", "large"]


async def test_there_are_few_places_while_photos_come() -> None:
    photos = [False]
    pictures = Pictures(JobTurns(6, lambda: photos[0]))
    await pictures.come(*["job"] * 30)
    assert len(pictures.ends) == 6
    photos[0] = True
    await pictures.end(6)
    assert len(pictures.ends) == WHILE_PHOTOS_COME
    photos[0] = False
    await pictures.end(1)
    assert len(pictures.ends) == 6


async def test_who_gives_up_leaves_no_place_taken() -> None:
    pictures = Pictures(JobTurns(1, lambda: False))
    await pictures.come("a", "b", "c", "d")
    holding, waiting, chosen, last = pictures.tasks
    waiting.cancel()
    await settle()
    # Cancelled in the moment in which its turn has come.
    pictures.ends[0].set()
    await asyncio.sleep(0)
    assert holding.done()
    chosen.cancel()
    await settle()
    assert pictures.begun == ["a", "d"]
    await pictures.end(2)
    assert last.done()
    async with asyncio.timeout(1), pictures.turns.turn("e"):
        pass
