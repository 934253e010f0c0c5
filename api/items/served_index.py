"""The index that a process currently serves."""

from api.http.problems import ServiceProblem
from api.items.open_index import OpenIndex


class ServedIndex:
    """Holds the open index, which is replaced as a whole when another bundle is promoted.

    Attributes:
        opened: the index, or None if there is none.
    """

    def __init__(self) -> None:
        self.opened: OpenIndex | None = None

    def index(self) -> OpenIndex:
        """The index that is served now; a request takes it once and keeps it.

        Raises:
            ServiceProblem: `index_unavailable`.
        """
        opened = self.opened
        if opened is None:
            raise ServiceProblem(
                "index_unavailable", "no index is open; run `lookalike index build`, and it is served within seconds"
            )
        return opened
