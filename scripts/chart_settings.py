"""Where the Helm chart lies, and which settings it lets through to which process."""

from typing import Final

from contracts.settings_names import API_SETTINGS, FILE_SUFFIX, IMPORTER_SETTINGS, SECRETS, WORKER_SETTINGS
from scripts.install_client_tools import REPOSITORY

HELM: Final = REPOSITORY / "deploy" / "helm"
CHART: Final = HELM / "lookalike"

# What the chart sets itself, because its volumes, Secrets or ports decide it.
OF_THE_CHART: Final = frozenset(SECRETS) | {
    *(f"{secret}{FILE_SUFFIX}" for secret in SECRETS),
    "LOOKALIKE_CATALOGUE_ROOT",
    "LOOKALIKE_EXTRACT_ROOTS",
    "LOOKALIKE_EXTRACT_SHARED",
    "LOOKALIKE_THUMBNAILS",
    "LOOKALIKE_WORKER_METRICS_HOST",
    "LOOKALIKE_WORKER_METRICS_PORT",
}
# uvicorn's variable: proxies whose X-Forwarded-For is believed.
_OF_UVICORN: Final = "FORWARDED_ALLOW_IPS"
PROCESSES: Final = {
    "api": sorted((API_SETTINGS | {_OF_UVICORN}) - OF_THE_CHART),
    "worker": sorted(WORKER_SETTINGS - OF_THE_CHART),
    "importer": sorted(IMPORTER_SETTINGS - OF_THE_CHART),
}
