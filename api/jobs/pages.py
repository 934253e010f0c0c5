"""Which pictures of a job are on a page of its results and errors, and what they were in Redis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import orjson
from numpy.typing import NDArray

from api.http.problems import unknown_item
from api.jobs.outcomes import JobError, JobResult, Outcome, StopReason
from api.jobs.records import RECORD_BYTES, unpack_embedding, unpack_reason
from api.jobs.request import NAMES_PER_BLOCK
from contracts.errors import UnknownItemError
from contracts.items import MAX_ID_CHARACTERS


class JobPage:
    """A page of the results of a job, and one of its errors.

    Only pictures before the first pending one count, so that pages of a running job do not change any more.

    Args:
        outcomes: of all pictures of the job, a byte each.
        limit: most results, and most errors.
        offset: results to skip, and errors.

    Attributes:
        done: number of finished pictures.
    """

    def __init__(self, outcomes: bytes, *, limit: int, offset: int) -> None:
        self._outcomes = np.frombuffer(outcomes, np.uint8)
        pending = np.flatnonzero(self._outcomes == Outcome.PENDING)
        self.done = int(pending[0]) if pending.size else len(outcomes)
        succeeded = self._outcomes[: self.done] == Outcome.EMBEDDED
        self._results = np.flatnonzero(succeeded)[offset : offset + limit]
        self._errors = np.flatnonzero(~succeeded)[offset : offset + limit]

    @cached_property
    def record_runs(self) -> Sequence[tuple[int, int]]:
        """First slot and number of slots of each run of records that the page needs."""
        slots = np.unique(self._slots[np.concatenate([self._results, self._refused])])
        starts = np.flatnonzero(np.diff(slots, prepend=-2) > 1)
        lengths = np.diff(starts, append=slots.size)
        return [(int(slots[start]), int(length)) for start, length in zip(starts, lengths, strict=True)]

    @cached_property
    def name_blocks(self) -> Sequence[str]:
        """The blocks of names that the page needs."""
        blocks = np.unique(np.concatenate([self._results, self._errors]) // NAMES_PER_BLOCK)
        return [str(block) for block in blocks.tolist()]

    def unpack(self, content: "PageContent") -> tuple[list[JobResult], list[JobError]]:
        """Results and errors of the page, each in order of index; takes some 20 ms for 1,000 of them."""
        return self._unpack_results(content), self._unpack_errors(content)

    def _unpack_results(self, content: "PageContent") -> list[JobResult]:
        found = []
        for index in self._results.tolist():
            embedding = unpack_embedding(content.record(int(self._slots[index])))
            name = content.name(index)
            item_id, filename = (name, None) if content.is_items else (None, name)
            found.append(JobResult(index, item_id, filename, embedding))
        return found

    def _unpack_errors(self, content: "PageContent") -> list[JobError]:
        found = []
        for index in self._errors.tolist():
            name = content.name(index)
            match Outcome(self._outcomes[index]):
                case Outcome.UNKNOWN:
                    code, detail = _unknown(name)
                case Outcome.STOPPED:
                    code, detail = content.reason.code, content.reason.detail
                case _:
                    code, detail = unpack_reason(content.record(int(self._slots[index])))
            found.append(JobError(index, name if content.is_items else None, code, detail))
        return found

    @cached_property
    def _slots(self) -> NDArray[np.int64]:
        """Place of each picture's record."""
        slots: NDArray[np.int64] = np.cumsum(self._outcomes != Outcome.UNKNOWN) - 1
        return slots

    @cached_property
    def _refused(self) -> NDArray[np.int64]:
        refused: NDArray[np.int64] = self._errors[self._outcomes[self._errors] == Outcome.REFUSED]
        return refused


@dataclass(frozen=True, slots=True)
class PageContent:
    """What Redis holds of the pictures of a page.

    Attributes:
        is_items: whether the names are ids of items, not names of files.
        reason: why the job stopped.
        records: slot -> record.
        names: number of a block -> the names in it.
    """

    is_items: bool
    reason: StopReason
    records: Mapping[int, bytes]
    names: Mapping[int, Sequence[str | None]]

    @classmethod
    def of(
        cls, page: JobPage, runs: Sequence[bytes], blocks: Sequence[bytes | None], *, is_items: bool, reason: StopReason
    ) -> "PageContent | None":
        """Take apart what was read for a page; None if it has expired meanwhile.

        Args:
            page: whose content it is.
            runs: of records, as in `page.record_runs`.
            blocks: of names, as in `page.name_blocks`.
            is_items: whether the names are ids of items.
            reason: why the job stopped.
        """
        records = {}
        for (first, length), run in zip(page.record_runs, runs, strict=True):
            if len(run) != length * RECORD_BYTES:
                return None
            for place in range(length):
                records[first + place] = run[place * RECORD_BYTES : (place + 1) * RECORD_BYTES]
        names = {}
        for number, block in zip(page.name_blocks, blocks, strict=True):
            if block is None:
                return None
            names[int(number)] = orjson.loads(block)
        return cls(is_items, reason, records, names)

    def record(self, slot: int) -> bytes:
        """The record in a slot."""
        return self.records[slot]

    def name(self, index: int) -> str | None:
        """The id or file name of a picture, by its position in the request."""
        block, place = divmod(index, NAMES_PER_BLOCK)
        return self.names[block][place]


def _unknown(item_id: str | None) -> tuple[str, str]:
    if item_id is None:
        return "unknown_item", f"no item has an id of over {MAX_ID_CHARACTERS} characters; GET /items lists the items"
    problem = unknown_item(UnknownItemError(item_id))
    return problem.code, problem.detail
