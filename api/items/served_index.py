"""The index that a process currently serves."""

from weakref import WeakSet

from api.http.problems import ServiceProblem
from api.items.open_index import OpenIndex


class ServedIndex:
    """Holds the open index, which is replaced as a whole when another bundle is promoted or an item changes.

    Attributes:
        opened: the index, or None if there is none.
    """

    def __init__(self) -> None:
        self.opened: OpenIndex | None = None
        # Replaced indexes that requests or jobs may still use; they drop out when they are released.
        self._left: WeakSet[OpenIndex] = WeakSet()

    def replace(self, opened: OpenIndex) -> None:
        """Serve another index from now on."""
        if self.opened is not None:
            self._left.add(self.opened)
        self.opened = opened

    def models_in_use(self) -> set[str]:
        """The model versions of the index that is served, and of those that requests and jobs still use."""
        models = {opened.model_version for opened in self._left}
        if self.opened is not None:
            models.add(self.opened.model_version)
        return models

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
