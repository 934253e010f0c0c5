"""Small made series for the alert rules: those of a healthy service, and what is different in each case.

In promtool's notation, with a value every 15 seconds: `0+2x60` begins with 0 and grows by 2 sixty times, `1x60` stays
at 1, `_x20` is 20 times nothing.
"""

from dataclasses import dataclass

API = 'job="lookalike-api",instance="api:8000"'
WORKER = 'job="lookalike-worker",instance="worker:9100"'
REQUESTS = "lookalike_http_requests_total{" + API + ',route="/similar",method="POST",status="%s"}'
QUEUE_AGE = "lookalike_worker_queue_age_seconds_bucket{" + WORKER + ',le="%s"}'
REQUEST_TIME = "lookalike_http_request_seconds_bucket{" + API + ',route="/similar",le="%s"}'


def api(metric: str, labels: str = "") -> str:
    return f"{metric}{{{API}{labels and ','}{labels}}}"


def worker(metric: str, labels: str = "") -> str:
    return f"{metric}{{{WORKER}{labels and ','}{labels}}}"


UNAUTHORIZED = "lookalike_unauthorized_total"
# Series that are as they should be; a case replaces some of them, or adds others.
HEALTHY = {
    api("up"): "1x60",
    worker("up"): "1x60",
    api("lookalike_ready", 'part="items"'): "1x60",
    api("lookalike_ready", 'part="photos"'): "1x60",
    REQUESTS % 200: "0+100x60",
    REQUESTS % 503: "0x60",
    REQUESTS % 499: "0+1x60",
    REQUEST_TIME % "0.5": "0+99x60",
    REQUEST_TIME % "1.0": "0+100x60",
    REQUEST_TIME % "2.5": "0+100x60",
    REQUEST_TIME % "10.0": "0+100x60",
    REQUEST_TIME % "+Inf": "0+100x60",
    api("lookalike_pending_jobs"): "60x60",
    api("lookalike_pending_jobs_limit"): "128x60",
    api(UNAUTHORIZED, 'reason="missing"'): "0+50x60",
    api(UNAUTHORIZED, 'reason="wrong"'): "0+2x60",
    api(UNAUTHORIZED, 'reason="in_url"'): "0x60",
    api("lookalike_rate_limit_total", 'result="limited"'): "0+9x60",
    api("lookalike_rate_limit_total", 'result="open"'): "0x60",
    api("lookalike_redis_used_bytes", 'part="photos"'): "70x60",
    api("lookalike_redis_limit_bytes", 'part="photos"'): "100x60",
    api("lookalike_redis_used_bytes", 'part="jobs"'): "1000x60",
    # Without a maxmemory.
    api("lookalike_redis_limit_bytes", 'part="jobs"'): " ".join(["Inf"] * 61),
    api("lookalike_same_photos_total", 'result="failed"'): "3x60",
    api("lookalike_thumbnails_not_kept_total"): "3x60",
    api("lookalike_index_stale"): "0x60",
    api("lookalike_search_engine_failures_total"): "4x60",
    api("lookalike_search_compiled"): "0 0 1x58",
    api("lookalike_background_failures_total", 'task="index watch"'): "2x60",
    api("lookalike_dropped_replies_total"): "2x60",
    api("process_start_time_seconds"): "100x20 200x20 300x18",
    api("lookalike_catalogue_failures_total"): "7x60",
    api("lookalike_catalogue_changes"): "7000x60",
    api("lookalike_catalogue_changes_limit"): "10000x60",
    worker("lookalike_worker_pictures_total", 'outcome="internal_error"'): "1x60",
    worker("lookalike_worker_engine_failures_total"): "1x60",
    worker("lookalike_worker_detect_failures_total"): "1x60",
    QUEUE_AGE % "0.5": "0+995x60",
    QUEUE_AGE % "1.0": "0+1000x60",
    QUEUE_AGE % "2.5": "0+1000x60",
    QUEUE_AGE % "+Inf": "0+1000x60",
    worker("process_start_time_seconds"): "100x20 200x20 300x18",
    'node_filesystem_avail_bytes{instance="m",mountpoint="/",fstype="ext4"}': "30x60",
    'node_filesystem_size_bytes{instance="m",mountpoint="/",fstype="ext4"}': "100x60",
    'redis_aof_last_write_status{instance="r"}': "1x60",
}


@dataclass(frozen=True)
class Case:
    """What is different from `HEALTHY`, and the alerts that fire after 15 minutes."""

    name: str
    series: dict[str, str]
    firing: tuple[str, ...] = ()


FIRING = [
    Case("a process away", {api("up"): "1x40 0x20"}, ("LookalikeApiDown",)),
    Case("no process known", {api("up"): "1x10"}, ("LookalikeApiDown",)),
    Case("no index", {api("lookalike_ready", 'part="items"'): "1x59 0"}, ("LookalikeItemsUnavailable",)),
    Case("no worker", {api("lookalike_ready", 'part="photos"'): "1x50 0x10"}, ("LookalikePhotosUnavailable",)),
    Case("the first 500", {REQUESTS % 500: "_x55 1x5"}, ("LookalikeInternalErrors",)),
    Case("another 500", {REQUESTS % 500: "4x55 5x5"}, ("LookalikeInternalErrors",)),
    Case("2 % of the photos get 503", {REQUESTS % 503: "0+2x60"}, ("LookalikePhotosRefused",)),
    Case("2 % get 504", {REQUESTS % 504: "0+2x60"}, ("LookalikePhotosRefused",)),
    Case("10 % hang up", {REQUESTS % 499: "0+11x60"}, ("LookalikePhotosAbandoned",)),
    Case(
        "slow photos",
        {REQUEST_TIME % le: "0+90x60" for le in ("0.5", "1.0", "2.5")},
        ("LookalikePhotosSlow",),
    ),
    Case("many wait", {api("lookalike_pending_jobs"): "70x60"}, ("LookalikeQueueFilling",)),
    Case("wrong keys", {api(UNAUTHORIZED, 'reason="wrong"'): "0+10x60"}, ("LookalikeWrongKeys",)),
    Case("a key in an address", {api(UNAUTHORIZED, 'reason="in_url"'): "0x30 1x30"}, ("LookalikeKeyInAddress",)),
    Case(
        "not limited",
        {api("lookalike_rate_limit_total", 'result="open"'): "0x50 1+1x10"},
        ("LookalikeRateLimitOpen",),
    ),
    Case("photos fill Redis", {api("lookalike_redis_used_bytes", 'part="photos"'): "81x60"}, ("LookalikeRedisMemory",)),
    Case(
        "jobs fill Redis",
        {api("lookalike_redis_limit_bytes", 'part="jobs"'): "1200x60"},
        ("LookalikeRedisMemory",),
    ),
    Case(
        "photos are not remembered",
        {api("lookalike_same_photos_total", 'result="failed"'): "3+1x60"},
        ("LookalikeSamePhotosFailing",),
    ),
    Case(
        "thumbnails are not kept",
        {api("lookalike_thumbnails_not_kept_total"): "3+1x60"},
        ("LookalikeThumbnailsNotKept",),
    ),
    Case("a damaged bundle", {api("lookalike_index_stale"): "0x59 1"}, ("LookalikeIndexStale",)),
    Case("no machine code", {api("lookalike_search_compiled"): "0x60"}, ("LookalikeSearchNotCompiled",)),
    Case(
        "a failed task",
        {api("lookalike_background_failures_total", 'task="index watch"'): "2x50 3x10"},
        ("LookalikeBackgroundFailures",),
    ),
    Case("a strange reply", {api("lookalike_dropped_replies_total"): "2x50 3x10"}, ("LookalikeDroppedReplies",)),
    Case(
        "the API restarts",
        {api("process_start_time_seconds"): "1x10 2x10 3x10 4x28"},
        ("LookalikeApiRestarts",),
    ),
    Case(
        "no database",
        {api("lookalike_catalogue_failures_total"): "7x40 8+1x20"},
        ("LookalikeCatalogueUnreachable",),
    ),
    Case(
        "no search engine",
        {api("lookalike_search_engine_failures_total"): "4x40 5+1x20"},
        ("LookalikeSearchEngineFailing",),
    ),
    Case("no new bundle", {api("lookalike_catalogue_changes"): "8100x60"}, ("LookalikeCatalogueChangesWaiting",)),
    Case(
        "a picture fails",
        {worker("lookalike_worker_pictures_total", 'outcome="internal_error"'): "1x50 2x10"},
        ("LookalikeWorkerErrors",),
    ),
    Case("a pass fails", {worker("lookalike_worker_engine_failures_total"): "1x50 2x10"}, ("LookalikeEngineFailures",)),
    Case(
        "the detector fails",
        {worker("lookalike_worker_detect_failures_total"): "1x50 2x10"},
        ("LookalikeDetectorFailures",),
    ),
    Case("a slow queue", {QUEUE_AGE % le: "0+980x60" for le in ("0.5", "1.0")}, ("LookalikeQueueSlow",)),
    Case(
        "the worker restarts",
        {worker("process_start_time_seconds"): "1x10 2x10 3x10 4x10 5x16"},
        ("LookalikeWorkerRestarts",),
    ),
    Case(
        "a full disk",
        {'node_filesystem_avail_bytes{instance="m",mountpoint="/",fstype="ext4"}': "19x60"},
        ("LookalikeDiskFilling",),
    ),
    Case("Redis cannot write", {'redis_aof_last_write_status{instance="r"}': "0x60"}, ("LookalikeRedisNotWriting",)),
]

QUIET = [
    Case("a healthy service", {}),
    Case("no requests", {REQUESTS % status: "5x60" for status in (200, 503, 499)}),
    Case("a scrape that failed", {api("up"): "1x58 0x2"}),
    Case("a moment without a worker", {api("lookalike_ready", 'part="photos"'): "1x30 0x2 1x28"}),
    Case("an old 500", {REQUESTS % 500: "1x60"}),
    Case("a restart forgets a 500", {REQUESTS % 500: "1x56 0x4"}),
    Case("one refused photo", {REQUESTS % 503: "0x55 1x5"}),
    Case("one photo was not remembered", {api("lookalike_same_photos_total", 'result="failed"'): "3x55 4x5"}),
    Case("one thumbnail was not kept", {api("lookalike_thumbnails_not_kept_total"): "3x45 4x15"}),
    Case("the database was away for a moment", {api("lookalike_catalogue_failures_total"): "7x54 8x6"}),
    Case("the search engine was away for a moment", {api("lookalike_search_engine_failures_total"): "4x54 5x6"}),
    Case("compiling takes half a minute", {api("lookalike_search_compiled"): "1x57 0 0"}),
    Case(
        "a full disk in memory",
        {
            'node_filesystem_avail_bytes{instance="m",mountpoint="/tmp",fstype="tmpfs"}': "1x60",
            'node_filesystem_size_bytes{instance="m",mountpoint="/tmp",fstype="tmpfs"}': "100x60",
        },
    ),
]
