"""The parts of an application that its routes share."""

from dataclasses import dataclass

from api.embedding.embedders import Embedders
from api.http.addresses import Addresses
from api.http.body_budget import BodyBudget
from api.http.cache_rules import CacheRules
from api.http.upload_checks import UploadChecks
from api.items.asking import Asking
from api.items.engine_calls import EngineCalls
from api.items.index_watch import IndexWatch
from api.items.open_index import OpenIndex
from api.items.served_index import ServedIndex
from api.items.thumbnails import Thumbnails
from api.jobs.runner import JobRunner
from api.jobs.turns import PhotoTraffic
from api.live.live import Live
from api.metrics import Metrics
from api.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class Services:
    """The shared parts; created once per application.

    Attributes:
        settings: of the process.
        served: the index.
        embedders: turn photos into embeddings, one for each model version in use.
        jobs: processes the jobs of `POST /embeddings`.
        photos: is told of each photo of a customer.
        metrics: of the process.
        asking: queries the index's searcher, in a thread if that may take long.
        engine: questions to the search engine; without one, none are asked.
        watch: follows promotions; None if this application keeps its first index.
        live: what follows and changes the live catalogue; None without a database.
        bodies: memory for the bodies of requests.
        checks: parses and checks uploads.
        thumbnails: pictures of items, made smaller.
        addresses: where pictures and feeds may be fetched from.
        rules: for those who keep answers about items.
    """

    settings: ApiSettings
    served: ServedIndex
    embedders: Embedders
    jobs: JobRunner
    photos: PhotoTraffic
    metrics: Metrics
    asking: Asking
    engine: EngineCalls
    watch: IndexWatch | None
    live: Live | None
    bodies: BodyBudget
    checks: UploadChecks
    thumbnails: Thumbnails
    addresses: Addresses
    rules: CacheRules

    def index(self) -> OpenIndex:
        """The index that is served now; call once per request.

        Raises:
            ServiceProblem: `index_unavailable`.
        """
        return self.served.index()
