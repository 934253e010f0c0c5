"""What the routes share: made once per application, handed to each of them."""

from dataclasses import dataclass

from api.embedding.protocol import Embedder
from api.jobs.runner import JobRunner
from api.metrics import Metrics
from api.open_index import OpenIndex
from api.problems import ServiceProblem
from api.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one application.

    Attributes:
        settings: of the process.
        opened: the index, or None while there is none.
        embedder: turns photos into embeddings.
        jobs: works off `POST /embeddings`.
        metrics: counts.
    """

    settings: ApiSettings
    opened: OpenIndex | None
    embedder: Embedder
    jobs: JobRunner
    metrics: Metrics

    def index(self) -> OpenIndex:
        """The open index.

        Raises:
            ServiceProblem: `index_unavailable`.
        """
        if self.opened is None:
            raise ServiceProblem(
                "index_unavailable", "no index is open; run `lookalike index build` and start the API again"
            )
        return self.opened
