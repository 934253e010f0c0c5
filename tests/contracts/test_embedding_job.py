from contracts.box import Box
from contracts.embedding_job import EmbedJob, detector_in, heartbeat_value

JOB = "0123456789abcdef" * 2


def test_what_is_asked_for_travels() -> None:
    sent = EmbedJob(JOB, "reply:a", Box(0, 0, 0.5, 1), request_id="r", background=True, detect=True)
    kwargs = sent.to_kwargs()
    # Workers of older versions take exactly these.
    assert set(kwargs) == {"job_id", "reply_to", "box"}
    assert EmbedJob.from_message(sent.to_headers(), JOB, "reply:a", [0, 0, 0.5, 1]) == sent


def test_an_api_of_an_older_version_asks_for_no_garments() -> None:
    assert not EmbedJob.from_message({"lookalike_background": False}, JOB, "reply:a").detect
    assert not EmbedJob.from_message({"lookalike_detect": "yes"}, JOB, "reply:a").detect


def test_a_heartbeat_names_the_detector() -> None:
    assert detector_in(heartbeat_value("a1", "rectangles-1").encode()) == "rectangles-1"
    assert detector_in(heartbeat_value("a1", None).encode()) is None
    assert detector_in(b"\xff \xff") == "\ufffd"
