"""The index that a process serves right now."""

from api.http.problems import ServiceProblem
from api.items.open_index import OpenIndex


class ServedIndex:
    """Holds the open index; another one replaces it as a whole when its bundle is promoted.

    Attributes:
        opened: the index, or None while there is none.
    """

    def __init__(self) -> None:
        self.opened: OpenIndex | None = None

    def index(self) -> OpenIndex:
        """The index that is served now; a request asks for it once and keeps to it.

        Raises:
            ServiceProblem: `index_unavailable`.
        """
        opened = self.opened
        if opened is None:
            raise ServiceProblem(
                "index_unavailable", "no index is open; run `lookalike index build`, which is noticed within seconds"
            )
        return opened
