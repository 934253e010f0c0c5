"""A budget for the request bodies that a process holds in memory."""

from types import TracebackType
from typing import Self

from api.http.problems import ServiceProblem


class BodyBudget:
    """Bytes that the bodies of all requests may take together.

    Args:
        most_bytes: the budget.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.used_bytes = 0

    def share(self) -> "BodyShare":
        """What one request takes of the budget: nothing yet. Leaving its `with` block gives everything back."""
        return BodyShare(self)


class BodyShare:
    """What one request has taken of the budget."""

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self._taken = 0

    def __enter__(self) -> Self:
        """Begin with nothing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give everything back."""
        self._budget.used_bytes -= self._taken
        self._taken = 0

    def check(self, announced: int) -> None:
        """Refuse a body that would not fit now. Nothing is reserved: who announces a body may never send it.

        Raises:
            ServiceProblem: `queue_full`.
        """
        if self._budget.used_bytes + announced > self._budget.most_bytes:
            raise ServiceProblem(
                "queue_full",
                f"the uploads of others take {self._budget.used_bytes:,} of the {self._budget.most_bytes:,} bytes that "
                "this process has for them; try again",
            )

    def take(self, size: int) -> None:
        """Take so many bytes more.

        Raises:
            ServiceProblem: `queue_full`.
        """
        self.check(size)
        self._budget.used_bytes += size
        self._taken += size
