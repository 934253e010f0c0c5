"""A photo that was admitted, and its deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self, TypeVar

from api.embedding.remembered_photos import RememberedPhotos
from api.http.problems import ServiceProblem
from contracts.box import Box
from contracts.embedding_reply import Embedded

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a photo must be answered.

    Attributes:
        at: on the event loop's clock, seconds.
        allowed_s: how long it was from the beginning, for messages.
    """

    at: float
    allowed_s: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        """The deadline so many seconds from now."""
        return cls(asyncio.get_running_loop().time() + seconds, seconds)

    def left_s(self) -> float:
        """Seconds until then; negative once it has passed."""
        return self.at - asyncio.get_running_loop().time()

    async def bound(self, work: Awaitable[_Result]) -> _Result:
        """The result of work, which is cancelled at the deadline.

        Raises:
            ServiceProblem: `inference_timeout`.
        """
        try:
            async with asyncio.timeout_at(self.at) as timeout:
                return await work
        except TimeoutError:
            if not timeout.expired():
                raise
            raise ServiceProblem(
                "inference_timeout", f"the picture was not embedded within {self.allowed_s:g} s; try again"
            ) from None


class Admitted:
    """One photo's place among those that wait. Checking it and embedding it share one deadline.

    Args:
        embed: embeds a picture, or a box on it, until the deadline; the third argument says whether to find garments.
        deadline: of the photo.
        remembered: photos that were answered lately; None remembers none.
    """

    def __init__(
        self,
        embed: Callable[[bytes, Box | None, bool, Deadline], Awaitable[Embedded]],
        deadline: Deadline,
        remembered: RememberedPhotos | None = None,
    ) -> None:
        self._embed = embed
        self._deadline = deadline
        self._remembered = remembered
        self._name: bytes | None = None

    async def check(self, work: Awaitable[_Result]) -> _Result:
        """The result of work that comes before the embedding.

        Raises:
            ServiceProblem: `inference_timeout`.
        """
        return await self._deadline.bound(work)

    def note(self, picture: bytes, box: Box | None, *, detect: bool) -> None:
        """Note which picture `recall` asks for, and what of it; what `embed` gives is then remembered.

        It hashes all bytes, so call it in a thread where they are many.
        """
        if self._remembered is not None:
            self._name = self._remembered.name(picture, box, detect=detect)

    async def recall(self) -> Embedded | None:
        """The embedding of the noted picture if it was embedded lately.

        Raises:
            ServiceProblem: `inference_timeout`.
        """
        if self._remembered is None or self._name is None:
            return None
        return await self._deadline.bound(self._remembered.find(self._name))

    async def embed(self, picture: bytes, *, box: Box | None = None, detect: bool = False) -> Embedded:
        """The embedding of the picture; see `Embedder.embed`."""
        embedded = await self._embed(picture, box, detect, self._deadline)
        if self._remembered is not None and self._name is not None:
            self._remembered.keep(self._name, embedded)
        return embedded
