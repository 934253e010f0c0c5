"""The pictures of a job, and how they are embedded."""

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool

from api.http.problems import ServiceProblem, unknown_item
from api.http.uploads import check_picture
from api.items.open_index import OpenIndex
from api.jobs.store import JobError, JobResult
from contracts.box import Box
from contracts.embedding_reply import Embedded
from contracts.errors import PictureRejected, UnknownItemError

# With these problems nothing can be embedded: the job waits for their end, and fails if they last.
INFRASTRUCTURE_CODES: Final = frozenset({"queue_unavailable", "no_worker", "model_mismatch"})
MAX_TIMEOUTS: Final = 3
_LONGEST_PAUSE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class JobPicture:
    """A picture of a job: that of an item, or an uploaded one.

    Attributes:
        index: position in the request.
        item_id: item of the catalogue, or None.
        filename: as uploaded, or None.
        data: the uploaded bytes, or None.
    """

    index: int
    item_id: str | None = None
    filename: str | None = None
    data: bytes | None = None


class PictureEmbedder:
    """Embeds the pictures of jobs, and retries while services are busy or unavailable.

    Args:
        index: the index whose items may be named and whose model embeds.
        max_upload_bytes: size of the largest uploaded picture, bytes.
        patience_s: how long Redis or the workers may be unavailable before a job fails, seconds.
    """

    def __init__(self, index: OpenIndex, *, max_upload_bytes: int, patience_s: float) -> None:
        self._index = index
        self._max_upload_bytes = max_upload_bytes
        self._patience_s = patience_s

    async def embed(self, picture: JobPicture) -> JobResult | JobError:
        """The embedding of a picture, or the reason why it has none.

        Raises:
            ServiceProblem: Redis or the workers were unavailable for longer than `patience_s`.
        """
        try:
            data, box = await self._load(picture)
            reply = await self._embed_patiently(data, box)
        except PictureRejected as error:
            return JobError(picture.index, picture.item_id, error.code, error.detail)
        except UnknownItemError as error:
            problem = unknown_item(error)
            return JobError(picture.index, picture.item_id, problem.code, problem.detail)
        except ServiceProblem as problem:
            if problem.code in INFRASTRUCTURE_CODES:
                raise
            return JobError(picture.index, picture.item_id, problem.code, problem.detail)
        return JobResult(picture.index, picture.item_id, picture.filename, reply.embedding)

    async def _load(self, picture: JobPicture) -> tuple[bytes, Box | None]:
        if picture.data is not None:
            await run_in_threadpool(check_picture, picture.data, max_upload_bytes=self._max_upload_bytes)
            return picture.data, None
        return await run_in_threadpool(self._load_item, picture.item_id or "")

    def _load_item(self, item_id: str) -> tuple[bytes, Box | None]:
        item = self._index.searcher.item(item_id)
        data = self._index.pictures.read(item)
        header = check_picture(data, max_upload_bytes=len(data))
        return data, Box.of_crop(item.crop, header.width, header.height)

    async def _embed_patiently(self, data: bytes, box: Box | None) -> Embedded:
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._patience_s
        timeouts = 0
        pause_s = 0.1
        while True:
            try:
                return await self._index.embedder.embed(data, box=box)
            except ServiceProblem as problem:
                if problem.code == "inference_timeout":
                    timeouts += 1
                    if timeouts >= MAX_TIMEOUTS:
                        raise
                elif problem.code in INFRASTRUCTURE_CODES:
                    if loop.time() >= give_up:
                        raise
                elif problem.code != "queue_full":
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
