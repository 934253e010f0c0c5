"""The pictures of a job, and how they are embedded."""

import asyncio
import math
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool

from api.http.problems import ServiceProblem, unknown_item
from api.http.uploads import check_picture
from api.items.asking import Asking
from api.items.open_index import OpenIndex
from api.jobs.outcomes import JobError, JobResult
from api.jobs.request import JobPicture
from contracts.box import Box
from contracts.embedding_reply import Embedded
from contracts.errors import PictureRejected, UnknownItemError
from index.query import ItemRecord

# With these problems nothing can be embedded: the job waits for their end, and fails if they last.
INFRASTRUCTURE_CODES: Final = frozenset({"queue_unavailable", "no_worker", "model_mismatch", "index_unavailable"})
# These pass sooner or later. Photos of live requests come first, so the job waits longer.
_BUSY_CODES: Final = frozenset({"queue_full", "inference_timeout"})
MAX_TIMEOUTS: Final = 3
BUSY_PATIENCE_S: Final = 600.0
_LONGEST_PAUSE_S: Final = 5.0


class PictureEmbedder:
    """Embeds the pictures of one job, and retries while services are busy or unavailable.

    Args:
        index: the index whose items may be named and whose model embeds.
        asking: asks the index.
        turn: waits for a place among the pictures that are under way. It is held for one try, not between tries.
        max_upload_bytes: size of the largest uploaded picture, bytes.
        patience_s: how long Redis, the workers or the search engine may be unavailable before a job fails, seconds.
        busy_patience_s: how long they may be too busy for every picture of the job, seconds.
    """

    def __init__(
        self,
        index: OpenIndex,
        asking: Asking,
        turn: Callable[[], AbstractAsyncContextManager[None]],
        *,
        max_upload_bytes: int,
        patience_s: float,
        busy_patience_s: float = BUSY_PATIENCE_S,
    ) -> None:
        self._index = index
        self._asking = asking
        self._turn = turn
        self._max_upload_bytes = max_upload_bytes
        self._patience_s = patience_s
        self._busy_patience_s = busy_patience_s
        self._progress_at: float | None = None

    async def embed(self, picture: JobPicture) -> JobResult | JobError:
        """The embedding of a picture, or the reason why it has none.

        Raises:
            ServiceProblem: the job cannot go on, because Redis, the workers or the search engine were unavailable for
                longer than `patience_s`, or too busy for any of its pictures for `busy_patience_s`.
        """
        try:
            reply = await self._embed_patiently(picture)
        except PictureRejected as error:
            return JobError(picture.index, picture.item_id, error.code, error.detail)
        except UnknownItemError as error:
            problem = unknown_item(error)
            return JobError(picture.index, picture.item_id, problem.code, problem.detail)
        except ServiceProblem as problem:
            if problem.code in INFRASTRUCTURE_CODES or (problem.code in _BUSY_CODES and self._is_stuck()):
                raise
            return JobError(picture.index, picture.item_id, problem.code, problem.detail)
        kept = reply if picture.keeps_reply else None
        return JobResult(picture.index, picture.item_id, picture.filename, reply.embedding, kept)

    async def _load(self, picture: JobPicture) -> tuple[bytes, Box | None]:
        if picture.data is not None:
            await run_in_threadpool(check_picture, picture.data, max_upload_bytes=self._max_upload_bytes)
            return picture.data, picture.box
        searcher, item_id = self._index.searcher, picture.item_id or ""
        item = await self._asking.ask(searcher, None, lambda: searcher.item(item_id))
        return await self._index.pictures.run(item, partial(self._load_item, item))

    def _load_item(self, item: ItemRecord) -> tuple[bytes, Box | None]:
        data = self._index.pictures.read(item)
        header = check_picture(data, max_upload_bytes=len(data))
        return data, Box.of_crop(item.crop, header.width, header.height)

    async def _embed_patiently(self, picture: JobPicture) -> Embedded:
        loop = asyncio.get_running_loop()
        give_up = math.inf
        timeouts = 0
        pause_s = 0.1
        while True:
            try:
                async with self._turn():
                    now = loop.time()
                    self._progress_at = now if self._progress_at is None else self._progress_at
                    give_up = min(give_up, now + self._patience_s)
                    # Read for each try, so that pictures between two tries take no memory.
                    data, box = await self._load(picture)
                    reply = await self._index.embedder.embed(data, box=box, detect=picture.detect)
            except PictureRejected:
                self._progress_at = loop.time()
                raise
            except ServiceProblem as problem:
                if problem.code == "inference_timeout":
                    timeouts += 1
                    if timeouts >= MAX_TIMEOUTS:
                        raise
                elif problem.code in INFRASTRUCTURE_CODES:
                    if loop.time() >= give_up:
                        raise
                elif problem.code != "queue_full" or self._is_stuck():
                    raise
            else:
                self._progress_at = loop.time()
                return reply
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _is_stuck(self) -> bool:
        """Whether no picture of the job has been answered for longer than `busy_patience_s`."""
        return (
            self._progress_at is not None
            and asyncio.get_running_loop().time() - self._progress_at >= self._busy_patience_s
        )
