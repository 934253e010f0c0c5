"""The figures behind a plan, each with the page and the words that it comes from.

A test finds the words of each on its page, so who measures again changes both.
"""

from typing import Final

from commands.planning.constant import Constant


def _measured(name: str, value: float, unit: str, page: str, quote: str, says: str) -> Constant:
    return Constant(name, value, unit, "measured", page, quote, says)


def _default(name: str, value: float, unit: str, page: str, quote: str, says: str) -> Constant:
    return Constant(name, value, unit, "default", page, quote, says)


def _chosen(name: str, value: float, unit: str, quote: str, says: str) -> Constant:
    return Constant(name, value, unit, "chosen", "scale.md", quote, says)


MEASURED_ITEMS: Final = _measured(
    "measured_items", 35_466, "items", "measured.md", "## Serving 35,466 items", "items of the measured catalogue"
)
SEARCHES: Final = _measured(
    "searches_of_a_process",
    908,
    "searches/s",
    "measured.md",
    "| no keys | 0.113 ms | 11,855/s | 908/s |",
    "searches a second of one API process, each asked for the first time",
)
SEARCH_TIME: Final = _measured(
    "search_time",
    0.0023,
    "seconds",
    "scale.md",
    "| 10 million | 1.4 ms | 2.3 ms | measured |",
    "p50 of a search of ten million items, mixture, one thread",
)
SEARCH_TIME_ITEMS: Final = _measured(
    "search_time_items",
    10_000_000,
    "items",
    "scale.md",
    "p50 at N₀ = 10 million, one thread",
    "items that this was measured with",
)
SEARCH_EXPONENT: Final = _measured(
    "search_exponent",
    0.68,
    "exponent",
    "scale.md",
    "0.60 (jittered), 0.68 (mixture)",
    "how the time of a search grows with the items",
)
PHOTOS: Final = _measured(
    "photos_of_two_cores",
    124,
    "photos/s",
    "measured.md",
    "| 32 | 124, 111, 126 |",
    "photos a second of API, Redis and a worker on two cores, without looking for garments",
)
WORKER_CORES: Final = _measured(
    "cores_of_a_worker",
    2,
    "cores",
    "measured.md",
    "on two cores of a Xeon with AMX",
    "cores of the machine on which photos were measured",
)
DETECTION: Final = _measured(
    "detection",
    0.011,
    "seconds",
    "production.md",
    "6 to 11 ms of two cores a photo in bfloat16",
    "time of two cores to find the garments of a photo",
)
PHOTO_IN_API: Final = _measured(
    "photo_in_api",
    0.0018,
    "seconds",
    "measured.md",
    "an empty job 1.8 ms",
    "an empty job through Redis and worker, more than what the API does for a photo before its search",
)
CHANGE: Final = _measured(
    "change",
    0.0052,
    "seconds",
    "measured.md",
    "p50 5.2 ms, p99 9.6 ms",
    "time of an API process for a change of an item",
)
APPLY: Final = _measured(
    "applied_change",
    0.00127,
    "seconds",
    "measured.md",
    "| 0 | 1.27 / 1.91 ms |",
    "time of every API process to show a change",
)
MOST_CHANGES: Final = _measured(
    "most_changes",
    193,
    "changes/s",
    "measured.md",
    "the same with 193 changes/s (200 were asked for)",
    "changes a second that were measured",
)
EXTRACTION: Final = _measured(
    "extraction",
    470,
    "seconds",
    "measured.md",
    "35,466 items (34,945 different pictures) in 470 s",
    "time to embed the measured catalogue on two cores",
)
API_MEMORY: Final = _measured(
    "api_memory",
    268_000_000,
    "bytes",
    "measured.md",
    "API 268 MB, worker 330 MB, Redis 108 MB",
    "memory of an API process with the measured catalogue",
)
WORKER_MEMORY: Final = _measured(
    "worker_memory",
    330_000_000,
    "bytes",
    "measured.md",
    "API 268 MB, worker 330 MB, Redis 108 MB",
    "memory of a worker; an importer runs the same network",
)
API_ITEM: Final = _measured(
    "api_memory_of_an_item",
    990,
    "bytes",
    "scale.md",
    "990 (174 MB with 1,000 items, 208 MB with 35,466)",
    "memory of an API process for each item",
)
VECTOR: Final = _measured(
    "reduced_vector", 120, "bytes", "scale.md", "| vectors, float32 | 4 C | 120 |", "an item's reduced vector"
)
BUILD: Final = _measured(
    "build", 3, "times", "scale.md", "build, at most 3 times the vectors", "memory to build an index, in its vectors"
)
BUNDLE: Final = _measured(
    "bundle",
    56_600_000,
    "bytes",
    "measured.md",
    "72.6 -> 5.7 MB | 56.6 MB |",
    "bundle of the measured catalogue, with full embeddings and attributes",
)
EMBEDDINGS: Final = _measured(
    "embeddings", 72_600_000, "bytes", "measured.md", "72.6 -> 5.7 MB | 56.6 MB |", "its embeddings"
)
ITEM_LINE: Final = _measured(
    "line_of_an_item",
    277,
    "bytes",
    "scale.md",
    "L of your catalogue (that of the 35,466 products: 277)",
    "an item's id, path and attributes as JSON",
)
DATABASE: Final = _measured(
    "database",
    161_000_000,
    "bytes",
    "scale.md",
    "| SQLite database of 35,466 items | 161 MB",
    "database of the measured catalogue, with an embedding for each item",
)
PHOTO_BYTES: Final = _measured(
    "photo_bytes",
    2_900_000,
    "bytes",
    "measured.md",
    "photo of 12 megapixels (2.9 MB)",
    "a photo as a phone takes it; the widget and the page send 56 kB",
)

ANSWER_CACHE: Final = _default(
    "answer_cache",
    33_554_432,
    "bytes",
    "production.md",
    "| `LOOKALIKE_ANSWER_CACHE_BYTES` | `33554432` |",
    "answers that an API process remembers",
)
BODY_BUDGET: Final = _default(
    "body_budget",
    268_435_456,
    "bytes",
    "production.md",
    "| `LOOKALIKE_BODY_BUDGET_BYTES` | `268435456` |",
    "bodies of requests that an API process reads",
)
THUMBNAIL_MEMORY: Final = _default(
    "thumbnail_memory",
    268_435_456,
    "bytes",
    "production.md",
    "| `LOOKALIKE_THUMBNAIL_MEMORY_BYTES` | `268435456` |",
    "thumbnails that an API process makes",
)
THUMBNAIL_DISK: Final = _default(
    "thumbnail_disk",
    1_073_741_824,
    "bytes",
    "production.md",
    "| `LOOKALIKE_THUMBNAIL_BYTES` | `1073741824` |",
    "what the folder of thumbnails may hold",
)
DECODE_BUDGET: Final = _default(
    "decode_budget",
    1_073_741_824,
    "bytes",
    "production.md",
    "| `LOOKALIKE_DECODE_BUDGET_BYTES` | `1073741824` |",
    "pictures that a worker decodes at a time",
)
PENDING: Final = _default(
    "pending_photos",
    128,
    "photos",
    "production.md",
    "| `LOOKALIKE_MAX_PENDING` | `128` |",
    "photos of an API process that wait",
)
TIMEOUT: Final = _default(
    "photo_timeout",
    10.0,
    "seconds",
    "production.md",
    "| `LOOKALIKE_REQUEST_TIMEOUT_S` | `10.0` |",
    "how long a photo waits at most",
)
PHOTO_SHARE: Final = _default(
    "photo_share_of_redis",
    0.5,
    "share",
    "production.md",
    "Half of its `maxmemory` is for photos",
    "share of Redis's memory that photos may take",
)
REDIS_LEAST: Final = _default(
    "redis_least",
    256_000_000,
    "bytes",
    "production.md",
    "With 256 MB, 11 jobs of 10,000 pictures fit",
    "`maxmemory` in docker-compose.yml",
)
KEPT: Final = _default(
    "kept_bundles",
    5,
    "bundles",
    "versions.md",
    "removes the oldest bundles until `--keep` (5) are left",
    "bundles that a promotion keeps",
)
MOST_ITEMS: Final = _default(
    "most_items",
    2_147_483_647,
    "items",
    "scale.md",
    "the format ends at 2,147,483,647 items",
    "items that a bundle can hold",
)

LOAD: Final = _chosen(
    "load",
    0.5,
    "share",
    "planned at 50 % of what was measured",
    "share of the measured rate that is planned with, for peaks and slower machines",
)
LEAST_API: Final = _chosen(
    "least_api_processes",
    2,
    "processes",
    "at least 2 API processes",
    "so that one answers while another restarts",
)
ONE_MACHINE: Final = _chosen(
    "one_machine", 64_000_000_000, "bytes", "a machine with 64 GB holds tens of millions of items", "a large machine"
)
PICTURE: Final = _chosen(
    "picture", 200_000, "bytes", "200 kB a picture", "a shop's picture; `--picture-kb` takes that of yours"
)
REDIS_COPY: Final = _chosen(
    "redis_copy", 2, "times", "2 times `maxmemory`", "rewriting its file copies what changes meanwhile"
)

ALL: Final = (
    MEASURED_ITEMS,
    SEARCHES,
    SEARCH_TIME,
    SEARCH_TIME_ITEMS,
    SEARCH_EXPONENT,
    PHOTOS,
    WORKER_CORES,
    DETECTION,
    PHOTO_IN_API,
    CHANGE,
    APPLY,
    MOST_CHANGES,
    EXTRACTION,
    API_MEMORY,
    WORKER_MEMORY,
    API_ITEM,
    VECTOR,
    BUILD,
    BUNDLE,
    EMBEDDINGS,
    ITEM_LINE,
    DATABASE,
    PHOTO_BYTES,
    ANSWER_CACHE,
    BODY_BUDGET,
    THUMBNAIL_MEMORY,
    THUMBNAIL_DISK,
    DECODE_BUDGET,
    PENDING,
    TIMEOUT,
    PHOTO_SHARE,
    REDIS_LEAST,
    KEPT,
    MOST_ITEMS,
    LOAD,
    LEAST_API,
    ONE_MACHINE,
    PICTURE,
    REDIS_COPY,
)
