"""The name of every environment variable that a process reads, in one place.

Each process reads its own, and all of them are set in one environment. So a process must know the names of the others
to tell a name that is not its own from one that is misspelt.
"""

import difflib
import re
from collections.abc import Mapping

from contracts.engine_names import ENGINE_VARIABLE
from contracts.errors import LaunchError

PREFIX = "LOOKALIKE_"
# Of the variables with which processes reach an object store.
OBJECT_STORE_PREFIX = "AWS_"
REDIS_URL = "REDIS_URL"
API_KEYS = "LOOKALIKE_API_KEYS"
DATABASE_URL = "LOOKALIKE_DATABASE_URL"
SEARCH_URL = "LOOKALIKE_SEARCH_URL"

# What must not stand in the environment of every process may stand in a file that a variable of this name points to.
FILE_SUFFIX = "_FILE"
SECRETS = (API_KEYS, DATABASE_URL, REDIS_URL, SEARCH_URL)

API_SETTINGS = frozenset(
    {
        API_KEYS,
        f"{API_KEYS}{FILE_SUFFIX}",
        DATABASE_URL,
        f"{DATABASE_URL}{FILE_SUFFIX}",
        SEARCH_URL,
        f"{SEARCH_URL}{FILE_SUFFIX}",
        "LOOKALIKE_ACCESS_LOG",
        "LOOKALIKE_ALLOWED_CATALOGUES",
        "LOOKALIKE_ALLOWED_HOSTS",
        "LOOKALIKE_ANSWER_CACHE_BYTES",
        "LOOKALIKE_BODY_BUDGET_BYTES",
        "LOOKALIKE_BODY_IDLE_S",
        "LOOKALIKE_BODY_TIMEOUT_S",
        "LOOKALIKE_CACHE_CONTROL",
        "LOOKALIKE_CATALOGUE_ROOT",
        "LOOKALIKE_CORS_ORIGINS",
        "LOOKALIKE_HEADER_TIMEOUT_S",
        "LOOKALIKE_IMAGE_URL_HOSTS",
        "LOOKALIKE_IMAGE_URL_HTTP",
        "LOOKALIKE_IMAGE_URL_TEMPLATE",
        "LOOKALIKE_JOB_PICTURES_IN_FLIGHT",
        "LOOKALIKE_LOG_FORMAT",
        "LOOKALIKE_JOB_MEMORY_BYTES",
        "LOOKALIKE_JOB_MEMORY_SHARE",
        "LOOKALIKE_MAX_CHANGES",
        "LOOKALIKE_MAX_CONNECTIONS",
        "LOOKALIKE_MAX_CONNECTIONS_PER_ADDRESS",
        "LOOKALIKE_MAX_IMPORT_BYTES",
        "LOOKALIKE_MAX_JOBS",
        "LOOKALIKE_MAX_JOBS_PER_KEY",
        "LOOKALIKE_MAX_PENDING",
        "LOOKALIKE_MAX_UPLOAD_BYTES",
        "LOOKALIKE_OPEN",
        "LOOKALIKE_OPEN_PICTURES",
        "LOOKALIKE_PICTURE_STORE",
        "LOOKALIKE_PROXY_ADDRESSES",
        "LOOKALIKE_PUBLISHABLE_KEYS",
        "LOOKALIKE_PUBLIC_URL",
        "LOOKALIKE_RATE_LIMIT",
        "LOOKALIKE_REQUEST_TIMEOUT_S",
        "LOOKALIKE_RERANK",
        "LOOKALIKE_ROOT_PATH",
        "LOOKALIKE_SAME_PHOTO_BYTES",
        "LOOKALIKE_SAME_PHOTO_S",
        "LOOKALIKE_SEARCH_TIMEOUT_S",
        "LOOKALIKE_THUMBNAILS",
        "LOOKALIKE_THUMBNAIL_BYTES",
        "LOOKALIKE_THUMBNAIL_MEMORY_BYTES",
        "LOOKALIKE_TRACING",
        "LOOKALIKE_UNAUTHORIZED_PER_MINUTE",
        "LOOKALIKE_WRITE_TIMEOUT_S",
    }
)
WORKER_SETTINGS = frozenset(
    {
        "LOOKALIKE_BATCH_LIMIT",
        "LOOKALIKE_DECODE_BUDGET_BYTES",
        "LOOKALIKE_DETECT",
        ENGINE_VARIABLE,
        "LOOKALIKE_ENGINE_STUCK_S",
        "LOOKALIKE_EXTRACT_ROOTS",
        "LOOKALIKE_EXTRACT_SHARED",
        "LOOKALIKE_LOG_FORMAT",
        "LOOKALIKE_LOG_LEVEL",
        "LOOKALIKE_TRACING",
        "LOOKALIKE_VISIBILITY_TIMEOUT_S",
        "LOOKALIKE_WORKER_METRICS_HOST",
        "LOOKALIKE_WORKER_METRICS_PORT",
    }
)
IMPORTER_SETTINGS = frozenset(
    {
        DATABASE_URL,
        f"{DATABASE_URL}{FILE_SUFFIX}",
        ENGINE_VARIABLE,
        "LOOKALIKE_IMAGE_URL_HOSTS",
        "LOOKALIKE_IMAGE_URL_HTTP",
        "LOOKALIKE_LOG_FORMAT",
        "LOOKALIKE_MAX_CHANGES",
        "LOOKALIKE_MAX_IMPORT_BYTES",
        "LOOKALIKE_PICTURE_STORE",
        SEARCH_URL,
        f"{SEARCH_URL}{FILE_SUFFIX}",
    }
)
# Read by the tests and benchmarks of a checkout; the processes that these start inherit them.
_OF_TESTS = frozenset({"LOOKALIKE_BASELINE", "LOOKALIKE_DATA", "LOOKALIKE_TEST_BFLOAT16", "LOOKALIKE_TEST_SEARCH"})
_KNOWN = API_SETTINGS | WORKER_SETTINGS | IMPORTER_SETTINGS

# Kubernetes sets these in every container beside a service whose name begins with `lookalike`.
_OF_KUBERNETES = re.compile(
    r"LOOKALIKE(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)
_URL_OF_KUBERNETES = re.compile(r"(tcp|udp|sctp)://.*")


def check_names(environment: Mapping[str, str]) -> None:
    """Refuse variables that look like settings and are none: a misspelt name would silently leave its default.

    Raises:
        LaunchError: a variable begins with `LOOKALIKE_`, in any case, and nothing reads it; the message names the
            nearest that something reads, never a value.
    """
    unknown = [name for name, value in environment.items() if _is_unknown(name, value)]
    if unknown:
        raise LaunchError(
            "unknown settings in the environment: "
            + "; ".join(f"{name} (the nearest that exists is {_nearest(name)})" for name in sorted(unknown))
            + "; correct or remove each one"
        )


def _is_unknown(name: str, value: str) -> bool:
    if not name.upper().startswith(PREFIX) or name in _KNOWN or name in _OF_TESTS:
        return False
    if not _OF_KUBERNETES.fullmatch(name):
        return True
    # `LOOKALIKE_PORT=8000` is what a person might try; Kubernetes writes tcp://10.0.0.1:8000 there.
    whole = name.endswith("_PORT") and not re.search(r"_SERVICE_PORT$|_PORT_\d+_[A-Z]+_PORT$", name)
    return whole and not _URL_OF_KUBERNETES.fullmatch(value)


def _nearest(name: str) -> str:
    (nearest,) = difflib.get_close_matches(name.upper(), sorted(_KNOWN), n=1, cutoff=0.0)
    return nearest
