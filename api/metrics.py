"""Prometheus metrics of one API process."""

from typing import Final, Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

METRICS_MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Counters of one application.

    Attributes:
        registry: of its own, to which parts of the application add what only they count.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # They would double the number of series, and nothing asks for them.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "lookalike_http_requests_total",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._unauthorized = Counter(
            "lookalike_unauthorized_total",
            "Requests without an API key where one is needed (missing), with a wrong one (wrong), and with one in the "
            "address where it must not stand (in_url).",
            ("reason",),
            registry=self.registry,
        )
        for reason in ("missing", "wrong", "in_url"):
            self._unauthorized.labels(reason)
        self._rate_limit = Counter(
            "lookalike_rate_limit_total",
            "Requests within LOOKALIKE_RATE_LIMIT (allowed), beyond it (limited), and not counted because Redis was "
            "away (open).",
            ("result",),
            registry=self.registry,
        )
        for result in ("allowed", "limited", "open"):
            self._rate_limit.labels(result)
        self._latency = Histogram(
            "lookalike_http_request_seconds",
            "Time from the end of a request's head to the end of its response.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._stages = Histogram(
            "lookalike_photo_stage_seconds",
            "Time that photos spent in each stage.",
            ("stage",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._search = Histogram(
            "lookalike_search_seconds",
            "Time of one search of the gallery.",
            buckets=(0.0001, 0.00025, 0.0005, *_SECONDS[:9]),
            registry=self.registry,
        )
        self._engine = Histogram(
            "lookalike_search_engine_seconds",
            "Time of one question to the search engine, with the wait for a free thread.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._engine_failures = Counter(
            "lookalike_search_engine_failures_total",
            "Questions that the search engine did not answer in time, and those refused while it was known to be away.",
            registry=self.registry,
        )
        self._ready = Gauge(
            "lookalike_ready",
            "Whether requests about items can be answered, as /readyz/items says, and photos, as /readyz says: 1 or 0.",
            ("part",),
            registry=self.registry,
        )
        self._pending_limit = Gauge("lookalike_pending_jobs_limit", "LOOKALIKE_MAX_PENDING.", registry=self.registry)
        self._pending = Gauge("lookalike_pending_jobs", "Photos waiting for their embedding.", registry=self.registry)
        self._running_jobs = Gauge(
            "lookalike_embedding_jobs", "Embedding jobs running or waiting in this process.", registry=self.registry
        )
        self._redis_used = Gauge(
            "lookalike_redis_used_bytes",
            "Memory of Redis that is used: reserved for the results of jobs, and all else, which is mostly photos.",
            ("part",),
            registry=self.registry,
        )
        self._redis_limit = Gauge(
            "lookalike_redis_limit_bytes",
            "Memory of Redis above which photos are refused, and new jobs; infinite if Redis has no maxmemory.",
            ("part",),
            registry=self.registry,
        )
        self._items = Gauge("lookalike_index_items", "Items in the index.", registry=self.registry)
        self._index = Info("lookalike_index", "The index that is served.", registry=self.registry)
        self._stale = Gauge(
            "lookalike_index_stale",
            "1 while CURRENT names no bundle that can be served; the previous index, if any, stays in use.",
            registry=self.registry,
        )
        self._swaps = Counter(
            "lookalike_index_swaps_total", "Switches to another index since the start.", registry=self.registry
        )
        self._background_failures = Counter(
            "lookalike_background_failures_total",
            "Failures of background tasks, which are started again.",
            ("task",),
            registry=self.registry,
        )
        self._dropped_replies = Counter(
            "lookalike_dropped_replies_total", "Replies from Redis that no worker sends.", registry=self.registry
        )
        self._same_photos = Counter(
            "lookalike_same_photos_total",
            "Photos that were looked for among those remembered: found, not found, or Redis could not be asked.",
            ("result",),
            registry=self.registry,
        )
        for result in ("hit", "miss", "failed"):
            self._same_photos.labels(result)
        self._compiled = Gauge(
            "lookalike_search_compiled",
            "1 once searches run as machine code, 0 while NumPy searches in its place.",
            registry=self.registry,
        )
        repetitions = Counter(
            "lookalike_answer_cache_requests_total",
            "Searches by item that were answered from memory (hit), and others (miss).",
            ("result",),
            registry=self.registry,
        )
        self._repetitions = {found: repetitions.labels("hit" if found else "miss") for found in (True, False)}
        self._remembered = Gauge(
            "lookalike_answer_cache_bytes", "Memory of the answers that are kept.", registry=self.registry
        )
        self._sequence = Gauge(
            "lookalike_catalogue_sequence",
            "The newest change of the live catalogue that is served; 0 without one.",
            registry=self.registry,
        )
        self._changes = Gauge(
            "lookalike_catalogue_changes", "Changed items that wait for the next index.", registry=self.registry
        )
        self._changes_limit = Gauge(
            "lookalike_catalogue_changes_limit", "LOOKALIKE_MAX_CHANGES.", registry=self.registry
        )
        self._changed_at = Gauge(
            "lookalike_catalogue_changed_timestamp_seconds",
            "When this process last began to serve a change; 0: it has not yet.",
            registry=self.registry,
        )
        self._catalogue_failures = Counter(
            "lookalike_catalogue_failures_total",
            "Times that the database of the live catalogue did not answer when it was asked for changes.",
            registry=self.registry,
        )
        self._writes = Histogram(
            "lookalike_write_seconds",
            "Time in which items were changed: in the database, and until they were served.",
            ("kind",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        # labels() takes a lock and builds a tuple; the labels of requests repeat, so their counters are cached.
        self._request_counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        key = (route, method, status)
        counters = self._request_counters.get(key)
        if counters is None:
            # A made-up method must not create a time series of its own.
            shown = method if method in _METHODS else "other"
            counters = (self._requests.labels(route, shown, str(status)), self._latency.labels(route))
            if shown == method:
                self._request_counters[key] = counters
        counters[0].inc()
        counters[1].observe(seconds)

    def observe_unauthorized(self, reason: Literal["missing", "wrong", "in_url"]) -> None:
        """Count a request without a valid API key."""
        self._unauthorized.labels(reason).inc()

    def observe_rate_limit(self, result: Literal["allowed", "limited", "open"]) -> None:
        """Count a request that the rate limit applies to."""
        self._rate_limit.labels(result).inc()

    def observe_search(self, seconds: float) -> None:
        """Record how long a search took."""
        self._search.observe(seconds)

    def observe_engine(self, seconds: float) -> None:
        """Record how long the search engine took for a question."""
        self._engine.observe(seconds)

    def observe_engine_failure(self) -> None:
        """Count a question that the search engine did not answer."""
        self._engine_failures.inc()

    def observe_repetition(self, found: bool) -> None:
        """Count a search by item, and whether it was answered from memory."""
        self._repetitions[found].inc()

    def observe_photo(self, *, queue_ms: float, decode_ms: float, embed_ms: float) -> None:
        """Record how long a photo waited, and how long decoding and embedding it took, milliseconds."""
        for stage, elapsed_ms in (("queue", queue_ms), ("decode", decode_ms), ("embed", embed_ms)):
            self._stages.labels(stage).observe(elapsed_ms / 1000.0)

    def describe_index(self, version: str, model: str, items: int) -> None:
        """Name the index that is served."""
        self._index.info({"version": version, "model": model})
        self._items.set(items)

    def observe_swap(self) -> None:
        """Count a switch to another index while serving."""
        self._swaps.inc()

    def know_background_task(self, name: str) -> None:
        """Show a background task with no failures, so that an alert sees the first one."""
        self._background_failures.labels(name)

    def observe_background_failure(self, name: str) -> None:
        """Count a failure of a background task."""
        self._background_failures.labels(name).inc()

    def observe_dropped_reply(self) -> None:
        """Count a reply that could not be used."""
        self._dropped_replies.inc()

    def observe_same_photo(self, result: Literal["hit", "miss", "failed"]) -> None:
        """Count a photo that was looked for among those remembered."""
        self._same_photos.labels(result).inc()

    def describe_catalogue(self, *, sequence: int, waiting: int, items: int, changed: bool) -> None:
        """Record which change is served, how many wait for the next index, and whether one has just come."""
        self._sequence.set(sequence)
        self._changes.set(waiting)
        self._items.set(items)
        if changed:
            self._changed_at.set_to_current_time()

    def observe_catalogue_failure(self) -> None:
        """Count a look at the database that failed."""
        self._catalogue_failures.inc()

    def observe_write(self, kind: Literal["put", "patch", "delete"], seconds: float) -> None:
        """Record how long it took to write a change and to serve it."""
        self._writes.labels(kind).observe(seconds)

    def describe_limits(self, *, pending_jobs: int, catalogue_changes: int) -> None:
        """Name the settings that alerts compare with."""
        self._pending_limit.set(pending_jobs)
        self._changes_limit.set(catalogue_changes)

    def describe_readiness(self, *, items: bool, photos: bool) -> None:
        """Record what can be answered now."""
        self._ready.labels("items").set(items)
        self._ready.labels("photos").set(photos)

    def mark_stale(self, stale: bool) -> None:
        """Record whether CURRENT names a bundle that cannot be served, or none."""
        self._stale.set(stale)

    def describe_redis(self, part: str, *, used_bytes: int, limit_bytes: float) -> None:
        """Record how full a part of Redis's memory is; `part` is `photos` or `jobs`."""
        self._redis_used.labels(part).set(used_bytes)
        self._redis_limit.labels(part).set(limit_bytes)

    def render(
        self, *, pending_jobs: int, embedding_jobs: int, remembered_bytes: int = 0, compiled: bool = True
    ) -> bytes:
        """All metrics in the text format of Prometheus, with these current values."""
        self._remembered.set(remembered_bytes)
        self._compiled.set(compiled)
        self._pending.set(pending_jobs)
        self._running_jobs.set(embedding_jobs)
        return generate_latest(self.registry)
