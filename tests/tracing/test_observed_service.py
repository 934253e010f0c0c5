"""What a real API, Redis and worker tell whoever watches them: spans, log lines, metrics."""

import json
import re
import socket
import threading
import urllib.error
import urllib.request
from collections import Counter

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api_embedding.harness import photo
from tests.images.compose import GUIDE
from tests.tracing.collector import Collector, Received
from tests.tracing.service import KEY, Service, trace_headers

pytestmark = pytest.mark.services

SERVER, PRODUCER, CONSUMER = 2, 4, 5
OF_A_PHOTO = {
    "POST /similar",
    "upload check",
    "embed picture",
    "send embed",
    "queue",
    "process embed",
    "decode",
    "engine",
    "search",
}


def is_whole(spans: list[Received]) -> bool:
    return {span.name for span in spans} >= OF_A_PHOTO


def test_a_photo_is_one_trace_through_api_queue_and_worker(service: Service, collector: Collector) -> None:
    trace_id, headers = trace_headers(state="vendor=some-state,other@x=1")
    assert service.send_photo(photo(1), {"X-Request-Id": "order-1", **headers}) == 200
    spans = {span.name: span for span in collector.wait_for(trace_id, is_whole)}
    assert set(spans) == OF_A_PHOTO
    parents = {
        "upload check": "POST /similar",
        "embed picture": "POST /similar",
        "send embed": "embed picture",
        "queue": "send embed",
        "process embed": "send embed",
        "decode": "process embed",
        "engine": "process embed",
        "search": "POST /similar",
    }
    assert {name: spans[parent].span_id for name, parent in parents.items()} == {
        name: spans[name].parent_id for name in parents
    }
    request = spans["POST /similar"]
    assert request.parent_id == "ab" * 8
    assert (request.kind, spans["send embed"].kind, spans["process embed"].kind) == (SERVER, PRODUCER, CONSUMER)
    assert {span.service for span in spans.values()} == {"lookalike-api", "lookalike-worker"}
    assert {span.state for span in spans.values()} == {"vendor=some-state,other@x=1"}
    assert all(request.began_ns <= span.began_ns <= span.ended_ns for span in spans.values())
    assert not any(span.failed for span in spans.values())
    assert request.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": "/similar",
        "lookalike.request_id": "order-1",
        "network.protocol.version": "1.1",
        "url.path": "/similar",
        "url.scheme": "http",
    }


def test_a_batch_links_the_traces_of_its_pictures(service: Service, collector: Collector) -> None:
    traces = [trace_headers() for _ in range(6)]
    senders = [
        threading.Thread(target=service.send_photo, args=(photo(seed), headers))
        for seed, (_, headers) in enumerate(traces, 10)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    engines = {}
    for trace_id, _ in traces:
        whole = collector.wait_for(trace_id, is_whole)
        (engines[trace_id],) = [span for span in whole if span.name == "engine"]
    of_id = {span.span_id: span for span in engines.values()}
    waiting = {span.parent_id for span in engines.values()}
    batches = [span for span in engines.values() if set(span.links) & waiting]
    # Six photos at once, the network busy with the first: the others share passes.
    assert batches
    for first in batches:
        shared = [span for span in engines.values() if span.parent_id in first.links]
        assert len(shared) == first.attributes["lookalike.batch.pictures"] - 1  # type: ignore[operator]
        assert all(of_id[link] is first for span in shared for link in span.links)
        assert {(span.began_ns, span.ended_ns) for span in shared} == {(first.began_ns, first.ended_ns)}


def test_a_trace_that_is_not_sampled_leaves_no_span(service: Service, collector: Collector) -> None:
    trace_id, headers = trace_headers(sampled=False)
    assert service.send_photo(photo(2), headers) == 200
    other, headers = trace_headers()
    service.send_photo(photo(3), headers)
    collector.wait_for(other, is_whole)
    assert not collector.of_trace(trace_id)


@pytest.mark.parametrize(
    ("number", "headers"),
    list(
        enumerate(
            [
                {"traceparent": "00-" + "a" * 20_000},
                {"traceparent": f"00-{'0' * 32}-{'ab' * 8}-01"},
                {"traceparent": f"ff-{'ab' * 16}-{'ab' * 8}-01"},
                {"traceparent": f"00-{'ab' * 16}-{'ab' * 8}-01-more", "baggage": "evil=1"},
                {"traceparent": "\xff\x00"[:1], "tracestate": "a=1"},
            ]
        )
    ),
)
def test_a_hostile_parent_begins_a_trace_of_its_own(
    service: Service, collector: Collector, number: int, headers: dict[str, str]
) -> None:
    name = f"hostile-{number}"
    # Each another photo: the same one again needs no worker.
    assert service.send_photo(photo(40 + number), {"X-Request-Id": name, **headers}) == 200
    request = wait_for_request(collector, name)
    assert request.parent_id == ""
    spans = collector.wait_for(request.trace_id, is_whole)
    assert {span.state for span in spans} == {""}


def test_a_hostile_state_and_baggage_travel_nowhere(service: Service, collector: Collector) -> None:
    trace_id, headers = trace_headers(state="evil=" + "x" * 20_000)
    baggage = "evil-baggage=" + "y" * 8_000
    assert service.send_photo(photo(5), {"baggage": baggage, **headers}) == 200
    assert {span.state for span in collector.wait_for(trace_id, is_whole)} == {""}
    assert not any(b"evil" in body for body in collector.bodies)


def test_nothing_that_a_client_sends_in_confidence_is_recorded(service: Service, collector: Collector) -> None:
    trace_id, headers = trace_headers()
    secret = {"Authorization": "Bearer secret-token", "Cookie": "secret-cookie"}
    path = "/similar?filter=gender%3Asecret-customer"
    assert service.send_photo(photo(6), {**headers, **secret}, path) == 200
    collector.wait_for(trace_id, is_whole)
    other, headers = trace_headers()
    assert service.ask("GET", "/jobs/secret-job-id", headers) == 404
    (refused,) = collector.wait_for(other, lambda spans: len(spans) == 1)
    assert (refused.name, refused.attributes["url.path"]) == ("GET /jobs/{job_id}", "/jobs/{job_id}")
    assert not refused.failed
    service.ask("SECRET-METHOD", "/secret-path")
    service.ask("GET", "/metrics")
    everything = b"".join(collector.bodies)
    assert not [word for word in (b"secret", b"SECRET", KEY.encode(), b"\x89PNG") if word in everything]


def test_a_job_of_embeddings_is_one_trace(service: Service, collector: Collector) -> None:
    trace_id, headers = trace_headers()
    body = json.dumps({"item_ids": ["15004", "15005", "no-such-item"]}).encode()
    assert service.ask("POST", "/embeddings", {"Content-Type": "application/json", **headers}, body) == 202
    spans = collector.wait_for(trace_id, lambda spans: any(span.name == "job" for span in spans) and len(spans) >= 14)
    counted = Counter(span.name for span in spans)
    assert counted["process embed"] == counted["engine"] == counted["embed picture"] == 2
    (job,) = [span for span in spans if span.name == "job"]
    (request,) = [span for span in spans if span.name == "POST /embeddings"]
    assert job.parent_id == request.span_id
    assert job.attributes == {"lookalike.job.pictures": 2}
    assert {span.parent_id for span in spans if span.name == "embed picture"} == {job.span_id}


def test_of_a_large_job_the_first_hundred_pictures_are_traced(service: Service, collector: Collector) -> None:
    trace_id, headers = trace_headers()
    body = json.dumps({"item_ids": [str(15_004 + number % 40) for number in range(108)]}).encode()
    assert service.ask("POST", "/embeddings", {"Content-Type": "application/json", **headers}, body) == 202
    # It ends last.
    spans = collector.wait_for(trace_id, lambda spans: any(span.name == "job" for span in spans))
    assert sum(span.name == "embed picture" for span in spans) == 100


def test_a_refused_picture_is_a_failed_span_with_its_code(service: Service, collector: Collector) -> None:
    trace_id, headers = trace_headers()
    assert service.send_photo(b"no picture", headers) in {415, 422}
    spans = collector.wait_for(trace_id, lambda spans: any(span.name == "POST /similar" for span in spans))
    (check,) = [span for span in spans if span.name == "upload check"]
    assert check.failed
    assert check.attributes["error.type"]
    assert not any(span.failed for span in spans if span.name == "POST /similar")


def test_monitoring_and_probes_leave_no_trace(service: Service, collector: Collector) -> None:
    for path in ("/livez", "/readyz", "/readyz/items", "/metrics"):
        service.ask("GET", path)
    trace_id, headers = trace_headers()
    service.ask("GET", "/items/15004", headers)
    collector.wait_for(trace_id, lambda spans: len(spans) == 1)
    roots = {span.name for span in collector.spans if not span.parent_id}
    assert not [name for name in roots if "embed" in name or "z" in name.split("/")[-1] or "metrics" in name]


def wait_for_request(collector: Collector, request_id: str) -> Received:
    def named() -> list[Received]:
        return [span for span in list(collector.spans) if span.attributes.get("lookalike.request_id") == request_id]

    collector.wait_for("", lambda _: bool(named()))
    (request,) = named()
    return request


def test_every_line_of_api_and_worker_is_json_and_names_request_job_and_trace(
    service: Service, collector: Collector
) -> None:
    trace_id, headers = trace_headers()
    # Whole to its header, and nothing after it: the worker refuses it.
    assert service.send_photo(photo(1)[:700], {"X-Request-Id": "order-2", **headers}) == 422
    both = {"POST /similar", "process embed"}
    spans = collector.wait_for(trace_id, lambda spans: both <= {span.name for span in spans})
    for log, process in ((service.log, "api"), (service.worker.log, "worker")):
        records = [json.loads(line) for line in list(log)]
        assert records
        for record in records:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["timestamp"])
            assert {"level", "logger", "message"} <= set(record)
            assert record["process"] == process
        (about,) = [record for record in records if record.get("request_id") == "order-2"]
        assert about["trace_id"] == trace_id
        assert about["span_id"] in {span.span_id for span in spans if span.kind in {SERVER, CONSUMER}}
        assert bool(about.get("job_id")) is (process == "worker")


def test_the_worker_shows_what_it_does_and_the_guide_names_all_of_it(service: Service) -> None:
    service.send_photo(photo(8))
    with urllib.request.urlopen(f"http://127.0.0.1:{service.metrics_port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    values = {
        (sample.name, sample.labels.get("outcome", "")): sample.value
        for family in families.values()
        for sample in family.samples
    }
    embedded = values["lookalike_worker_pictures_total", "embedded"]
    assert embedded >= 1
    assert values["lookalike_worker_batch_pictures_sum", ""] >= embedded
    assert values["lookalike_worker_engine_seconds_sum", ""] >= 0.04
    assert values["lookalike_worker_decode_seconds_count", ""] >= embedded
    assert 0 < values["lookalike_worker_queue_age_seconds_sum", ""] / embedded < 5
    assert values["lookalike_worker_decoding_bytes", ""] == 0
    assert values["lookalike_worker_starts", ""] == 1
    assert values["process_resident_memory_bytes", ""] > 0
    assert "_created" not in text
    guide = GUIDE.read_text()
    named = set(re.findall(r"lookalike_worker_[a-z_]+", guide))
    exposed = {name for name, _ in values} | set(families)
    assert named <= exposed
    assert {name for name in families if name.startswith("lookalike_worker_")} <= {
        re.sub("_total$", "", name) for name in named
    }


def test_only_metrics_are_served_and_silent_clients_block_nobody(service: Service) -> None:
    silent = [socket.create_connection(("127.0.0.1", service.metrics_port)) for _ in range(7)]
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{service.metrics_port}/", timeout=10)
    refused.value.close()
    for connection in silent:
        connection.close()
