"""What the routes share: made once per application, handed to each of them."""

from dataclasses import dataclass

from api.embedding.embedders import Embedders
from api.http.problems import ServiceProblem
from api.items.asking import Asking
from api.items.open_index import OpenIndex
from api.jobs.runner import JobRunner
from api.metrics import Metrics
from api.settings import ApiSettings


@dataclass(slots=True)
class Services:
    """The parts of one application; all but `opened` stay what they are.

    Attributes:
        settings: of the process.
        opened: the index, or None while there is none. Replaced as a whole when another bundle is
            promoted, so a request asks for it once.
        embedders: turn photos into embeddings, one for each model version in use.
        jobs: works off `POST /embeddings`.
        metrics: counts.
        asking: asks the index's searcher, in a thread where it takes long.
    """

    settings: ApiSettings
    opened: OpenIndex | None
    embedders: Embedders
    jobs: JobRunner
    metrics: Metrics
    asking: Asking

    def index(self) -> OpenIndex:
        """The index that is served now; ask once per request.

        Raises:
            ServiceProblem: `index_unavailable`.
        """
        opened = self.opened
        if opened is None:
            raise ServiceProblem(
                "index_unavailable", "no index is open; run `lookalike index build`, which is noticed within seconds"
            )
        return opened
