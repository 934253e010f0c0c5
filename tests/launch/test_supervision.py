import json
from pathlib import Path

import pytest

import lookalike
from launch.settings import without_keys, without_settings
from launch.supervision import announce, say


def test_it_speaks_to_people_unless_json_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say("the worker ended")
    announce("http://localhost:8000")
    said = capsys.readouterr()
    assert said.err == "lookalike: the worker ended\n"
    assert said.out == "Lookalike is ready: http://localhost:8000/  (Ctrl-C stops it)\n"
    monkeypatch.setenv("LOOKALIKE_LOG_FORMAT", "json")
    say("the worker ended")
    announce("http://localhost:8000")
    said = capsys.readouterr()
    assert not said.out
    records = [json.loads(line) for line in said.err.splitlines()]
    assert [(record["level"], record["message"]) for record in records] == [
        ("WARNING", "the worker ended"),
        ("INFO", "ready: http://localhost:8000/"),
    ]
    assert {record["process"] for record in records} == {"serve"}


@pytest.mark.parametrize("options", [[], ["--only", "api"], ["--only", "worker"]])
def test_the_reason_why_it_does_not_start_is_json_too(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKALIKE_LOG_FORMAT", "json")
    monkeypatch.setenv("LOOKALIKE_NO_SETTING", "1")
    assert lookalike.main(["serve", str(tmp_path), *options]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "LOOKALIKE_NO_SETTING" in json.loads(line)["message"]


def test_each_child_gets_the_settings_that_are_its_own_and_no_keys() -> None:
    environment = {
        "LOOKALIKE_API_KEYS": "x",
        "LOOKALIKE_LOG_FORMAT": "json",
        "LOOKALIKE_TRACING": "true",
        "LOOKALIKE_WORKER_METRICS_PORT": "9101",
        "OTEL_EXPORTER_OTLP_HEADERS": "key=secret",
        "PATH": "/bin",
    }
    assert without_keys(environment) == {n: v for n, v in environment.items() if n != "LOOKALIKE_API_KEYS"}
    assert without_settings(environment) == {"PATH": "/bin"}
